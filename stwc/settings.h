/*
 * The 0.15 settings on their way to objects; shared by the files settings*.c and by `migrate`,
 * which reports what became of every line. Memory is the compilation's arena, whose `failed` says
 * in the end whether any was short; so nothing in between returns a status for that.
 */
#ifndef STW_STWC_SETTINGS_H
#define STW_STWC_SETTINGS_H

#include "stwc/dialect.h"

enum setting_outcome {
	SETTING_OPEN, /* not looked at yet */
	SETTING_CARRIED,
	SETTING_NEEDLESS, /* says what 0.16 does anyway: nothing is lost */
	SETTING_CHANGED,  /* carried with another meaning, or to a place outside the objects */
	SETTING_DROPPED,  /* has no place */
	SETTING_UNKNOWN,  /* 0.15 has no such key */
	SETTING_OUTCOMES
};

/* What a macro of validation.md 6.2 stands for where it is the whole value. */
enum setting_reference { REFERENCE_NONE, REFERENCE_ENVIRONMENT, REFERENCE_FILE };

struct settings_row;
struct settings_body;

struct setting {
	struct str key;
	struct str value; /* macros resolved; of a reference the name or the path */
	struct span key_span, span;
	enum setting_reference reference;
	enum setting_outcome outcome;
	struct str target; /* "NetworkListener/smtp/bind"; empty: none */
	struct str why;    /* of all but SETTING_CARRIED */
	const struct settings_row *row;
	struct str id;   /* what <id> of the row stands for */
	struct str tail; /* what follows the row's key: ".0000" of a list */
	struct settings_body *body;
	bool literal; /* the value has no macro that is left */
};

typedef void settings_special(struct settings *s, struct setting *setting);

/* A row of schemas/settings-0.15.def. */
struct settings_row {
	const char *key;
	enum setting_outcome outcome; /* when all goes well */
	const char *path;             /* "Type@Variant.field.field", or NULL */
	const char *words;            /* "old=new …", or NULL */
	const char *why;
	settings_special *special; /* or NULL */
	bool late;                 /* the special waits for what others make */
};

/* A collection of 0.15: the keys that begin with prefix + <id>. */
struct settings_group {
	const char *prefix, *ident, *type, *variant;
};

/* An object in the making. */
struct settings_body {
	const char *type_name;            /* "Store": not an object yet */
	const struct schema_object *type; /* NULL: a store */
	struct str id;                    /* empty: a singleton */
	struct span span;
	struct node *node;
	bool needless;       /* an object that 0.16 has anyway: not given, and nothing is lost */
	bool used;           /* a store that another object has taken in */
	bool rest_elsewhere; /* a plan changes what a server has made; it may say less than all */
	struct str became;   /* a store: the place of the object where it stands; or empty */
	struct settings_body *joined; /* the store that has taken this one in as its primary or as
				       * a replica; or NULL */
	const char *inside;           /* then: where, "/readReplicas"; NULL: its own fields */
	const struct node *taken;     /* of a replica: what has been taken over; else NULL */
	struct settings_body *next_asker; /* the next directory on the same store */
	struct settings_body *within;     /* the store of stores that a store is one of; or NULL */
	struct str added;   /* why migrate makes it, where no line asked for it; else empty */
	struct str dropped; /* why it cannot be given; empty: it can */
};

/* A reference to hold against the objects that there are in the end. */
struct settings_link {
	struct settings_link *next;
	struct setting *setting;
	struct settings_body *from;
	struct node *map; /* has the reference under `field` */
	struct str field;
	const char *type;
	struct str id;
};

struct settings {
	struct file *file;
	struct compilation *c;
	struct settings *next; /* of the files read before */
	struct map keys;       /* to struct setting * */
	struct map bodies;     /* "Type/id" to struct settings_body * */
	struct map refusals;   /* of this file: to struct compile_refusal * */
	struct settings_link *links;
	struct settings_body *domain; /* the default one, once it is known */
	struct map askers;            /* from ids of stores to struct settings_body *, once found */
	bool askers_found;
	const struct settings_index *index;
	size_t suggestions; /* made so far: there is a limit */
	size_t macro_work;  /* bytes that macros stood for so far: there is a limit */
	bool own_form;      /* objects of 0.16 stand in the file; that was said */
};

