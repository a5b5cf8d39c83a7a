/* Binding of structures: fields, unions, what is required, and what the source form adds. */
#include "stwc/bind.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "core/suggest.h"
#include "grammar/scalar.h"
#include "stwc/defaults.h"

struct diag *bind_error(struct binder *b, enum diag_code code, struct span span,
			const struct path *path, const struct schema_type *type, const char *format,
			...)
{
	struct diags *diags = &b->c->diags;
	struct diag *diag;
	struct buf text = BUF_INIT;
	char message[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args); /* shortened is fine */
	va_end(args);
	diag = diag_add(diags, code, span, "%s", message);
	if (type && (type->kind == TYPE_SECRET || type->kind == TYPE_SECRET_TEXT))
		diag->secret = true;
	if (path) {
		path_print(&text, path);
		diag_path(diags, diag, "%.*s", STR_ARG(buf_str(&text)));
		buf_free(&text);
	}
	if (b->type && b->name.n)
		diag_context(diags, diag, "in %s '%.*s'", b->type, STR_ARG(b->name));
	else if (b->type)
		diag_context(diags, diag, "in %s", b->type);
	return diag;
}

struct value *bind_new(struct binder *b, enum value_kind kind, const struct schema_type *type,
		       struct span span)
{
	struct value *value = ARENA_NEW(&b->c->arena, struct value);

	if (value) {
		value->kind = (uint8_t)kind;
		value->type = type;
		value->span = span;
	}
	return value;
}

/* What a field takes, for people. */
static const char *type_words(const struct schema_type *type)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_BOOLEAN: return "true or false";
	case TYPE_UNSIGNED:
	case TYPE_INTEGER: return "a whole number";
	case TYPE_FLOAT: return "a number";
	case TYPE_SIZE: return "a size in bytes";
	case TYPE_DURATION: return "a duration in milliseconds";
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_COLOR:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT: return "a text";
	case TYPE_URI: return "a URI";
	case TYPE_EMAIL: return "an e-mail address";
	case TYPE_IP_ADDRESS: return "an IP address";
	case TYPE_IP_NETWORK: return "an IP address or network";
	case TYPE_SOCKET_ADDRESS: return "an IP address with a port";
	case TYPE_DATE_TIME: return "a date and time";
	case TYPE_BLOB_ID: return "the id of a blob";
	case TYPE_REFERENCE: return "a reference such as '#name'";
	case TYPE_ENUM: return "one of a list of words";
	case TYPE_OBJECT: return "a map of fields";
	case TYPE_LIST: return "a list";
	case TYPE_SET: return "a set";
	case TYPE_MAP: return "a map";
	}
	return "another value";
}

struct value *bind_wrong_type(struct binder *b, const struct schema_type *type, struct node *node,
			      const struct path *path)
{
	bool date = node->kind == NODE_STRING && node->style != NODE_STYLE_PLAIN &&
		    node->style != NODE_STYLE_BARE;

	bind_hint_type(b,
		       bind_error(b, DIAG_WRONG_TYPE, node->span, path, type,
				  "'%.*s' takes %s%s, not %s", STR_ARG(path_name(path)),
				  type_words(type), type->nullable ? " or null" : "",
				  date ? "a date" : node_kind_name(node)),
		       type, node);
	return NULL;
}

bool target_allows(struct compilation *c, bool strict, const char *what, struct str name,
		   const struct lifetime *lifetime, struct span span)
{
	const char *target = c->options.target ? c->options.target : c->schema->version;
	const char *since = lifetime->since, *until = lifetime->until;
	bool refused = strict || c->options.target;
	struct diag *diag;

	if (schema_absent(until)) {
		diag_add(&c->diags, DIAG_TARGET_VERSION, span, "%s '%.*s' is not in %s", what,
			 STR_ARG(name), c->schema->file);
		return false;
	}
	if (since && schema_version_cmp(since, target) > 0) {
		diag_add(&c->diags, DIAG_TARGET_VERSION, span,
			 "%s '%.*s' exists since %s, not yet in %s", what, STR_ARG(name), since,
			 target);
		return false;
	}
	if (!until || schema_version_cmp(until, target) >= 0)
		return true;
	if (refused)
		diag = diag_add(&c->diags, DIAG_TARGET_VERSION, span,
				"%s '%.*s' existed until %s, no more in %s", what, STR_ARG(name),
				until, target);
	else
		diag = diag_add(&c->diags, DIAG_DEPRECATED, span, "%s '%.*s' existed until %s only",
				what, STR_ARG(name), until);
	if (lifetime->replaced_by)
		diag_hint(&c->diags, diag, "'%s' took its place", lifetime->replaced_by);
	return !refused;
}

