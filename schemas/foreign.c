/*
 * schema.json to descriptors. As with our own rows, names come first and what refers to them
 * after; unlike ours, the file is somebody else's: nothing in it is trusted to be there or to be
 * of the right kind, and a bad row is reported and left out.
 *
 * Two spellings of the same document are read: the one a server publishes (objects have a type and
 * an objectName, enum members are objects, labels stand in lists) and the condensed one of our
 * fact sheets (kind and of, plain members, labels at the object).
 */
#include "schemas/foreign.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/num.h"

struct section {
	const struct node *node;
	const struct node_entry **entries; /* in the order of our names */
	const char **names;
	size_t count;
};

struct foreign {
	struct arena *arena;
	struct diags *diags;
	const struct node *document;
	struct section objects, schemas, enums;
	struct schema *schema;
	struct schema_structure *structures;
	struct schema_object *object_rows;
	struct schema_enum *enum_rows;
	bool broken; /* an object type without a structure: nothing can be made of the rest */
};

static void complain(struct foreign *f, struct span span, const char *text, struct str name)
{
	diag_add(f->diags, DIAG_SYNTAX, span, "%s '%.*s' in the schema", text, STR_ARG(name));
}

static const struct node *member(const struct node *map, const char *name, enum node_kind kind)
{
	const struct node *node =
		map && map->kind == NODE_MAP ? node_map_get(map, str_c(name)) : NULL;

	return node && node->kind == kind ? node : NULL;
}

static struct str text_of(const struct node *map, const char *name)
{
	const struct node *node = member(map, name, NODE_STRING);

	return node ? node->string : STR_NONE;
}

static bool flag_of(const struct node *map, const char *name)
{
	const struct node *node = member(map, name, NODE_BOOL);

	return node && node->boolean;
}

static const char *copy(struct foreign *f, struct str s)
{
	return s.n ? arena_str(f->arena, s).p : NULL;
}

/* Their name as ours: without "x:", and "jmap:Mailbox" for object types that have none. */
static struct str our_name(struct foreign *f, struct str theirs)
{
	if (str_starts(theirs, STR("x:")))
		return str_from(theirs, 2);
	if (f->objects.node && node_map_find(f->objects.node, theirs))
		return arena_printf(f->arena, "jmap:%.*s", STR_ARG(theirs));
	return theirs;
}

