/*
 * Writers: a configuration, object by object, as TOML, YAML or JSON. All are written
 * in one pass and hold one object at a time. What they write compiles to the same content.
 */
#ifndef STW_STWC_VIEW_WRITE_H
#define STW_STWC_VIEW_WRITE_H

#include "base/buf.h"
#include "core/node.h"

/* What stands under the name of a type. */
enum view_container {
	VIEW_BODY,  /* of a singleton */
	VIEW_MAP,   /* client ids to bodies */
	VIEW_LINES, /* the same, one a line: there may be a million */
	VIEW_LIST   /* bodies without client ids */
};

struct view_out {
	struct buf *out;
	struct str type;
	enum view_container container;
	size_t types;    /* written before this one */
	size_t entries;  /* of this type, written before this one */
	struct str note; /* a comment for the next entry, where the form has comments; or empty */
};

struct view_format {
	void (*begin)(struct view_out *o);
	void (*open)(struct view_out *o); /* .type and .container are set */
	/* `key` is empty where the container has none */
	void (*entry)(struct view_out *o, struct str key, const struct node *body);
	void (*close)(struct view_out *o);
	void (*end)(struct view_out *o);
};

extern const struct view_format view_toml, view_yaml, view_json;

/* A value on one line: as TOML ({ a = 1 }), and as JSON. */
void view_toml_inline(struct buf *out, const struct node *node);
void view_toml_key(struct buf *out, struct str key);
void view_json_inline(struct buf *out, const struct node *node);
/* A number that reads back as the same double, and as a float in every format. */
void view_put_float(struct buf *out, double number);
void view_put_int(struct buf *out, const struct node *node);

#endif
