/* What is probably meant by a value of another kind than its field takes: the hint spells it. */
#include "base/buf.h"
#include "base/num.h"
#include "core/suggest.h"
#include "grammar/scalar.h"
#include "stwc/bind.h"

static bool in_toml(const struct binder *b, const struct node *node)
{
	uint32_t source = node->span.source;

	return source && source <= b->c->state->text_count &&
	       b->c->state->texts[source - 1].format == FORMAT_TOML;
}

/* The field of a body that holds the text itself, or NULL. */
static const char *text_field(const struct schema_structure *body)
{
	static const char *const names[] = {"secret", "value"};
	size_t i;

	for (i = 0; body && i < ARRAY_LEN(names); i++) {
		const struct schema_field *field = schema_field_find(body, str_c(names[i]));

		if (field && field->type->kind != TYPE_OBJECT)
			return names[i];
	}
	return NULL;
}

/* The variant that holds a text: Value with its secret, for example. */
static const struct schema_variant *text_variant(const struct schema_structure *structure)
{
	size_t i;

	for (i = 0; i < structure->variant_count; i++) {
		if (text_field(structure->variants[i].body))
			return &structure->variants[i];
	}
	return NULL;
}

/* A path, or what stands for a file or a variable in other programs and in the 0.15 settings: the
 * variant that names one, and its field. */
static const struct schema_variant *outside_variant(const struct schema_structure *structure,
						    struct str s, const char **field)
{
	static const struct {
		const char *begins, *variant, *field;
	} rows[] = {
		{"/", "File", "filePath"},
		{"./", "File", "filePath"},
		{"file:", "File", "filePath"},
		{"%{file:", "File", "filePath"},
		{"$", "EnvironmentVariable", "variableName"},
		{"env:", "EnvironmentVariable", "variableName"},
		{"%{env:", "EnvironmentVariable", "variableName"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct schema_variant *variant =
			schema_variant_find(structure, str_c(rows[i].variant));

		if (!variant || !variant->body || !str_starts(s, str_c(rows[i].begins)) ||
		    !schema_field_find(variant->body, str_c(rows[i].field)))
			continue;
		*field = rows[i].field;
		return variant;
	}
	return NULL;
}

void bind_hint_variants(struct binder *b, struct diag *diag,
			const struct schema_structure *structure, const char *before)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < structure->variant_count && i < 12; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", structure->variants[i].name);
	if (structure->variant_count > 12)
		buf_printf(&text, " … (%u in all)", structure->variant_count);
	diag_hint(&b->c->diags, diag, "%sone of %.*s", before, STR_ARG(buf_str(&text)));
	buf_free(&text);
}

/* A word, or a text, in place of a union: its variant, or the variant that holds texts. */
static void hint_union(struct binder *b, struct diag *diag,
		       const struct schema_structure *structure, const struct node *node)
{
	const char *field = NULL;
	const struct schema_variant *holds = outside_variant(structure, node->string, &field);
	bool toml = in_toml(b, node);
	struct suggestion best;
	size_t i;

	if (!holds) {
		holds = text_variant(structure);
		field = holds ? text_field(holds->body) : NULL;
	}
	suggest_start(&best, node->string);
	for (i = 0; !holds && i < structure->variant_count; i++)
		suggest_offer(&best, str_c(structure->variants[i].name));
	if (holds)
		diag_hint(&b->c->diags, diag,
			  toml ? "write { \"@type\" = \"%s\", %s = \"…\" }"
			       : "write {\"@type\": \"%s\", \"%s\": \"…\"}",
			  holds->name, field);
	else if (best.best.n)
		diag_hint(&b->c->diags, diag,
			  toml ? "write { \"@type\" = \"%.*s\" }" : "write {\"@type\": \"%.*s\"}",
			  STR_ARG(best.best));
	else
		bind_hint_variants(b, diag, structure, "it has an '@type', ");
}

static void hint_object(struct binder *b, struct diag *diag,
			const struct schema_structure *structure, const struct node *node)
{
	bool scalar = node->kind == NODE_INT || node->kind == NODE_BOOL || node->kind == NODE_FLOAT;

	if (node->kind == NODE_STRING && structure->kind == STRUCTURE_UNION)
		hint_union(b, diag, structure, node);
	else if (structure->kind == STRUCTURE_UNION)
		bind_hint_variants(b, diag, structure, "it has an '@type', ");
	else if (node->kind == NODE_LIST && strcmp(structure->name, "Expression") == 0)
		diag_hint(&b->c->diags, diag,
			  in_toml(b, node)
				  ? "write { match = [{ if = \"…\", then = \"…\" }], else = \"…\" }"
				  : "write {\"match\": [{\"if\": \"…\", \"then\": \"…\"}], "
				    "\"else\": \"…\"}");
	else if (scalar && strcmp(structure->name, "Expression") == 0)
		diag_hint(&b->c->diags, diag, "an expression is a text: put it in quotes");
}

