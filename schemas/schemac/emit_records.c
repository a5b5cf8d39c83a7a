/*
 * records.h and records.c: a plain C struct and its decoder for what stwd enacts. Only fields and
 * variants whose rows say `runtime` are members, so code cannot read what no row declares.
 */
#include "schemas/schemac/schemac.h"

/* The structures to write, those that others hold before their holders. */
struct plan {
	struct rows *rows;
	const struct schema *schema;
	uint8_t *state; /* per structure: 0 not needed, 1 being visited, 2 in the plan */
	const struct schema_structure **order;
	size_t count;
};

static void visit(struct plan *plan, const struct schema_structure *s, bool nested);

static const struct schema_structure *held_by(const struct schema_type *type)
{
	const struct schema_type *t = type->element ? type->element : type;

	return t->kind == TYPE_OBJECT ? t->structure : NULL;
}

/* What the compiler has made a table of is not read again. */
static bool is_member(const struct schema_field *f)
{
	return f->runtime && !f->compiled;
}

static bool has_members(const struct schema_structure *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (is_member(&s->fields[i]))
			return true;
	for (size_t i = 0; i < s->variant_count; i++)
		if (s->variants[i].runtime)
			return true;
	return false;
}

/* Decoders start from the defaults of the image; those of a nested structure have no way in. */
static void visit_field(struct plan *plan, const struct schema_structure *s,
			const struct schema_field *f, bool nested)
{
	if (nested && f->default_json)
		rows_error(plan->rows, SPAN_NONE,
			   "%s.%s: a structure inside a record cannot have defaults yet", s->name,
			   f->name);
	if (f->type->kind == TYPE_MAP)
		rows_error(plan->rows, SPAN_NONE, "%s.%s: records have no maps yet", s->name,
			   f->name);
	if (held_by(f->type))
		visit(plan, held_by(f->type), true);
}

static void visit(struct plan *plan, const struct schema_structure *s, bool nested)
{
	uint8_t *state = &plan->state[s - plan->schema->structures];

	if (*state)
		return;
	*state = 1;
	for (size_t i = 0; i < s->field_count; i++)
		if (is_member(&s->fields[i]))
			visit_field(plan, s, &s->fields[i], nested);
	for (size_t i = 0; i < s->variant_count; i++)
		if (s->variants[i].runtime && s->variants[i].body)
			visit(plan, s->variants[i].body, nested);
	*state = 2;
	plan->order[plan->count++] = s;
}

static bool make_plan(struct plan *plan, struct rows *rows, const struct schema *schema)
{
	size_t n = schema->structure_count + 1u;

	*plan = (struct plan){.rows = rows, .schema = schema};
	plan->state = ARENA_ARRAY(rows->arena, uint8_t, n);
	plan->order = ARENA_ARRAY(rows->arena, const struct schema_structure *, n);
	if (!plan->state || !plan->order)
		return false;
	/* Packed types have no records. */
	for (size_t i = 0; i < schema->object_count; i++)
		if (has_members(schema->objects[i].structure) && !schema->objects[i].packed)
			visit(plan, schema->objects[i].structure, false);
	return true;
}

struct c_type {
	const char *name;   /* "uint64_t" */
	const char *decode; /* "stw_item_unsigned" */
};

static struct c_type scalar_type(const struct schema_type *type)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_BOOLEAN: return (struct c_type){"bool ", "stw_item_bool"};
	case TYPE_UNSIGNED:
	case TYPE_SIZE:
	case TYPE_DURATION: return (struct c_type){"uint64_t ", "stw_item_unsigned"};
	case TYPE_INTEGER:
	case TYPE_DATE_TIME: return (struct c_type){"int64_t ", "stw_item_signed"};
	case TYPE_FLOAT: return (struct c_type){"double ", "stw_item_float"};
	case TYPE_ENUM: return (struct c_type){"uint16_t ", "stw_item_enum"};
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT: return (struct c_type){"struct rec_secret ", "item_secret"};
	case TYPE_IP_ADDRESS: return (struct c_type){"struct rec_address ", "item_address"};
	case TYPE_IP_NETWORK: return (struct c_type){"struct rec_network ", "item_network"};
	case TYPE_SOCKET_ADDRESS: return (struct c_type){"struct rec_socket ", "item_socket"};
	case TYPE_REFERENCE: return (struct c_type){"struct rec_reference ", "item_reference"};
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_BLOB_ID: return (struct c_type){"struct str ", "stw_item_string"};
	case TYPE_OBJECT:
	case TYPE_LIST:
	case TYPE_SET:
	case TYPE_MAP: break;
	}
	return (struct c_type){"", ""};
}

