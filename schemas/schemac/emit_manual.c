/* stw-objects.5: the reference manual, every row that has a sentence, as mdoc. */
#include "schemas/schemac/schemac.h"

/* Text lines of roff: no line begins with a control character, backslashes are spelled out. */
static void put_text(struct buf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		buf_puts(out, STR("\\&"));
	for (; *text; text++) {
		if (*text == '\\')
			buf_puts(out, STR("\\e"));
		else
			buf_putc(out, *text);
	}
	buf_putc(out, '\n');
}

/* An argument of a macro: quoted, so that no word of it is taken for a macro. */
static void put_argument(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_puts(out, STR("\\(dq"));
		else if (*text == '\\')
			buf_puts(out, STR("\\e"));
		else
			buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

/* "set of socketAddress, required" */
static void put_kind(struct buf *out, const struct schema_field *f)
{
	static const char *const updates[] = {
		[UPDATE_MUTABLE] = "",
		[UPDATE_IMMUTABLE] = ", fixed once created",
		[UPDATE_SERVER_SET] = ", set by the server",
	};

	schema_type_print(out, f->type);
	buf_printf(out, "%s%s%s", f->required ? ", required" : "", updates[f->update],
		   f->enterprise ? ", enterprise" : "");
	if (f->type->has_min)
		buf_printf(out, ", at least %.15g", f->type->min);
	if (f->type->has_max)
		buf_printf(out, ", at most %.15g", f->type->max);
	if (f->type->min_items)
		buf_printf(out, ", at least %u member%s", f->type->min_items,
			   f->type->min_items > 1 ? "s" : "");
	if (f->type->max_length)
		buf_printf(out, ", at most %u bytes", f->type->max_length);
}

static void put_versions(struct buf *out, const char *since, const char *until)
{
	if (since)
		buf_printf(out, "Since %s.\n", since);
	if (until)
		buf_printf(out, "Until %s only.\n", until);
}

#define MEMBERS_SHOWN 24

static void put_members(struct buf *out, const struct schema_type *type)
{
	const struct schema_enum *e = (type->element ? type->element : type)->members;

	if (!e || e->count > MEMBERS_SHOWN)
		return;
	buf_puts(out, STR("Members:\n"));
	for (size_t i = 0; i < e->count; i++) {
		buf_puts(out, STR(".Cm "));
		put_argument(out, e->members[i].name);
		buf_puts(out, i + 1 < e->count ? STR(" ,\n") : STR(" .\n"));
	}
}

static void put_field(struct buf *out, const struct schema_field *f)
{
	struct buf kind = BUF_INIT;

	put_kind(&kind, f);
	buf_putc(&kind, '\0');
	buf_puts(out, STR(".It Cm "));
	put_argument(out, f->name);
	buf_puts(out, STR(" Pq "));
	put_argument(out, kind.failed ? "" : kind.p);
	buf_putc(out, '\n');
	buf_free(&kind);
	if (f->doc)
		put_text(out, f->doc);
	put_members(out, f->type);
	if (f->default_json) {
		buf_puts(out, STR("Default:\n.Ql "));
		put_argument(out, f->default_json);
		buf_puts(out, STR(" .\n"));
	}
	put_versions(out, f->since, f->until);
}

static void put_variant(struct buf *out, const struct schema_variant *v)
{
	buf_puts(out, STR(".It Cm "));
	put_argument(out, v->name);
	if (v->body)
		buf_printf(out, " Pq Sx %s", v->body->name);
	buf_putc(out, '\n');
	if (v->doc)
		put_text(out, v->doc);
	put_versions(out, v->since, v->until);
}

static void put_object(struct buf *out, const struct schema_object *o)
{
	buf_printf(out, "%s.\n", o->kind == OBJECT_SINGLETON ? "Singleton" : "Collection");
	for (size_t i = 0; i < o->key_count; i++)
		if (o->keys[i].identity)
			buf_printf(out, "Its key is\n.Cm %s .\n", o->keys[i].fields[0]);
}

static void put_structure(struct buf *out, const struct schema_structure *s)
{
	buf_printf(out, ".Ss %s\n", s->name);
	if (s->doc)
		put_text(out, s->doc);
	if (s->object)
		put_object(out, s->object);
	put_versions(out, s->since, s->until);
	if (s->kind == STRUCTURE_UNION)
		buf_puts(out, STR("One of the following, named by\n.Cm @type :\n"));
	if (!s->field_count && !s->variant_count)
		return;
	buf_puts(out, STR(".Bl -tag -width Ds\n"));
	for (size_t i = 0; i < s->field_count; i++)
		put_field(out, &s->fields[i]);
	for (size_t i = 0; i < s->variant_count; i++)
		put_variant(out, &s->variants[i]);
	buf_puts(out, STR(".El\n"));
}

static bool anything_documented(const struct schema_structure *s)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (s->fields[i].doc)
			return true;
	return s->doc != NULL;
}

static void put_section(struct buf *out, const struct schema *schema, const char *title,
			bool objects)
{
	buf_printf(out, ".Sh %s\n", title);
	for (size_t i = 0; i < schema->structure_count; i++) {
		const struct schema_structure *s = &schema->structures[i];

		if ((s->object != NULL) == objects && anything_documented(s))
			put_structure(out, s);
	}
}

static const char head[] =
	".\\\" Made by schemac from schemas/; not to be edited.\n"
	".Dd November 20, 2026\n.Dt STW-OBJECTS 5\n.Os\n"
	".Sh NAME\n.Nm stw-objects\n.Nd object types of stw configurations\n"
	".Sh DESCRIPTION\n"
	"A configuration of\n.Xr stwc 1\n"
	"is made of the objects below.\n"
	"A collection holds any number of objects, each under a name of its own; a singleton is "
	"one\n"
	"object.\n"
	"Behind each field stands its type; a question mark means that it may be null.\n"
	"Durations are numbers of milliseconds or texts such as\n.Ql 1h 30m ,\n"
	"sizes are numbers of bytes or texts such as\n.Ql 50mb .\n"
	"A field that is not required and has no default is false, zero, empty, null, the first "
	"member\n"
	"of its enum, or the first variant of its union.\n"
	".Pp\n.Nm stwc Cm explain Ar TYPE Ns Op . Ns Ar field\nshows single entries.\n";

void emit_manual(struct buf *out, const struct schema *schema)
{
	buf_puts(out, str_c(head));
	buf_printf(out, "This is the reference of version %s.\n", schema->version);
	put_section(out, schema, "OBJECT TYPES", true);
	put_section(out, schema, "STRUCTURES", false);
	buf_puts(
		out,
		STR(".Sh SEE ALSO\n.Xr stwc 1 ,\n.Xr stwctl 1 ,\n.Xr stw-codes 7 ,\n.Xr stwd 8\n"));
}