static bool is_number(struct str s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		;
	return i && i == s.n;
}

/* A number in quotes, or one with a unit where the field has none. */
static void hint_number(struct binder *b, struct diag *diag, struct str s, bool float_too)
{
	uint64_t number;
	double fraction;

	if (is_number(s) || (float_too && num_double(s, &fraction) == NUM_OK))
		diag_hint(&b->c->diags, diag, "write %.*s, without quotes", STR_ARG(s));
	else if (scalar_size(s, &number) == SCALAR_OK || scalar_duration(s, &number) == SCALAR_OK)
		diag_hint(&b->c->diags, diag, "a number without a unit: %llu",
			  (unsigned long long)number);
}

static void hint_boolean(struct binder *b, struct diag *diag, const struct node *node)
{
	static const char *const words[][2] = {{"true", "false"},
					       {"yes", "no"},
					       {"on", "off"},
					       {"enabled", "disabled"},
					       {"enable", "disable"}};
	size_t i, j;

	if (node->kind == NODE_INT && node->magnitude <= 1)
		diag_hint(&b->c->diags, diag, "write %s", words[0][!node->magnitude]);
	for (i = 0; node->kind == NODE_STRING && i < ARRAY_LEN(words); i++) {
		for (j = 0; j < 2; j++) {
			if (str_eq_ascii_case(node->string, str_c(words[i][j])))
				diag_hint(&b->c->diags, diag, "write %s, without quotes",
					  words[0][j]);
		}
	}
}

void bind_hint_type(struct binder *b, struct diag *diag, const struct schema_type *type,
		    const struct node *node)
{
	uint64_t port;

	if (!diag_kept(&b->c->diags, diag))
		return;
	switch (type->kind) {
	case TYPE_OBJECT: hint_object(b, diag, type->structure, node); break;
	case TYPE_BOOLEAN: hint_boolean(b, diag, node); break;
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
		if (node->kind == NODE_STRING)
			hint_number(b, diag, node->string, type->kind == TYPE_FLOAT);
		break;
	case TYPE_SOCKET_ADDRESS:
		if (node->kind == NODE_INT && node_as_u64(node, &port) && port && port <= 65535)
			diag_hint(&b->c->diags, diag, "write \"[::]:%u\" for every address",
				  (unsigned)port);
		break;
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
		if (node->kind == NODE_INT || node->kind == NODE_FLOAT || node->kind == NODE_BOOL)
			diag_hint(&b->c->diags, diag, "put it in quotes");
		break;
	case TYPE_SIZE:
	case TYPE_DURATION:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_DATE_TIME:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE:
	case TYPE_ENUM:
	case TYPE_LIST:
	case TYPE_SET: break;
	case TYPE_MAP:
		diag_hint(&b->c->diags, diag,
			  in_toml(b, node) ? "write { \"key\" = … }" : "write {\"key\": …}");
		break;
	}
}

/* "*:25" and ":25" are what other programs write for every address. */
void bind_hint_bare(struct binder *b, struct diag *diag, const struct draft *draft)
{
	const struct schema_object *type = draft->type;
	const struct node *body = draft->body;
	bool named = draft->has_client_id;

	/* a body where a map from names to bodies belongs */
	if (named && type->kind == OBJECT_COLLECTION &&
	    schema_field_find(type->structure, draft->client_id))
		diag_hint(&b->c->diags, diag,
			  "'%.*s' is a field: give the object a name, as %s.NAME",
			  STR_ARG(draft->client_id), type->name);
	else if (!named && body->kind == NODE_STRING && type->label &&
		 schema_field_find(type->structure, str_c(type->label)))
		diag_hint(&b->c->diags, diag,
			  in_toml(b, body) ? "write { %s = \"%.*s\" }" : "write {\"%s\": \"%.*s\"}",
			  type->label, STR_ARG(body->string));
}

void bind_hint_socket(struct binder *b, struct diag *diag, struct str s)
{
	size_t skip = s.n && *s.p == '*';
	struct str port = str_from(s, skip + 1 < s.n ? skip + 1 : s.n);

	if (skip < s.n && s.p[skip] == ':' && is_number(port))
		diag_hint(&b->c->diags, diag, "write \"[::]:%.*s\" for every address",
			  STR_ARG(port));
	else
		diag_hint(&b->c->diags, diag, "such as \"192.0.2.1:25\" or \"[2001:db8::1]:25\"");
}

void bind_hint_local_part(struct binder *b, struct diag *diag, struct str s)
{
	const char *at = memchr(s.p, '@', s.n);

	if (at && at > s.p)
		diag_hint(&b->c->diags, diag, "write '%.*s'; the domain stands in domainId",
			  (int)(at - s.p), s.p);
}