/* A member name: the field's, with '_' behind a word of C. */
static const char *word_guard(const char *name)
{
	static const char *const words[] = {"auto",   "case",     "default", "do",     "else",
					    "enum",   "extern",   "for",     "if",     "int",
					    "long",   "register", "return",  "static", "struct",
					    "switch", "union",    "while"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(name, words[i]) == 0)
			return "_";
	return "";
}

static void put_c_type(struct buf *out, const struct schema_type *type)
{
	if (type->kind == TYPE_OBJECT) {
		buf_puts(out, STR("struct rec_"));
		emit_identifier(out, type->structure->name);
		buf_putc(out, ' ');
	} else {
		buf_puts(out, str_c(scalar_type(type).name));
	}
}

static void put_member(struct buf *out, const struct schema_field *f)
{
	const struct schema_type *element = f->type->element;
	const char *guard = word_guard(f->name);

	if (f->type->nullable)
		buf_printf(out, "\tbool has_%s;\n", f->name);
	buf_puts(out, element ? STR("\tconst ") : STR("\t"));
	put_c_type(out, element ? element : f->type);
	buf_printf(out, "%s%s%s;\n", element ? "*" : "", f->name, guard);
	if (element)
		buf_printf(out, "\tsize_t %s_count;\n", f->name);
}

static void put_struct(struct buf *out, const struct schema_structure *s)
{
	buf_puts(out, STR("\nstruct rec_"));
	emit_identifier(out, s->name);
	buf_puts(out, STR(" {\n"));
	if (s->kind == STRUCTURE_UNION)
		buf_printf(
			out,
			"\tuint16_t variant; /* STW_VARIANT_%s_...; 0: absent, which means %s */\n",
			s->name, s->variants[0].name);
	for (size_t i = 0; i < s->field_count; i++)
		if (is_member(&s->fields[i]))
			put_member(out, &s->fields[i]);
	for (size_t i = 0; i < s->variant_count; i++)
		if (s->variants[i].runtime && s->variants[i].body)
			buf_printf(out, "\tstruct rec_%s %s%s;\n", s->variants[i].body->name,
				   s->variants[i].name, word_guard(s->variants[i].name));
	buf_puts(out, STR("};\n"));
}

static void put_prototype(struct buf *out, const struct schema_structure *s)
{
	buf_printf(out,
		   "bool rec_%s_decode(struct arena *arena, %sstruct stw_bytes record,\n\t"
		   "struct rec_%s *inout)",
		   s->name, s->kind == STRUCTURE_UNION ? "uint16_t variant, " : "", s->name);
}

static const char records_h_head[] =
	"/*\n"
	" * Made by schemac from the rows that stwd enacts; not to be edited.\n"
	" *\n"
	" * A decoder sets the members whose fields the record holds and leaves all others, so it "
	"is\n"
	" * called first with the defaults of the type and then with the object's own fields; "
	"before\n"
	" * the first call *inout is cleared. Fields of a number that is not known here are "
	"skipped.\n"
	" * False, and *inout untouched: the bytes do not follow the form, a value is of another\n"
	" * kind than its row says, or memory is short. Texts point into the record; arrays live "
	"in\n"
	" * the arena. has_NAME is false where the value is null.\n"
	" */\n"
	"#ifndef STW_LIBSTW_RECORDS_H\n#define STW_LIBSTW_RECORDS_H\n\n"
	"#include \"base/arena.h\"\n#include \"libstw/ids.h\"\n#include \"libstw/record.h\"\n\n"
	"struct rec_secret {\n\tuint32_t offset, length; /* in the secrets block of the image "
	"*/\n};\n\n"
	"struct rec_reference {\n\tuint16_t structure;\n\tuint64_t id;\n};\n\n"
	"struct rec_address {\n\tuint8_t family; /* 4 or 6 */\n\tuint8_t bytes[16];\n};\n\n"
	"struct rec_network {\n\tuint8_t family, prefix;\n\tuint8_t bytes[16];\n};\n\n"
	"struct rec_socket {\n\tuint8_t family;\n\tuint16_t port;\n\tuint8_t bytes[16];\n};\n";

void emit_records_h(struct rows *rows, struct buf *out, const struct schema *schema)
{
	struct plan plan;

	if (!make_plan(&plan, rows, schema)) {
		out->failed = true;
		return;
	}
	buf_puts(out, str_c(records_h_head));
	for (size_t i = 0; i < plan.count; i++)
		put_struct(out, plan.order[i]);
	buf_putc(out, '\n');
	for (size_t i = 0; i < plan.count; i++) {
		put_prototype(out, plan.order[i]);
		buf_puts(out, STR(" WARN_UNUSED;\n"));
	}
	buf_puts(out, STR("\n/* What the rows say stwd enacts: a field of a structure, a variant "
			  "of a union; "
			  "of member 0,\n * anything of it at all. */\n"
			  "bool rec_enacts(uint16_t structure, uint16_t member);\n"));
	buf_puts(out, STR("\n#endif\n"));
}