/* TOML has no null: {"@null" = true} says it in every format of stw's own form. */
static bool is_null(const struct binder *b, const struct node *node)
{
	const struct node_entry *only = node->kind == NODE_MAP ? node->map.first : NULL;

	if (node->kind == NODE_NULL)
		return true;
	return b->shapes == SHAPES_OWN && only && !only->next && str_eq_c(only->key, "@null") &&
	       only->value->kind == NODE_BOOL && only->value->boolean;
}

static struct value *bind_typed(struct binder *b, const struct schema_type *type,
				const struct schema_field *field, struct node *node,
				const struct path *path)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_OBJECT: return bind_object(b, type, field, node, path);
	case TYPE_LIST:
	case TYPE_SET:
	case TYPE_MAP: return bind_members(b, type, node, path);
	case TYPE_BOOLEAN:
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_SIZE:
	case TYPE_DURATION:
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_DATE_TIME:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE:
	case TYPE_ENUM: return bind_scalar(b, type, field, node, path);
	}
	return NULL;
}

/* What is lenient and what is strict goes by the file that the value was written in, since a body
 * may be folded from several. */
struct value *bind_value(struct binder *b, const struct schema_type *type,
			 const struct schema_field *field, struct node *node,
			 const struct path *path)
{
	enum shapes outer = b->shapes;
	struct value *value = NULL;
	struct diag *diag = NULL;

	if (node->kind == NODE_POISON)
		return NULL;
	b->shapes = source_shapes(b->c, node->span.source, outer);
	if (!is_null(b, node)) {
		value = bind_typed(b, type, field, node, path);
	} else {
		if (type->nullable)
			value = bind_new(b, VALUE_NULL, type, node->span);
		else
			diag = bind_error(b, DIAG_NULL_VALUE, node->span, path, type,
					  "'%.*s' cannot be null", STR_ARG(path_name(path)));
		bind_hint_comment(b, type, node, path, diag);
	}
	b->shapes = outer;
	return value;
}

/* tls.implicit, or a table tls with implicit in it: in the 0.15 settings names had parts. */
static struct str meant_key(struct binder *b, const struct node_entry *e)
{
	const struct node *value = e->value;
	struct str joined;

	if (value->kind != NODE_MAP || !value->map.first)
		return e->key;
	joined = arena_printf(&b->c->arena, "%.*s.%.*s", STR_ARG(e->key),
			      STR_ARG(value->map.first->key));
	return joined.p ? joined : e->key;
}

