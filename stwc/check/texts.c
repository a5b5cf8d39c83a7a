/* What is asked of every text: macros that nobody resolves, and how much an object holds of them.
 */
#include "stwc/check/check.h"
#include "stwc/walk.h"

/* Objects in stored form (validation.md 3.4). */
#define OBJECT_SIZE_MAX 200000

struct texts {
	struct compilation *c;
	const struct object *object;
};

/* The macro in a text, or an empty one. Alert texts have %{metric}% of their own. */
static struct str find_macro(struct str text)
{
	static const char *const kinds[] = {"%{env:", "%{file:", "%{cfg:"};
	const char *at = text.n ? memchr(text.p, '%', text.n) : NULL;
	size_t i;

	for (; at; at = memchr(at + 1, '%', (size_t)(text.p + text.n - at - 1))) {
		struct str rest = {at, (size_t)(text.p + text.n - at)};

		for (i = 0; i < ARRAY_LEN(kinds); i++) {
			if (str_starts(rest, str_c(kinds[i])))
				return str_c(kinds[i]);
		}
	}
	return STR_NONE;
}

static void report_macro(const struct texts *t, const struct value *value, const struct path *path,
			 struct str kind)
{
	struct diags *diags = &t->c->diags;
	struct diag *diag;

	diag = diag_add(diags, DIAG_ENV_MACRO, value->span,
			"the macro %.*s…}%% means nothing in 0.16: the text is taken as it stands",
			STR_ARG(kind));
	if (!diag_kept(diags, diag))
		return;
	diag->secret = value->type &&
		       (value->type->kind == TYPE_SECRET || value->type->kind == TYPE_SECRET_TEXT);
	path_place(t->c, diag, t->object, path);
	diag_hint(
		diags, diag,
		"use the variant EnvironmentVariable or File where the field has one, or fill the "
		"value in before");
}

static void look(void *ctx, struct value *value, const struct path *path)
{
	const struct texts *t = ctx;
	struct str kind = value->kind == VALUE_STRING ? find_macro(value->string) : STR_NONE;

	if (kind.n)
		report_macro(t, value, path, kind);
}

/* The texts alone: what else a server writes is its own affair, and only adds to it. */
void check_texts(struct compilation *c, const struct object *object)
{
	struct texts t = {c, object};
	struct walk walk = {look, &t, 0};
	struct path_root root;
	const struct path *top = path_of(&root, object->type, object->shown, object->ordinal);

	if (object->percent && !c->has_settings)
		walk_object(&walk, &object->body, top);
	if (object->text_size <= OBJECT_SIZE_MAX)
		return;
	path_place(c,
		   diag_add(&c->diags, DIAG_OBJECT_SIZE, object->span,
			    "this %s holds %zu bytes of text, and a server stores %d at most",
			    object->type->name, object->text_size, OBJECT_SIZE_MAX),
		   object, top);
}
