/*
 * The object reference as data: what schemac makes of schemas/(*).stws at build time.
 * Everything is const and needs no relocation work beyond pointers; look-ups are binary searches.
 */
#ifndef STW_SCHEMAS_SCHEMA_H
#define STW_SCHEMAS_SCHEMA_H

#include "base/attr.h"
#include "base/str.h"

enum type_kind {
	TYPE_BOOLEAN,
	TYPE_UNSIGNED, /* format unsignedInteger */
	TYPE_INTEGER,
	TYPE_FLOAT,
	TYPE_SIZE,     /* bytes */
	TYPE_DURATION, /* milliseconds; 0 is never a value (validation.md 2.1) */
	TYPE_STRING,
	TYPE_TEXT,
	TYPE_HTML,
	TYPE_URI,
	TYPE_COLOR,
	TYPE_EMAIL, /* format emailAddress */
	TYPE_SECRET,
	TYPE_SECRET_TEXT,
	TYPE_IP_ADDRESS,
	TYPE_IP_NETWORK,
	TYPE_SOCKET_ADDRESS,
	TYPE_DATE_TIME, /* utcDateTime */
	TYPE_BLOB_ID,
	TYPE_REFERENCE, /* objectId; .structure is the target */
	TYPE_ENUM,
	TYPE_OBJECT, /* nested structure, single or union */
	TYPE_LIST,   /* objectList; .element is TYPE_OBJECT */
	TYPE_SET,
	TYPE_MAP
};

/* validation.md 2.3 */
enum validator {
	VALIDATE_NONE,
	VALIDATE_TRIM,
	VALIDATE_EMAIL,
	VALIDATE_EMAIL_LOCAL_PART,
	VALIDATE_DOMAIN,
	VALIDATE_HOSTNAME,
	VALIDATE_UPPERCASE, /* blanks removed, upper-cased */
	VALIDATE_LOWERCASE  /* blanks removed, lower-cased */
};

enum update_class {
	UPDATE_MUTABLE,
	UPDATE_IMMUTABLE,
	UPDATE_SERVER_SET,
};

/* The semantic rules that rows name in `checks`; a set of them is a mask of bits. */
enum check_rule {
#define CHECK_RULE(ident, word, function) CHECK_##ident,
#include "schemas/checks.def"
#undef CHECK_RULE
	CHECK_RULE_COUNT
};

_Static_assert(CHECK_RULE_COUNT <= 64, "one bit for each rule");

/* When a change takes effect in a running stwd (or server). */
enum reload_class {
	RELOAD_LIVE,
	RELOAD_NEW_SESSIONS,
	RELOAD_RESTART,
};

struct schema_structure;
struct schema_object;

struct schema_type {
	uint8_t kind; /* enum type_kind */
	bool nullable;
	bool has_min, has_max;
	uint32_t min_items;                       /* sets and lists */
	uint32_t max_length;                      /* bytes; 0: no limit */
	double min, max;                          /* numbers, inclusive; exact below 2^53 */
	const struct schema_type *key;            /* maps */
	const struct schema_type *element;        /* sets, lists, maps */
	const struct schema_structure *structure; /* TYPE_OBJECT, TYPE_REFERENCE */
	const struct schema_object *target; /* TYPE_REFERENCE: with a .variant, only that one */
	const struct schema_enum *members;  /* TYPE_ENUM */
};

struct schema_enum_member {
	const char *name;
	uint16_t number;           /* permanent, ids.lock */
	const char *since, *until; /* as of a field */
	const char *doc;           /* or NULL */
};

struct schema_enum {
	const char *name;
	const struct schema_enum_member *members; /* in the reference's order */
	const uint16_t *by_name;                  /* positions sorted by name */
	uint16_t count;
};

/* What values may hold, however deep: whoever looks for one of these passes over the rest. */
enum schema_holds {
	HOLDS_RULES = 1,      /* a structure that has a rule, or a field that has one */
	HOLDS_REFERENCES = 2, /* references, and secrets that lie in a file or variable */
	HOLDS_LICENSED = 4    /* a field with the enterprise mark */
};

struct schema_field {
	const char *name;
	uint16_t number;   /* permanent within the structure */
	uint8_t update;    /* enum update_class */
	uint8_t reload;    /* enum reload_class */
	uint8_t validator; /* enum validator */
	bool required;     /* must be given: without it the server refuses the object
			    * (validation.md 1.8; sets, lists and nested objects included); but
			    * see schema_default_has */
	bool enterprise;
	bool runtime;  /* enacted by stwd … */
	bool compiled; /* … as a table that the compiler makes, not as a member of the record */
	bool deprecated;
	bool own;        /* stw refuses more than the server does here (see doc) */
	uint8_t holds;   /* enum schema_holds, of its values; not what the field itself is */
	uint64_t checks; /* rules that its value is held against, by bit */
	const struct schema_type *type;
	const char *default_json;  /* canonical server form; NULL: the rule of validation.md 1.8 */
	const char *since, *until; /* versions such as "0.16.6", or NULL: since 0.16.0, until now */
	const char *replaced_by;   /* name of the field or type that took over, or NULL */
	const char *variables;     /* expressions: variable group (validation.md 2.4), "any": all;
				    * NULL: the field is no expression */
	const char *constants;     /* expressions: constant group, or NULL: all */
	const char *doc;           /* a sentence, or NULL */
};

