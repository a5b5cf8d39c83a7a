/* Places in objects, for people. */
#include "stwc/bind.h"

#include <stdio.h>

static void put_member(struct buf *out, const struct value *value)
{
	char text[VALUE_TEXT_SIZE];

	if (value->kind == VALUE_STRING)
		buf_puts(out, value->string);
	else if (value->kind == VALUE_ENUM)
		buf_puts(out, str_c(value->member->name));
	else if (value->kind == VALUE_REFERENCE)
		buf_puts(out, value->reference.written);
	else
		buf_put(out, text, value_format(value, text));
}

struct str path_name(const struct path *path)
{
	while (!path->field && !path->name.p && !path->member && path->up)
		path = path->up;
	return path->field ? str_c(path->field) : path->name;
}

void path_print(struct buf *out, const struct path *path)
{
	if (path->up) {
		path_print(out, path->up);
		buf_putc(out, '/');
	}
	if (path->field)
		buf_puts(out, str_c(path->field));
	else if (path->name.p)
		buf_puts(out, path->name);
	else if (path->member)
		put_member(out, path->member);
	else
		buf_printf(out, "%zu", path->index);
}

const struct path *path_of(struct path_root *root, const struct schema_object *type,
			   struct str name, size_t ordinal)
{
	root->type = (struct path){.field = type->name};
	if (type->kind == OBJECT_SINGLETON)
		return &root->type;
	if (!name.n) {
		int n = snprintf(root->ordinal, sizeof(root->ordinal), "%zu", ordinal);

		name = (struct str){root->ordinal, (size_t)n};
	}
	root->name = (struct path){.up = &root->type, .name = name};
	return &root->name;
}

void path_place(struct compilation *c, struct diag *diag, const struct object *object,
		const struct path *path)
{
	struct buf text = BUF_INIT;

	path_print(&text, path);
	diag_path(&c->diags, diag, "%.*s", STR_ARG(buf_str(&text)));
	buf_free(&text);
	if (object->shown.n)
		diag_context(&c->diags, diag, "in %s '%.*s'", object->type->name,
			     STR_ARG(object->shown));
	else
		diag_context(&c->diags, diag, "in %s", object->type->name);
}