/* The field that was meant, where one is near enough: it does not count as missing as well. */
static const struct schema_field *unknown_field(struct binder *b,
						const struct schema_structure *structure,
						const struct node_entry *e, const struct path *path)
{
	struct path here = {.up = path, .name = e->key};
	struct diag *diag = bind_error(b, DIAG_UNKNOWN_FIELD, e->key_span, &here, NULL,
				       "%s has no field '%.*s'", structure->name, STR_ARG(e->key));
	struct suggestion best;
	size_t i;

	if (!b->inside && str_eq_c(e->key, "id")) {
		diag_hint(&b->c->diags, diag, "the server gives an object its id: leave it out");
		return NULL;
	}
	if (bind_hint_depth(b, diag, structure, e))
		return NULL;
	suggest_start(&best, meant_key(b, e));
	for (i = 0; i < structure->field_count; i++)
		suggest_offer(&best, str_c(structure->fields[i].name));
	if (!best.best.n) {
		if (!bind_hint_password(b, diag, structure, e->key) &&
		    !bind_hint_owner(b, diag, e->key))
			diag_hint(&b->c->diags, diag, "stwc schema %s lists the fields",
				  structure->name);
		return NULL;
	}
	diag_hint(&b->c->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	return schema_field_find(structure, best.best);
}

/* serverSet fields: an error, but in an upsert only a note (snapshots carry them). */
static bool settable(struct binder *b, const struct schema_field *field, const struct node_entry *e,
		     const struct path *path)
{
	if (field->update != UPDATE_SERVER_SET)
		return true;
	bind_error(b, b->kind == DRAFT_UPSERT ? DIAG_SNAPSHOT_FIELD : DIAG_SERVER_SET, e->key_span,
		   path, field->type, "'%s' is set by the server alone", field->name);
	return false;
}

/* A field that came and went with its whole structure needs no diagnostic of its own. */
static bool same_version(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static struct value *bind_field(struct binder *b, const struct schema_structure *structure,
				const struct schema_field *field, const struct node_entry *e,
				const struct path *up)
{
	struct path path = {.up = up, .name = e->key};

	if (!settable(b, field, e, &path))
		return NULL;
	if (!(same_version(structure->since, field->since) &&
	      same_version(structure->until, field->until)) &&
	    !target_allows(b->c, b->target_strict, "the field", e->key,
			   &(struct lifetime){field->since, field->until, field->replaced_by},
			   e->key_span))
		return NULL;
	return bind_value(b, field->type, field, e->value, &path);
}

/* The host decides these at run time, so stw's own form may leave them out (DESIGN.md 4). */
static bool may_lack(const struct binder *b, const struct schema_structure *structure,
		     const struct schema_field *field)
{
	return b->shapes == SHAPES_OWN && strcmp(structure->name, "SystemSettings") == 0 &&
	       (strcmp(field->name, "defaultHostname") == 0 ||
		strcmp(field->name, "defaultDomainId") == 0);
}

/* What is given of a single structure is merged into the default of the field that holds it. */
static bool in_default(const struct binder *b, const struct schema_structure *structure,
		       const struct schema_field *field)
{
	const struct schema_field *holder = b->holder;

	return holder && holder->type->kind == TYPE_OBJECT &&
	       holder->type->structure == structure &&
	       schema_default_has(holder, str_c(field->name));
}

static void check_required(struct binder *b, const struct schema_structure *structure,
			   const uint8_t *seen, struct span span, const struct path *path)
{
	size_t i;

	for (i = 0; i < structure->field_count; i++) {
		const struct schema_field *field = &structure->fields[i];
		struct path here = {.up = path, .field = field->name};

		if (field->required && !seen[i] && !may_lack(b, structure, field) &&
		    !in_default(b, structure, field))
			bind_error(b, DIAG_MISSING_FIELD, span, &here, NULL, "%s needs '%s'",
				   structure->name, field->name);
	}
}

/* Fields stay in ascending order of their number, whatever the order of the source. */
static void insert_field(struct value_object *out, const struct schema_field *field,
			 struct span key_span, struct value *value)
{
	size_t at = out->count++;

	while (at > 0 && out->fields[at - 1].field->number > field->number) {
		out->fields[at] = out->fields[at - 1];
		at--;
	}
	out->fields[at] = (struct value_field){field, key_span, value};
}

/* @type is read with the variant. A structure without variants takes none: a server ignores it
 * there, and in stw's own form it is a mistake. */
static bool is_variant_name(struct binder *b, bool varies, const struct schema_structure *structure,
			    const struct node_entry *e, const struct path *path)
{
	struct path here = {.up = path, .name = e->key};
	bool own = source_shapes(b->c, e->key_span.source, b->shapes) == SHAPES_OWN;

	if (!str_eq_c(e->key, "@type"))
		return false;
	if (!varies)
		bind_error(b, own ? DIAG_UNKNOWN_FIELD : DIAG_IGNORED_FIELD, e->key_span, &here,
			   NULL, "%s has no variants, so '@type' %s", structure->name,
			   own ? "is no field of it" : "is ignored here");
	return true;
}

static bool same_span(struct span a, struct span b)
{
	return a.source == b.source && a.begin == b.begin && a.end == b.end;
}

#define FIELDS_MAX 512
#define HINTED ARRAY_LEN(((struct field_hint *)NULL)->places)

enum { SEEN = 1, SEEN_MISSPELT };

/* Where a syntax error hid a part of the file, what is missing may stand there. */
static bool hidden(const struct binder *b, struct span span)
{
	return b->c->incomplete && span.source && span.source <= b->c->state->text_count &&
	       b->c->state->texts[span.source - 1].incomplete;
}

static const struct schema_field *find_field(const struct binder *b,
					     const struct schema_structure *structure,
					     size_t position, struct str name)
{
	size_t at = (size_t)(structure - b->c->schema->structures);
	const struct schema_field *field;
	uint16_t *place;

	if (at >= b->c->schema->structure_count || position >= HINTED)
		return schema_field_find(structure, name);
	place = &b->c->state->hints[at].places[position];
	field = *place < structure->field_count ? &structure->fields[*place] : NULL;
	if (field && str_eq_c(name, field->name))
		return field;
	field = schema_field_find(structure, name);
	if (field)
		*place = (uint16_t)(field - structure->fields);
	return field;
}

/* True: the key is a path into the object, which has been bound. */
static bool insert_pointer(struct binder *b, const struct schema_structure *structure,
			   struct node_entry *e, const struct path *path, struct value_object *out)
{
	struct value_field bound = {NULL, e->key_span, NULL};

	if (!bind_pointer(b, structure, e, path, &bound))
		return false;
	if (bound.value)
		insert_field(out, bound.field, bound.key_span, bound.value);
	return true;
}

bool bind_fields(struct binder *b, const struct schema_structure *structure, struct node *node,
		 const struct path *path, bool complete, struct span whole,
		 struct value_object *out)
{
	uint8_t seen[FIELDS_MAX];
	struct value_object object = {.structure = structure};
	bool varies = b->variant != NULL;
	struct node_entry *e;
	size_t position = 0;

	if (structure->field_count > FIELDS_MAX)
		return false;
	memset(seen, 0, structure->field_count);
	object.fields = ARENA_ARRAY(&b->c->arena, struct value_field, node->map.count + 1);
	if (!object.fields)
		return false;
	for (e = node->map.first; e; e = e->next) {
		const struct schema_field *field = find_field(b, structure, position++, e->key);
		struct value *value;

		if (is_variant_name(b, varies, structure, e, path))
			continue;
		if (b->kind == DRAFT_PATCH && insert_pointer(b, structure, e, path, &object))
			continue;
		if (!field) {
			field = unknown_field(b, structure, e, path);
			if (field)
				seen[field - structure->fields] = SEEN_MISSPELT;
			continue;
		}
		/* a key that the client id stands in for was meant to be written */
		if (seen[field - structure->fields] == SEEN_MISSPELT &&
		    same_span(e->key_span, whole))
			continue;
		seen[field - structure->fields] = SEEN;
		value = bind_field(b, structure, field, e, path);
		if (value)
			insert_field(&object, field, e->key_span, value);
	}
	if (complete && !hidden(b, whole))
		check_required(b, structure, seen, whole, path);
	*out = object;
	return true;
}

static const struct schema_variant *find_variant(struct binder *b,
						 const struct schema_structure *structure,
						 struct node *node, const struct path *path)
{
	struct node_entry *e = node_map_find(node, STR("@type"));
	const struct schema_variant *variant;
	struct suggestion best;
	struct diag *diag;
	size_t i;

	if (!e) {
		diag = bind_error(b, DIAG_MISSING_VARIANT, node->span, path, NULL,
				  "%s needs an '@type'", structure->name);
		bind_hint_variants(b, diag, structure, "");
		return NULL;
	}
	if (e->value->kind == NODE_POISON)
		return NULL;
	variant = e->value->kind == NODE_STRING ? schema_variant_find(structure, e->value->string)
						: NULL;
	if (variant)
		return target_allows(b->c, b->target_strict, "the variant", e->value->string,
				     &(struct lifetime){variant->since, variant->until,
							variant->replaced_by},
				     e->value->span)
			       ? variant
			       : NULL;
	if (e->value->kind == NODE_STRING)
		diag = bind_error(b, DIAG_UNKNOWN_VARIANT, e->value->span, path, NULL,
				  "%s has no variant '%.*s'", structure->name,
				  STR_ARG(e->value->string));
	else
		diag = bind_error(b, DIAG_UNKNOWN_VARIANT, e->value->span, path, NULL,
				  "the '@type' of %s is the name of a variant, not %s",
				  structure->name, node_kind_name(e->value));
	suggest_start(&best, e->value->kind == NODE_STRING ? e->value->string : STR_NONE);
	for (i = 0; i < structure->variant_count; i++)
		suggest_offer(&best, str_c(structure->variants[i].name));
	/* the kind of a principal until 0.15 */
	if (e->value->kind == NODE_STRING && strcmp(structure->name, "Account") == 0 &&
	    str_eq_ascii_case(e->value->string, STR("individual")))
		diag_hint(&b->c->diags, diag, "an individual of 0.15 is 'User' now");
	else if (best.best.n)
		diag_hint(&b->c->diags, diag, "did you mean '%.*s'?", STR_ARG(best.best));
	else
		bind_hint_variants(b, diag, structure, "");
	return NULL;
}

/* A body of a single structure or of a union's variant. */
static bool bind_body(struct binder *b, const struct schema_structure *structure, struct node *node,
		      const struct path *path, bool complete, struct span whole,
		      struct value_object *out)
{
	const struct schema_variant *variant;
	struct node_entry *e;

	b->variant = NULL;
	if (structure->kind == STRUCTURE_SINGLE)
		return bind_fields(b, structure, node, path, complete, whole, out);
	if (b->kind == DRAFT_PATCH && !b->inside && !node_map_find(node, STR("@type")))
		variant = bind_guess_variant(b, structure, node);
	else
		variant = find_variant(b, structure, node, path);
	if (!variant)
		return false;
	*out = (struct value_object){.structure = structure, .variant = variant};
	b->variant = variant;
	if (variant->body) {
		if (!bind_fields(b, variant->body, node, path, complete, whole, out))
			return false;
		out->structure = structure;
		out->variant = variant;
		return true;
	}
	for (e = node->map.first; e; e = e->next) {
		struct path here = {.up = path, .name = e->key};

		/* a server ignores these, but whoever wrote them meant something */
		if (!str_eq_c(e->key, "@type"))
			bind_error(b, DIAG_UNKNOWN_FIELD, e->key_span, &here, NULL,
				   "the variant %s of %s has no fields", variant->name,
				   structure->name);
	}
	return true;
}

/* Nothing but empty maps: merged into a default, it leaves that as it is. */
static bool bare(const struct node *node)
{
	const struct node_entry *e = node->kind == NODE_MAP ? node->map.first : NULL;

	while (e && bare(e->value))
		e = e->next;
	return node->kind == NODE_MAP && !e;
}

/* The text of an expression, which stw's own form takes for one that has no cases, whatever the
 * default of the field has. */
static struct node *expand_text(struct binder *b, struct node *text)
{
	struct arena *arena = &b->c->arena;
	const struct hash_key *key = &b->c->hash_key;
	struct node *map = node_new(arena, NODE_MAP, text->span);
	struct node *cases = node_new(arena, NODE_LIST, text->span);

	if (!map || !cases || !node_map_append(arena, key, map, STR("else"), text->span, text) ||
	    !node_map_append(arena, key, map, STR("match"), text->span, cases))
		return NULL;
	return map;
}

/* Does the default of the field have what the body leaves out? */
static bool lacks_default(const struct schema_structure *structure,
			  const struct schema_field *holder, const struct node *body)
{
	size_t i;

	for (i = 0; i < structure->field_count; i++) {
		struct str name = str_c(structure->fields[i].name);

		if (!node_map_get(body, name) && schema_default_has(holder, name))
			return true;
	}
	return false;
}

/* An else without cases has none: said, so that a server that has some now loses them. */
static struct node *fill_cases(struct binder *b, const struct schema_structure *structure,
			       struct node *body)
{
	struct node *none;

	if (strcmp(structure->name, "Expression") != 0 || !node_map_get(body, STR("else")) ||
	    node_map_get(body, STR("match")))
		return body;
	none = node_new(&b->c->arena, NODE_MAP, body->span);
	return none && node_map_append(&b->c->arena, &b->c->hash_key, body, STR("match"),
				       body->span, none)
		       ? body
		       : NULL;
}

/* What a body leaves out is what the default of its field has (validation.md 3.2): written into it,
 * so that whoever reads the value gets all of it, a server that has another one now included. */
static struct node *fill_in(struct binder *b, const struct schema_structure *structure,
			    const struct schema_field *holder, struct node *body)
{
	const struct node_entry *e;
	struct node *rest;

	if (structure->kind != STRUCTURE_SINGLE)
		return body;
	if (!holder || !lacks_default(structure, holder, body))
		return fill_cases(b, structure, body);
	rest = defaults_node(b->c, holder);
	for (e = rest && rest->kind == NODE_MAP ? rest->map.first : NULL; e; e = e->next) {
		if (!node_map_get(body, e->key) &&
		    !node_map_append(&b->c->arena, &b->c->hash_key, body, e->key, body->span,
				     e->value))
			return NULL;
	}
	return rest ? fill_cases(b, structure, body) : NULL;
}

/* Is there a secret among its fields, or those of a variant? */
static bool has_secret(const struct schema_structure *structure)
{
	size_t i;

	for (i = 0; i < structure->field_count; i++) {
		if (structure->fields[i].type->kind == TYPE_SECRET ||
		    structure->fields[i].type->kind == TYPE_SECRET_TEXT)
			return true;
	}
	for (i = 0; i < structure->variant_count; i++) {
		if (structure->variants[i].body && has_secret(structure->variants[i].body))
			return true;
	}
	return false;
}

/* Inside a secret nothing is shown but what says where it comes from: a misspelt name must not
 * uncover it. */
static void mask_inside(struct binder *b, const struct schema_structure *structure,
			const struct node *node)
{
	const struct node_entry *e;

	if (node->kind == NODE_STRING && has_secret(structure))
		source_mask(&b->c->sources, node->span);
	if (strncmp(structure->name, "Secret", 6) != 0)
		return;
	if (node->kind != NODE_MAP)
		source_mask(&b->c->sources, node->span);
	for (e = node->kind == NODE_MAP ? node->map.first : NULL; e; e = e->next) {
		if (!str_eq(e->key, STR("@type")) && !str_eq(e->key, STR("filePath")) &&
		    !str_eq(e->key, STR("variableName")))
			source_mask(&b->c->sources, e->value->span);
	}
}

/* Does stw's own form take a text where a server takes a map? */
static bool text_for_map(const struct schema_structure *structure)
{
	return strcmp(structure->name, "Expression") == 0 || strcmp(structure->name, "Rate") == 0;
}

static struct value *wrong_text(struct binder *b, const struct schema_structure *structure,
				const struct node *node, const struct path *path)
{
	struct diag *diag = bind_error(b, DIAG_WRONG_SHAPE, node->span, path, NULL,
				       "a server does not take the %s '%.*s' as a text",
				       strcmp(structure->name, "Rate") == 0 ? "rate" : "expression",
				       STR_ARG(path_name(path)));
	struct buf text = BUF_INIT;
	uint64_t count, period;

	if (strcmp(structure->name, "Expression") == 0) {
		buf_puts(&text, STR("{\"else\": "));
		buf_put_json(&text, node->string);
		buf_putc(&text, '}');
	} else if (scalar_rate(node->string, &count, &period) == SCALAR_OK) {
		buf_printf(&text, "{\"count\": %llu, \"period\": %llu}", (unsigned long long)count,
			   (unsigned long long)period);
	} else {
		buf_puts(&text, STR("{\"count\": …, \"period\": milliseconds}"));
	}
	diag_hint(&b->c->diags, diag, "write %.*s", STR_ARG(buf_str(&text)));
	buf_free(&text);
	return NULL;
}

struct value *bind_object(struct binder *b, const struct schema_type *type,
			  const struct schema_field *holder, struct node *node,
			  const struct path *path)
{
	const struct schema_structure *structure = type->structure;
	const struct schema_field *outer = b->holder;
	bool inside = b->inside, merges = b->merges, leaves_default;
	struct value *value;
	bool ok;

	if (node->kind == NODE_STRING && b->shapes == SHAPES_SERVER && text_for_map(structure))
		return wrong_text(b, structure, node, path);
	if (node->kind == NODE_STRING && b->shapes == SHAPES_OWN &&
	    strcmp(structure->name, "Rate") == 0)
		node = bind_rate_text(b, type, node, path);
	else if (node->kind == NODE_STRING && b->shapes == SHAPES_OWN &&
		 strcmp(structure->name, "Expression") == 0)
		node = expand_text(b, node);
	if (node && node->kind == NODE_MAP && !b->merges)
		node = fill_in(b, structure, holder, node);
	if (!node)
		return NULL;
	mask_inside(b, structure, node);
	if (node->kind != NODE_MAP)
		return bind_wrong_type(b, type, node, path);
	value = bind_new(b, VALUE_OBJECT, type, node->span);
	if (!value)
		return NULL;
	b->holder = holder;
	b->inside = true;
	/* an update merges into nested objects, but resets unions: those must be complete */
	if (b->led)
		b->led--;
	else
		b->merges = merges && structure->kind != STRUCTURE_UNION;
	leaves_default = holder && !holder->required && !type->nullable && bare(node);
	ok = bind_body(b, structure, node, path, !b->merges && !leaves_default, node->span,
		       &value->object);
	b->merges = merges;
	b->inside = inside;
	b->holder = outer;
	return ok ? value : NULL;
}

static struct str display_name(const struct draft *draft)
{
	const struct node *label;

	if (draft->has_client_id)
		return draft->client_id;
	if (!draft->type->label || draft->body->kind != NODE_MAP)
		return STR_NONE;
	label = node_map_get(draft->body, str_c(draft->type->label));
	return label && label->kind == NODE_STRING ? label->string : STR_NONE;
}

/* The body of an object, which may not be one at all; false where nothing could be made of it. */
static bool bind_whole(struct binder *b, const struct draft *draft, const struct path *path,
		       struct value_object *out)
{
	const struct schema_structure *structure = draft->type->structure;
	struct node *body = draft->body;

	if (body->kind == NODE_POISON)
		return false;
	if (body->kind != NODE_MAP) {
		bind_hint_bare(b,
			       bind_error(b, DIAG_WRONG_TYPE, body->span, path, NULL,
					  "%s takes a map of its fields, not %s", draft->type->name,
					  node_kind_name(body)),
			       draft);
		return false;
	}
	return target_allows(b->c, draft->target_strict, "the type", str_c(draft->type->name),
			     &(struct lifetime){structure->since, structure->until, NULL},
			     draft->span) &&
	       bind_body(b, structure, body, path, !b->merges, draft->span, out);
}

struct object *bind_draft(struct compilation *c, const struct draft *draft)
{
	struct object *object = ARENA_NEW(&c->arena, struct object);
	struct binder b = {.c = c,
			   .type = draft->type->name,
			   .name = display_name(draft),
			   .kind = draft->kind,
			   .shapes = draft->shapes,
			   .target_strict = draft->target_strict,
			   .merges = draft->kind == DRAFT_PATCH || draft->rest_elsewhere};
	struct path_root root;
	size_t faults = c->diags.faults;

	if (!object)
		return NULL;
	*object = (struct object){.type = draft->type,
				  .client_id = draft->client_id,
				  .span = draft->span,
				  .ordinal = draft->ordinal,
				  .shown = b.name,
				  .rest_elsewhere = draft->rest_elsewhere,
				  .draft = (size_t)(draft - c->state->drafts)};
	object->body.structure = draft->type->structure;
	if (!bind_whole(&b, draft, path_of(&root, draft->type, b.name, draft->ordinal),
			&object->body) ||
	    c->diags.faults != faults)
		object->poisoned = true;
	object->guessed = b.guessed;
	object->percent = b.percent;
	object->text_size = b.text_size;
	return object;
}

bool bind_structure(struct compilation *c, const struct schema_structure *structure,
		    struct node *node, struct value_object *out)
{
	struct binder b = {.c = c, .type = structure->name};
	struct path path = {.up = NULL, .field = structure->name};

	return bind_body(&b, structure, node, &path, false, node->span, out);
}