struct schema_variant {
	const char *name; /* the @type */
	uint16_t number;  /* permanent within the union, from 1 */
	bool deprecated;
	bool runtime;                        /* enacted by stwd */
	const struct schema_structure *body; /* NULL: no fields */
	const char *since, *until;
	const char *replaced_by; /* the variant that took over, or NULL */
	const char *doc;
};

enum structure_kind {
	STRUCTURE_SINGLE,
	STRUCTURE_UNION,
};

struct schema_structure {
	const char *name;                  /* without "x:" */
	uint16_t number;                   /* permanent */
	uint8_t kind;                      /* enum structure_kind */
	const struct schema_field *fields; /* single: sorted by name (bytes) */
	uint16_t field_count;
	const struct schema_variant *variants; /* union: in the reference's order */
	uint16_t variant_count;
	uint64_t checks;                    /* rules that the whole is held against, by bit */
	uint8_t holds;                      /* enum schema_holds, itself included */
	const struct schema_object *object; /* when it is an object type, else NULL */
	const char *since, *until;
	const char *doc;
};

enum object_kind {
	OBJECT_COLLECTION,
	OBJECT_SINGLETON,
	OBJECT_VIEW,
};

/* A uniqueness rule of validation.md 4.1: these fields together, in one scope. A field is one of
 * the type, or of its variants' bodies; "aliases/name" is that of each member of a list, and a
 * field that is a set makes one key of each member. */
struct schema_key {
	const char *scope; /* NULL: the type; "email", "namespace", "domain": a name space */
	const char *const *fields; /* NULL-terminated */
	bool identity;             /* single-property key that names the object (DESIGN.md 4) */
};

struct schema_object {
	const char *name;      /* "NetworkListener", "Account/Group" */
	const char *wire_name; /* "x:NetworkListener", or "Mailbox" for the six JMAP data types */
	uint8_t kind;          /* enum object_kind */
	bool enterprise;
	bool packed;    /* BlockedIp, AllowedIp: the address table is the store */
	bool data;      /* user data or telemetry of a server, never configuration */
	bool runtime;   /* stwd enacts at least one field or variant */
	uint8_t reload; /* enum reload_class of a change that no field's own class covers: an object
			 * that comes or goes, another variant, a field of a union's body */
	const char *permission_prefix;
	const char *label;                        /* labelProperty, or NULL */
	const struct schema_structure *structure; /* views: of the base object */
	const struct schema_key *keys;
	uint8_t key_count;
	const char *variant; /* views that filter on @type, such as Account/Group; else NULL */
	const char *const *safe_defaults; /* names the server inserts when the type is empty
					   * (validation.md 5.2), NULL-terminated, or NULL */
};

/* The variables, or the constants, that an expression may use (validation.md 2.4). */
struct schema_group {
	const char *name;
	const char *const *members;
	uint16_t count;
};

struct schema {
	const char *version; /* of the reference: "0.16.19" */
	const char *digest;  /* SHA-256 of the tables' canonical text, hex */
	const char *file;    /* the schema.json that was laid over the rows, or NULL: built in */
	const struct schema_structure *structures; /* sorted by name */
	uint16_t structure_count;
	const struct schema_object *objects; /* sorted by name */
	uint16_t object_count;
	const struct schema_enum *enums; /* sorted by name */
	uint16_t enum_count;
	const struct schema_group *variables; /* sorted by name */
	uint16_t variable_group_count;
	const struct schema_group *constants; /* sorted by name */
	uint16_t constant_group_count;
};

/* The built-in reference; generated. */
extern const struct schema schema_builtin;

/* Look-ups; NULL when there is none. Names are as in sources; objects accept "x:" before. */
const struct schema_structure *schema_structure_find(const struct schema *schema, struct str name);
const struct schema_structure *schema_structure_numbered(const struct schema *schema,
							 uint16_t number);
const struct schema_object *schema_object_find(const struct schema *schema, struct str name);
const struct schema_enum *schema_enum_find(const struct schema *schema, struct str name);
const struct schema_field *schema_field_find(const struct schema_structure *structure,
					     struct str name);
const struct schema_field *schema_field_numbered(const struct schema_structure *structure,
						 uint16_t number);
const struct schema_variant *schema_variant_find(const struct schema_structure *structure,
						 struct str name);
const struct schema_variant *schema_variant_numbered(const struct schema_structure *structure,
						     uint16_t number);
const struct schema_enum_member *schema_enum_member_find(const struct schema_enum *e,
							 struct str name);
const struct schema_enum_member *schema_enum_member_numbered(const struct schema_enum *e,
							     uint16_t number);

/* A group of variables or constants by name; NULL when there is none ("any" has none). */
const struct schema_group *schema_variables_find(const struct schema *schema, const char *name);
const struct schema_group *schema_constants_find(const struct schema *schema, const char *name);

/* `until` of a row that such a file does not have. */
#define SCHEMA_ABSENT "0"
bool schema_absent(const char *until);

/* "0.16.6" against "0.16.19" by number: negative, 0, positive. NULL counts as 0.16.0. */
int schema_version_cmp(const char *a, const char *b);

/* Does the default of a field that holds an object give this field of that object? Then the field
 * may be left out there although it is required: what is given is merged into the default
 * (validation.md 3.2; single structures only, unions start anew). */
bool schema_default_has(const struct schema_field *holder, struct str name);

/* A scalar type by its word in rows and in the reference ("duration", "ipNetwork"); false: none. */
bool schema_type_kind_find(struct str word, enum type_kind *out);

/* "set of socketAddress", "unsignedInteger?", "reference to Domain": for people, and in rows. */
struct buf;
void schema_type_print(struct buf *out, const struct schema_type *type);

#endif