static const char records_c_head[] =
	"/* Made by schemac from the rows that stwd enacts; not to be edited. */\n"
	"#include \"libstw/records.h\"\n\n"
	"static inline UNUSED bool item_secret(struct stw_item item, struct rec_secret *out)\n{\n"
	"\treturn stw_item_secret(item, &out->offset, &out->length);\n}\n\n"
	"static inline UNUSED bool item_reference(struct stw_item item, struct rec_reference "
	"*out)\n{\n"
	"\treturn stw_item_reference(item, &out->structure, &out->id);\n}\n\n"
	"static inline UNUSED bool item_address(struct stw_item item, struct rec_address *out)\n{\n"
	"\treturn stw_item_address(item, &out->family, out->bytes);\n}\n\n"
	"static inline UNUSED bool item_network(struct stw_item item, struct rec_network *out)\n{\n"
	"\treturn stw_item_network(item, &out->family, out->bytes, &out->prefix);\n}\n\n"
	"static inline UNUSED bool item_socket(struct stw_item item, struct rec_socket *out)\n{\n"
	"\treturn stw_item_socket(item, &out->family, out->bytes, &out->port);\n}\n\n"
	"/* How many members a sequence has; false when it is none or damaged. */\n"
	"static inline UNUSED bool item_count(struct stw_item item, size_t *out)\n{\n"
	"\tstruct stw_cursor cursor = stw_cursor_of(item.bytes);\n"
	"\tstruct stw_item member;\n"
	"\tsize_t count = 0;\n\n"
	"\tif (item.wire != STW_WIRE_SEQUENCE)\n\t\treturn false;\n"
	"\twhile (stw_next_item(&cursor, &member))\n\t\tcount++;\n"
	"\t*out = count;\n"
	"\treturn !cursor.damaged;\n}\n";

/* The call that decodes `from` into `to`. */
static void put_decode(struct buf *out, const struct schema_type *type, const char *from,
		       const char *to)
{
	if (type->kind == TYPE_OBJECT)
		buf_printf(out, "object_%s(arena, %s, %s)", type->structure->name, from, to);
	else
		buf_printf(out, "%s(%s, %s)", scalar_type(type).decode, from, to);
}

static void put_sequence(struct buf *out, const struct schema_structure *s,
			 const struct schema_field *f)
{
	buf_printf(out,
		   "\nstatic bool members_%s_%s(struct arena *arena, struct stw_item item,\n"
		   "\tstruct rec_%s *out)\n{\n",
		   s->name, f->name, s->name);
	buf_puts(out, STR("\tstruct stw_cursor cursor = stw_cursor_of(item.bytes);\n"
			  "\tstruct stw_item member;\n\tsize_t count, i = 0;\n\t"));
	put_c_type(out, f->type->element);
	buf_puts(out, STR("*all;\n\n\tif (!item_count(item, &count))\n\t\treturn false;\n"
			  "\tall = ARENA_ARRAY(arena, "));
	put_c_type(out, f->type->element);
	buf_puts(out, STR(", count + 1);\n\tif (!all)\n\t\treturn false;\n"
			  "\twhile (stw_next_item(&cursor, &member)) {\n\t\tif (!"));
	put_decode(out, f->type->element, "member", "&all[i]");
	buf_printf(out,
		   ")\n\t\t\treturn false;\n\t\ti++;\n\t}\n\tout->%s%s = all;\n"
		   "\tout->%s_count = count;\n\treturn true;\n}\n",
		   f->name, word_guard(f->name), f->name);
}

static void put_case(struct buf *out, const struct schema_structure *s,
		     const struct schema_field *f)
{
	struct buf to = BUF_INIT;

	buf_printf(&to, "&out->%s%s%c", f->name, word_guard(f->name), '\0');
	buf_printf(out, "\tcase STW_FIELD_%s_%s:\n", s->name, f->name);
	if (f->type->nullable)
		buf_printf(out,
			   "\t\tout->has_%s = item.wire != STW_WIRE_NULL;\n"
			   "\t\tif (!out->has_%s)\n\t\t\treturn true;\n",
			   f->name, f->name);
	buf_puts(out, STR("\t\treturn "));
	if (f->type->element)
		buf_printf(out, "members_%s_%s(arena, item, out)", s->name, f->name);
	else
		put_decode(out, f->type, "item", to.failed ? "" : to.p);
	buf_puts(out, STR(";\n"));
	out->failed = out->failed || to.failed;
	buf_free(&to);
}