/* settings_table.c. Takes the table apart, once a file; false: memory is short. */
bool settings_index(struct settings *s);
/* The row of a key (sets row, id and tail), or false: 0.15 does not know it. */
bool settings_find(const struct settings *s, struct setting *setting);
/* The same for the nearest key above one that has no row itself: "a.b" of "a.b.c". */
bool settings_find_above(const struct settings *s, struct setting *setting);
/* The next row with the key of the setting's, or NULL. */
const struct settings_row *settings_next_row(const struct settings_row *row);
/* The collection of objects of that type whose keys begin as this one does; of an empty key the
 * first. */
const struct settings_group *settings_group_of(const char *type, struct str key);
/* A hint: the known key that the unknown one may have meant, or the only one that ends in the same
 * word; empty: none is near, or so many were asked for that this is no slip of the pen. */
struct str settings_suggest(struct settings *s, const struct setting *setting);

/* settings_macro.c. Resolves the macros of one value; false: setting->why says what is left. */
bool settings_expand(struct settings *s, struct setting *setting);
/* The value as text: of a reference to the environment, what --env says. False: why is set. */
bool settings_literal(struct settings *s, struct setting *setting);

/* settings_place.c */
struct settings_body *settings_body(struct settings *s, const char *type, struct str id,
				    struct span span);
struct settings_body *settings_body_find(const struct settings *s, const char *type, struct str id);
/* Puts the setting's value at `path` ("field@Variant.field") of the body: true, or false with
 * setting->why, where the path does not exist there or the value does not fit. */
bool settings_place(struct settings *s, struct setting *setting, struct settings_body *body,
		    const char *path);
/* Why the body has no such path: always false, with setting->why, and with an outcome of
 * SETTING_NEEDLESS where only another kind of object has it. */
bool settings_no_place(struct settings *s, struct setting *setting, struct settings_body *body,
		       const char *path);
void settings_put(struct settings *s, struct node *map, const char *field, struct span span,
		  struct node *value);
struct node *settings_text(struct settings *s, struct str text, struct span span);
/* A map, with its @type where `variant` is one. */
struct node *settings_map(struct settings *s, const char *variant, struct span span);
/* Puts "#id" under the field, and holds it against the objects in the end. */
void settings_link(struct settings *s, struct setting *setting, struct settings_body *from,
		   struct node *map, const char *field, const char *type, struct str id);
/* Adds a map to the list under the field, in the object of that type and the setting's id. */
void settings_add_member(struct settings *s, struct setting *setting, const char *type,
			 const char *field, struct node *member);
/* The structure whose fields the body has; NULL: it has no @type yet. */
const struct schema_structure *settings_fields(const struct settings *s,
					       const struct settings_body *body);

/* settings_special.c. Carried to the row's "Type.path" in the object of the setting's id; false:
 * the setting is ended. */
bool settings_place_row(struct settings *s, struct setting *setting);

/* settings_value.c. The text as a node of that type; NULL: setting->why says why not. */
struct node *settings_value(struct settings *s, struct setting *setting,
			    const struct schema_type *type, struct str text);
struct node *settings_number(struct settings *s, struct setting *setting, uint64_t value);
/* Words that mean "none" (validation.md 6.2). */
bool settings_is_none(struct str s);

/* settings_expr.c. An expression of 0.15 in the words of 0.16; .p NULL: setting->why is set. */
struct str settings_expression(struct settings *s, struct setting *setting, struct str text);

/* settings_domain.c. */
struct settings_body *settings_domain(struct settings *s, struct str name, struct span span,
				      const char *added);
/* Sets s->domain to the default one, made where there is none; NULL: nothing says what it is. */
void settings_default_domain_find(struct settings *s);

/* settings_store.c: a store that names a primary and its replicas becomes the one with the others
 * inside, before a role takes it in. */
void settings_join_replicas(struct settings *s);
/* Puts the members of a store of stores into it, before it is held against what it needs. */
void settings_join_shards(struct settings *s);
/* Stores that no role has become lookups. */
void settings_give_lookups(struct settings *s);

/* settings_finish.c: what the objects still need, and the end of those that cannot be given. */
void settings_finish(struct settings *s);
/* Gives up the stores that lack a field, before a role or a directory takes them in. */
void settings_check_stores(struct settings *s);

/* settings.c */
void settings_end(struct setting *setting, enum setting_outcome outcome, const char *why);
void settings_target(struct settings *s, struct setting *setting, const struct settings_body *body,
		     const char *path);
/* "Type/id" */
struct str settings_name(struct settings *s, const char *type, struct str id);

/* The transformations that the table names. */
#define SPECIAL(key, path, function) settings_special settings_##function;
#define LATE(key, path, function) settings_special settings_##function;
#include "schemas/settings-0.15.def"

#endif