void bind_hint_unit(struct binder *b, struct diag *diag, struct str s, bool size)
{
	if (b->shapes == SHAPES_SERVER)
		diag_hint(&b->c->diags, diag, "a server takes %s",
			  size ? "bytes, such as 52428800" : "milliseconds, such as 90000");
	else if (size)
		diag_hint(&b->c->diags, diag,
			  "such as 52428800 or \"50mb\"; units are b, kb, mb, gb, tb");
	else if (is_number(s))
		diag_hint(&b->c->diags, diag, "write \"%.*ss\" for seconds, %.*s for milliseconds",
			  STR_ARG(s), STR_ARG(s));
	else
		diag_hint(
			&b->c->diags, diag,
			"such as 90000 (milliseconds) or \"1m 30s\"; units are ms, s, m, h, d, w");
}

static bool body_has(const struct schema_structure *structure, struct str name)
{
	size_t i;

	if (schema_field_find(structure, name))
		return true;
	for (i = 0; i < structure->variant_count; i++) {
		if (structure->variants[i].body &&
		    schema_field_find(structure->variants[i].body, name))
			return true;
	}
	return false;
}

/* The only type of a configuration that has such a field, or NULL. */
static const struct schema_object *only_with(const struct schema *schema, struct str name)
{
	const struct schema_object *found = NULL;
	size_t i;

	for (i = 0; i < schema->object_count; i++) {
		const struct schema_object *object = &schema->objects[i];

		if (object->kind == OBJECT_VIEW || object->data ||
		    !body_has(object->structure, name))
			continue;
		if (found)
			return NULL;
		found = object;
	}
	return found;
}

bool bind_hint_depth(struct binder *b, struct diag *diag, const struct schema_structure *structure,
		     const struct node_entry *e)
{
	const struct node *value = e->value;
	const struct node_entry *inner = value->kind == NODE_MAP ? value->map.first : NULL;

	if (!inner || !schema_field_find(structure, inner->key))
		return false;
	diag_hint(&b->c->diags, diag, "'%.*s' is a field of %s itself: leave '%.*s' out",
		  STR_ARG(inner->key), structure->name, STR_ARG(e->key));
	return true;
}

/* Short names are words that many things are called by. */
#define TELLING 8

bool bind_hint_owner(struct binder *b, struct diag *diag, struct str name)
{
	const struct schema_object *other;

	if (b->inside || name.n < TELLING || !diag_kept(&b->c->diags, diag))
		return false;
	other = only_with(b->c->schema, name);
	if (other)
		diag_hint(&b->c->diags, diag, "%s has a field of that name", other->name);
	return other != NULL;
}

bool bind_hint_password(struct binder *b, struct diag *diag,
			const struct schema_structure *structure, struct str name)
{
	if (!schema_field_find(structure, STR("credentials")) ||
	    (!str_eq_ascii_case(name, STR("password")) && !str_eq_ascii_case(name, STR("secret"))))
		return false;
	diag_hint(&b->c->diags, diag,
		  "credentials has it: one with \"@type\" Password and the field secret");
	return true;
}

bool bind_hint_several(struct binder *b, struct diag *diag, struct str s)
{
	const char *comma = s.n ? memchr(s.p, ',', s.n) : NULL;

	if (!comma || comma == s.p)
		return false;
	diag_hint(&b->c->diags, diag, "several are a list: [\"%.*s\", …]", (int)(comma - s.p), s.p);
	return true;
}

/* A name behind an empty value of YAML, as in "directoryId: #ldap"; .p NULL: there is none. */
static struct str commented_out(const struct binder *b, const struct node *node)
{
	const struct source *source = sources_get(&b->c->sources, node->span.source);
	struct str rest;
	size_t n = 1;

	if (!source || node->span.begin != node->span.end ||
	    b->c->state->texts[source->number - 1].format != FORMAT_YAML)
		return STR_NONE;
	rest = source_text(source);
	rest = str_from(rest, node->span.begin < rest.n ? node->span.begin : rest.n);
	while (rest.n && (*rest.p == ' ' || *rest.p == ':' || *rest.p == '-'))
		rest = str_from(rest, 1);
	while (n < rest.n && !strchr(" \t\r\n#", rest.p[n]))
		n++;
	return rest.n > 1 && *rest.p == '#' && n > 1 ? (struct str){rest.p, n} : STR_NONE;
}

void bind_hint_comment(struct binder *b, const struct schema_type *type, const struct node *node,
		       const struct path *path, struct diag *diag)
{
	bool reference = type->kind == TYPE_REFERENCE ||
			 (type->kind == TYPE_SET && type->element->kind == TYPE_REFERENCE);
	struct str name = STR_NONE;

	if (reference || type->kind == TYPE_COLOR)
		name = commented_out(b, node);
	if (!name.p)
		return;
	if (!diag)
		diag = bind_error(b, DIAG_YAML_COMMENT, node->span, path, type,
				  "'%.*s' is empty: what stands behind it is a comment",
				  STR_ARG(path_name(path)));
	diag_hint(&b->c->diags, diag, "YAML begins a comment at '#': write \"%.*s\", in quotes",
		  STR_ARG(name));
}