static void put_single(struct buf *out, const struct schema_structure *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (is_member(&s->fields[i]) && s->fields[i].type->element)
			put_sequence(out, s, &s->fields[i]);
	buf_printf(out,
		   "\nstatic bool field_%s(struct arena *arena, uint16_t number, struct stw_item "
		   "item,\n"
		   "\tstruct rec_%s *out)\n{\n\t(void)arena;\n\tswitch (number) {\n",
		   s->name, s->name);
	for (size_t i = 0; i < s->field_count; i++)
		if (is_member(&s->fields[i]))
			put_case(out, s, &s->fields[i]);
	buf_puts(out, STR("\t}\n\treturn true;\n}\n\n"));
	put_prototype(out, s);
	buf_printf(
		out,
		"\n{\n\tstruct stw_cursor cursor = stw_cursor_of(record);\n"
		"\tstruct rec_%s next = *inout;\n\tstruct stw_item item;\n\tuint16_t number;\n\n"
		"\twhile (stw_next_field(&cursor, &number, &item))\n"
		"\t\tif (!field_%s(arena, number, item, &next))\n\t\t\treturn false;\n"
		"\tif (cursor.damaged)\n\t\treturn false;\n\t*inout = next;\n\treturn true;\n}\n",
		s->name, s->name);
}

static void put_union(struct buf *out, const struct schema_structure *s)
{
	buf_putc(out, '\n');
	put_prototype(out, s);
	buf_printf(out,
		   "\n{\n\tstruct rec_%s next = *inout;\n\n\t(void)arena;\n\t(void)record;\n"
		   "\tnext.variant = variant;\n\tswitch (variant) {\n",
		   s->name);
	for (size_t i = 0; i < s->variant_count; i++) {
		const struct schema_variant *v = &s->variants[i];

		if (v->runtime && v->body)
			buf_printf(out,
				   "\tcase STW_VARIANT_%s_%s:\n"
				   "\t\tif (!rec_%s_decode(arena, record, &next.%s%s))\n"
				   "\t\t\treturn false;\n\t\tbreak;\n",
				   s->name, v->name, v->body->name, v->name, word_guard(v->name));
	}
	buf_puts(out, STR("\t}\n\t*inout = next;\n\treturn true;\n}\n"));
}

/* Inside another structure: a single one is merged into what is there, a union starts anew. */
static void put_object(struct buf *out, const struct schema_structure *s)
{
	bool is_union = s->kind == STRUCTURE_UNION;

	buf_printf(
		out,
		"\nstatic inline UNUSED bool object_%s(struct arena *arena, struct stw_item item,\n"
		"\tstruct rec_%s *out)\n{\n\tstruct stw_bytes fields;\n\tuint16_t variant;\n\n"
		"\tif (!stw_item_object(item, &variant, &fields))\n\t\treturn false;\n",
		s->name, s->name);
	if (is_union)
		buf_printf(out, "\t*out = (struct rec_%s){0};\n", s->name);
	buf_printf(out, "\treturn rec_%s_decode(arena, %sfields, out);\n}\n", s->name,
		   is_union ? "variant, " : "");
}

/* The members of one structure that stwd enacts, as cases of the structure's switch. */
static void put_enacted(struct buf *out, const struct schema_structure *s)
{
	bool any = false;

	for (size_t i = 0; i < (size_t)s->field_count + s->variant_count; i++) {
		bool field = i < s->field_count;
		const struct schema_variant *v = field ? NULL : &s->variants[i - s->field_count];

		if (field ? !s->fields[i].runtime : !v->runtime)
			continue;
		if (!any)
			buf_printf(out, "\tcase STW_TYPE_%s:\n\t\tswitch (member) {\n\t\tcase 0:\n",
				   s->name);
		any = true;
		buf_printf(out, "\t\tcase %s_%s_%s:\n", field ? "STW_FIELD" : "STW_VARIANT",
			   s->name, field ? s->fields[i].name : v->name);
	}
	if (any)
		buf_puts(out, STR("\t\t\treturn true;\n\t\t}\n\t\treturn false;\n"));
}

static void put_enacts(struct buf *out, const struct schema *schema)
{
	buf_puts(out, STR("\nbool rec_enacts(uint16_t structure, uint16_t member)\n{\n"
			  "\tswitch (structure) {\n"));
	for (size_t i = 0; i < schema->structure_count; i++)
		put_enacted(out, &schema->structures[i]);
	buf_puts(out, STR("\t}\n\treturn false;\n}\n"));
}

void emit_records_c(struct rows *rows, struct buf *out, const struct schema *schema)
{
	struct plan plan;

	if (!make_plan(&plan, rows, schema)) {
		out->failed = true;
		return;
	}
	buf_puts(out, str_c(records_c_head));
	for (size_t i = 0; i < plan.count; i++) {
		if (plan.order[i]->kind == STRUCTURE_UNION)
			put_union(out, plan.order[i]);
		else
			put_single(out, plan.order[i]);
		put_object(out, plan.order[i]);
	}
	put_enacts(out, schema);
}