struct named {
	const char *name;
	const struct node_entry *entry;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static bool read_section(struct foreign *f, struct section *s, const char *name)
{
	struct named *all;
	size_t i = 0;

	s->node = member(f->document, name, NODE_MAP);
	if (!s->node) {
		complain(f, f->document->span, "there is no section", str_c(name));
		return false;
	}
	s->count = s->node->map.count;
	all = ARENA_ARRAY(f->arena, struct named, s->count + 1);
	s->entries = ARENA_ARRAY(f->arena, const struct node_entry *, s->count + 1);
	s->names = ARENA_ARRAY(f->arena, const char *, s->count + 1);
	if (!all || !s->entries || !s->names)
		return false;
	for (const struct node_entry *e = s->node->map.first; e; e = e->next)
		all[i++] = (struct named){arena_str(f->arena, our_name(f, e->key)).p, e};
	if (f->arena->failed)
		return false;
	qsort(all, s->count, sizeof(*all), by_name);
	for (i = 0; i < s->count; i++) {
		s->entries[i] = all[i].entry;
		s->names[i] = all[i].name;
	}
	return true;
}

static bool object_kind_of(struct str word, uint8_t *out)
{
	static const struct {
		const char *word;
		enum object_kind kind;
	} kinds[] = {{"collection", OBJECT_COLLECTION},
		     {"object", OBJECT_COLLECTION},
		     {"singleton", OBJECT_SINGLETON},
		     {"view", OBJECT_VIEW}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (!str_eq_c(word, kinds[i].word))
			continue;
		*out = (uint8_t)kinds[i].kind;
		return true;
	}
	return false;
}

/* What the list of an object says, where it is apart. */
static const struct node *list_of(const struct foreign *f, struct str name)
{
	const struct node *lists = member(f->document, "lists", NODE_MAP);

	return lists ? node_map_get(lists, name) : NULL;
}

static void read_object(struct foreign *f, struct schema_object *o, const struct node_entry *e,
			const char *name)
{
	const struct node *row = e->value, *list = list_of(f, e->key), *filters;
	struct str kind = text_of(row, "kind"), of = text_of(row, "of");

	if (!kind.n)
		kind = text_of(row, "type");
	if (!of.n)
		of = text_of(row, "objectName");
	if (!object_kind_of(kind, &o->kind))
		complain(f, e->key_span, "no kind is known for the object type", e->key);
	o->name = name;
	o->wire_name = copy(f, e->key);
	o->enterprise = flag_of(row, "enterprise");
	o->permission_prefix = copy(f, text_of(row, "permissionPrefix"));
	o->label = copy(f, text_of(member(row, "labelProperty", NODE_STRING) ? row : list,
				   "labelProperty"));
	filters = member(row, "filtersStatic", NODE_MAP);
	o->variant = copy(
		f, text_of(filters ? filters : member(list, "filtersStatic", NODE_MAP), "@type"));
	o->structure = schema_structure_find(f->schema, of.n ? our_name(f, of) : str_c(name));
	f->broken = f->broken || !o->structure;
	if (!o->structure)
		complain(f, e->key_span, "there is no structure for the object type", e->key);
	else if (o->kind != OBJECT_VIEW)
		f->structures[o->structure - f->structures].object = o;
}

static const struct schema_type *read_type(struct foreign *f, const struct node *row,
					   struct span span, unsigned depth);

static bool read_bound(const struct node *row, const char *name, double *out)
{
	const struct node *node = node_map_get(row, str_c(name));
	int64_t whole;

	if (!node || (node->kind != NODE_INT && node->kind != NODE_FLOAT))
		return false;
	if (node->kind == NODE_FLOAT)
		*out = node->number;
	else if (node_as_i64(node, &whole))
		*out = (double)whole;
	else
		return false;
	return true;
}

static uint32_t read_count(const struct node *row, const char *name)
{
	const struct node *node = member(row, name, NODE_INT);
	uint64_t n = 0;

	return node && node_as_u64(node, &n) && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static bool read_enum_type(struct foreign *f, struct schema_type *t, const struct node *row)
{
	t->members = schema_enum_find(f->schema, text_of(row, "enumName"));
	/* An enum that the file does not have: PrincipalType of 0.16. */
	t->kind = t->members ? TYPE_ENUM : TYPE_STRING;
	return true;
}

static bool read_reference(struct foreign *f, struct schema_type *t, const struct node *row)
{
	t->kind = TYPE_REFERENCE;
	t->target = schema_object_find(f->schema, our_name(f, text_of(row, "objectName")));
	t->structure = t->target ? t->target->structure : NULL;
	return t->structure != NULL;
}

static bool read_object_type(struct foreign *f, struct schema_type *t, const struct node *row)
{
	t->kind = TYPE_OBJECT;
	t->structure = schema_structure_find(f->schema, our_name(f, text_of(row, "objectName")));
	return t->structure != NULL;
}

static bool read_list(struct foreign *f, struct schema_type *t, const struct node *row)
{
	struct schema_type *element = ARENA_NEW(f->arena, struct schema_type);

	t->kind = TYPE_LIST;
	t->element = element;
	return element && read_object_type(f, element, row);
}

static bool read_container(struct foreign *f, struct schema_type *t, const struct node *row,
			   unsigned depth)
{
	bool set = str_eq_c(text_of(row, "type"), "set");

	t->kind = set ? TYPE_SET : TYPE_MAP;
	t->element =
		read_type(f, member(row, set ? "class" : "valueClass", NODE_MAP), row->span, depth);
	if (set)
		return t->element != NULL;
	t->key = read_type(f, member(row, "keyClass", NODE_MAP), row->span, depth);
	return t->element && t->key;
}

static bool read_kind(struct foreign *f, struct schema_type *t, const struct node *row,
		      unsigned depth)
{
	struct str word = text_of(row, "type"), format = text_of(row, "format");
	enum type_kind kind;

	if (str_eq_c(word, "enum"))
		return read_enum_type(f, t, row);
	if (str_eq_c(word, "object"))
		return read_object_type(f, t, row);
	if (str_eq_c(word, "objectId"))
		return read_reference(f, t, row);
	if (str_eq_c(word, "objectList"))
		return read_list(f, t, row);
	if (str_eq_c(word, "set") || str_eq_c(word, "map"))
		return depth == 0 && read_container(f, t, row, depth + 1);
	if (str_eq_c(word, "string") || str_eq_c(word, "number"))
		word = format;
	if (!schema_type_kind_find(word, &kind))
		return false;
	t->kind = (uint8_t)kind;
	return true;
}

static const struct schema_type *read_type(struct foreign *f, const struct node *row,
					   struct span span, unsigned depth)
{
	struct schema_type *t = ARENA_NEW(f->arena, struct schema_type);

	if (!t)
		return NULL;
	if (!row || !read_kind(f, t, row, depth)) {
		complain(f, span, "no type is known", text_of(row, "type"));
		return NULL;
	}
	t->nullable = flag_of(row, "nullable");
	t->has_min = read_bound(row, "min", &t->min);
	t->has_max = read_bound(row, "max", &t->max);
	t->min_items = read_count(row, "minItems");
	t->max_length = read_count(row, "maxLength");
	return t;
}

static uint8_t update_of(struct str word)
{
	if (str_eq_c(word, "immutable"))
		return UPDATE_IMMUTABLE;
	return str_eq_c(word, "serverSet") ? UPDATE_SERVER_SET : UPDATE_MUTABLE;
}

static int by_field(const void *a, const void *b)
{
	return strcmp(((const struct schema_field *)a)->name,
		      ((const struct schema_field *)b)->name);
}

static void read_fields(struct foreign *f, struct schema_structure *s, const struct node *table)
{
	const struct node *properties = member(table, "properties", NODE_MAP);
	struct schema_field *fields;
	size_t count = 0;

	if (!properties)
		return;
	fields = ARENA_ARRAY(f->arena, struct schema_field, properties->map.count + 1);
	for (const struct node_entry *e = properties->map.first; fields && e; e = e->next) {
		struct schema_field *field = &fields[count];

		field->name = copy(f, e->key);
		field->type = read_type(f, member(e->value, "type", NODE_MAP), e->key_span, 0);
		field->update = update_of(text_of(e->value, "update"));
		field->enterprise = flag_of(e->value, "enterprise");
		if (field->name && field->type)
			count++;
	}
	if (count)
		qsort(fields, count, sizeof(*fields), by_field);
	s->fields = fields;
	s->field_count = (uint16_t)count;
}

static void read_variants(struct foreign *f, struct schema_structure *s, const struct node *list)
{
	struct schema_variant *variants =
		ARENA_ARRAY(f->arena, struct schema_variant, list->list.count + 1);
	size_t count = 0;

	for (const struct node *n = list->list.first; variants && n; n = n->next) {
		struct str body = text_of(n, "schemaName");

		variants[count].name = copy(f, text_of(n, "name"));
		if (body.n)
			variants[count].body = schema_structure_find(f->schema, our_name(f, body));
		if (variants[count].name && (!body.n || variants[count].body))
			count++;
		else
			complain(f, n->span, "no body is known for a variant of", str_c(s->name));
	}
	s->kind = STRUCTURE_UNION;
	s->variants = variants;
	s->variant_count = (uint16_t)count;
}

/* The table of fields that a single schema names; its own name where it names none. */
static const struct node *fields_of(const struct foreign *f, const struct node_entry *e)
{
	struct str name = text_of(e->value, "schema");
	const struct node *fields = member(f->document, "fields", NODE_MAP);

	if (!name.n)
		name = text_of(e->value, "schemaName");
	return fields ? node_map_get(fields, name.n ? name : e->key) : NULL;
}

static void read_structure(struct foreign *f, struct schema_structure *s,
			   const struct node_entry *e)
{
	const struct node *variants = member(e->value, "variants", NODE_LIST);

	if (variants)
		read_variants(f, s, variants);
	else
		read_fields(f, s, fields_of(f, e));
}

static int by_member(const void *a, const void *b)
{
	const struct schema_enum_member *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static void read_enum(struct foreign *f, struct schema_enum *e, const struct node *list)
{
	size_t most = list->kind == NODE_LIST ? list->list.count : 0, count = 0;
	struct schema_enum_member *members =
		ARENA_ARRAY(f->arena, struct schema_enum_member, most + 1);
	const struct schema_enum_member **order =
		ARENA_ARRAY(f->arena, const struct schema_enum_member *, most + 1);
	uint16_t *positions = ARENA_ARRAY(f->arena, uint16_t, most + 1);

	if (!members || !order || !positions || !most)
		return;
	for (const struct node *n = list->list.first; n; n = n->next) {
		members[count].name =
			copy(f, n->kind == NODE_STRING ? n->string : text_of(n, "name"));
		order[count] = &members[count];
		if (members[count].name)
			count++;
	}
	qsort(order, count, sizeof(*order), by_member);
	for (size_t i = 0; i < count; i++)
		positions[i] = (uint16_t)(order[i] - members);
	e->members = members;
	e->by_name = positions;
	e->count = (uint16_t)count;
}

/* Defaults: canonical JSON, as schemac makes it of our rows. */

static bool put_value(struct buf *out, const struct node *node, const struct schema_type *type);

/* "1d": the eight Rate defaults of validation.md 1.9. */
static bool duration_of(struct str text, uint64_t *out)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (text.n && text.p[text.n - 1] == units[i].unit)
			return num_u64((struct str){text.p, text.n - 1}, out) == NUM_OK &&
			       !mul_overflows(*out, units[i].ms, out);
	return false;
}

static bool put_number(struct buf *out, const struct node *node, const struct schema_type *type)
{
	uint64_t ms;
	char text[32];

	if (node->kind == NODE_INT) {
		buf_printf(out, "%s%llu", node->negative && node->magnitude ? "-" : "",
			   (unsigned long long)node->magnitude);
	} else if (node->kind == NODE_FLOAT) {
		num_format_double(node->number, text);
		buf_puts(out, str_c(text));
	} else if (node->kind == NODE_STRING && type->kind == TYPE_DURATION &&
		   duration_of(node->string, &ms)) {
		buf_printf(out, "%llu", (unsigned long long)ms);
	} else {
		return false;
	}
	return true;
}

/* A list may come as an array; the wire form has ordinals. */
static bool put_array(struct buf *out, const struct node *list, const struct schema_type *element)
{
	size_t ordinal = 0;

	buf_putc(out, '{');
	for (const struct node *n = list->list.first; n; n = n->next, ordinal++) {
		buf_printf(out, "%s\"%zu\":", ordinal ? "," : "", ordinal);
		if (!put_value(out, n, element))
			return false;
	}
	buf_putc(out, '}');
	return true;
}

/* Sets, lists and maps: members stay in their order. */
static bool put_container(struct buf *out, const struct node *node, const struct schema_type *type)
{
	const char *comma = "";

	if (node->kind == NODE_LIST && type->kind == TYPE_LIST)
		return put_array(out, node, type->element);
	if (node->kind != NODE_MAP)
		return false;
	buf_putc(out, '{');
	for (const struct node_entry *e = node->map.first; e; e = e->next, comma = ",") {
		buf_puts(out, str_c(comma));
		buf_put_json(out, e->key);
		buf_putc(out, ':');
		if (type->kind == TYPE_SET)
			buf_puts(out, STR("true"));
		else if (!put_value(out, e->value, type->element))
			return false;
	}
	buf_putc(out, '}');
	return true;
}

static bool put_fields(struct buf *out, const struct node *node,
		       const struct schema_structure *body, const char *comma)
{
	for (size_t i = 0; i < body->field_count; i++) {
		const struct node *value = node_map_get(node, str_c(body->fields[i].name));

		if (!value)
			continue;
		buf_printf(out, "%s\"%s\":", comma, body->fields[i].name);
		if (!put_value(out, value, body->fields[i].type))
			return false;
		comma = ",";
	}
	buf_putc(out, '}');
	return true;
}

static bool put_object(struct buf *out, const struct node *node, const struct schema_structure *s)
{
	const struct node *only = node_map_get(node, STR("default"));
	const struct schema_variant *variant;

	buf_putc(out, '{');
	/* {"default": "x"}: an expression without conditions. */
	if (only && only->kind == NODE_STRING && strcmp(s->name, "Expression") == 0) {
		buf_puts(out, STR("\"else\":"));
		buf_put_json(out, only->string);
		buf_putc(out, '}');
		return true;
	}
	if (s->kind == STRUCTURE_SINGLE)
		return put_fields(out, node, s, "");
	variant = schema_variant_find(s, text_of(node, "@type"));
	if (!variant)
		return false;
	buf_puts(out, STR("\"@type\":"));
	buf_put_json(out, str_c(variant->name));
	if (variant->body)
		return put_fields(out, node, variant->body, ",");
	buf_putc(out, '}');
	return true;
}

static bool put_value(struct buf *out, const struct node *node, const struct schema_type *type)
{
	if (type->kind == TYPE_SET || type->kind == TYPE_LIST || type->kind == TYPE_MAP)
		return put_container(out, node, type);
	if (type->kind == TYPE_OBJECT)
		return node->kind == NODE_MAP && put_object(out, node, type->structure);
	if (type->kind >= TYPE_UNSIGNED && type->kind <= TYPE_DURATION)
		return put_number(out, node, type);
	if (type->kind == TYPE_BOOLEAN) {
		buf_puts(out,
			 node->kind == NODE_BOOL && node->boolean ? STR("true") : STR("false"));
		return node->kind == NODE_BOOL;
	}
	if (node->kind != NODE_STRING)
		return false;
	buf_put_json(out, node->string);
	return true;
}

static void read_default(struct foreign *f, struct schema_field *field, const struct node *value)
{
	struct buf out = BUF_INIT;

	if (put_value(&out, value, field->type) && !out.failed)
		field->default_json = copy(f, buf_str(&out));
	else
		complain(f, value->span, "the default does not fit", str_c(field->name));
	buf_free(&out);
}

static void read_defaults(struct foreign *f, struct schema_structure *s, const struct node *table)
{
	const struct node *defaults = member(table, "defaults", NODE_MAP);

	for (size_t i = 0; defaults && i < s->field_count; i++) {
		/* our own memory until the schema is handed out */
		struct schema_field *field = (struct schema_field *)&s->fields[i];
		const struct node *value = node_map_get(defaults, str_c(field->name));

		if (value && value->kind != NODE_NULL)
			read_default(f, field, value);
	}
}

static bool name_rows(struct foreign *f)
{
	f->structures = ARENA_ARRAY(f->arena, struct schema_structure, f->schemas.count + 1);
	f->object_rows = ARENA_ARRAY(f->arena, struct schema_object, f->objects.count + 1);
	f->enum_rows = ARENA_ARRAY(f->arena, struct schema_enum, f->enums.count + 1);
	if (f->arena->failed)
		return false;
	for (size_t i = 0; i < f->schemas.count; i++)
		f->structures[i].name = f->schemas.names[i];
	for (size_t i = 0; i < f->enums.count; i++)
		f->enum_rows[i].name = f->enums.names[i];
	f->schema->structures = f->structures;
	f->schema->structure_count = (uint16_t)f->schemas.count;
	f->schema->objects = f->object_rows;
	f->schema->object_count = (uint16_t)f->objects.count;
	f->schema->enums = f->enum_rows;
	f->schema->enum_count = (uint16_t)f->enums.count;
	return true;
}

static void fill_rows(struct foreign *f)
{
	for (size_t i = 0; i < f->objects.count; i++)
		read_object(f, &f->object_rows[i], f->objects.entries[i], f->objects.names[i]);
	for (size_t i = 0; i < f->enums.count; i++)
		read_enum(f, &f->enum_rows[i], f->enums.entries[i]->value);
	for (size_t i = 0; i < f->schemas.count; i++)
		read_structure(f, &f->structures[i], f->schemas.entries[i]);
	for (size_t i = 0; i < f->schemas.count; i++)
		read_defaults(f, &f->structures[i], fields_of(f, f->schemas.entries[i]));
}

const struct schema *schema_foreign(struct arena *arena, struct diags *diags,
				    const struct node *document, const char *version)
{
	struct foreign f = {.arena = arena, .diags = diags, .document = document};

	f.schema = ARENA_NEW(arena, struct schema);
	/* Objects first: names of the other sections depend on theirs. */
	if (!f.schema || !read_section(&f, &f.objects, "objects") ||
	    !read_section(&f, &f.schemas, "schemas") || !read_section(&f, &f.enums, "enums") ||
	    f.schemas.count >= UINT16_MAX || !name_rows(&f))
		return NULL;
	f.schema->version = version;
	f.schema->digest = "";
	fill_rows(&f);
	return arena->failed || f.broken ? NULL : f.schema;
}
