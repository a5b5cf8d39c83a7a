/*
 * What the binder makes of nodes: values that fit their schema, each with its place.
 * Checks, emit and the tools work on these; a value that had an error is absent here.
 */
#ifndef STW_STWC_VALUE_H
#define STW_STWC_VALUE_H

#include "core/node.h"
#include "engine/netaddr.h"
#include "schemas/schema.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_UNSIGNED, /* numbers, sizes, durations in ms */
	VALUE_SIGNED,
	VALUE_FLOAT,
	VALUE_STRING, /* every textual type; secrets too (type says so) */
	VALUE_ENUM,
	VALUE_REFERENCE,
	VALUE_DATE,
	VALUE_ADDRESS,
	VALUE_NETWORK,
	VALUE_SOCKET,
	VALUE_OBJECT,
	VALUE_SEQUENCE, /* list or set */
	VALUE_MAP
};

struct object;

struct value_reference {
	struct str written;    /* as in the source: "#id", an id, or a name */
	struct object *target; /* after resolve; NULL: outside the configuration */
	uint64_t id;           /* of the target, or the literal id */
	bool literal;          /* written as an id of a server, and could be one */
};

struct value_pair {
	struct value *key, *value;
};

struct value_field {
	const struct schema_field *field;
	struct span key_span;
	struct value *value;
};

/* A structure: fields in ascending order of their number, explicit ones only. */
struct value_object {
	const struct schema_structure *structure; /* the union where there is a variant */
	const struct schema_variant *variant;     /* NULL: single structure */
	struct value_field *fields;
	size_t count;
};

struct value {
	uint8_t kind;  /* enum value_kind */
	uint16_t lead; /* VALUE_STRING: bytes of blanks that were cut in front */
	struct span span;
	const struct schema_type *type;
	union {
		bool boolean;
		uint64_t number;
		int64_t integer;
		double real;
		struct str string;
		const struct schema_enum_member *member;
		struct value_reference reference;
		int64_t seconds;
		struct net_addr address;
		struct net_network network;
		struct net_socket socket;
		struct value_object object;
		struct {
			struct value **items;
			size_t count;
		} sequence;
		struct {
			struct value_pair *pairs;
			size_t count;
		} map;
	};
};

struct object {
	const struct schema_object *type;
	struct str client_id; /* empty: none was written, or (after resolve) it is the identity */
	struct str identity;  /* DESIGN.md 4: key, else client id, else ordinal */
	bool by_ordinal;      /* identity is the place in a list */
	size_t ordinal;       /* that place */
	struct str shown;     /* its name in diagnostics: client id or label; may be empty */
	uint64_t id;          /* 63 bits of SHA-256(type, identity) */
	struct span span;     /* of the body's beginning: client id, key or brace */
	size_t draft;         /* number of what it was made of, for the passes */
	struct value_object body;
	size_t text_size;    /* bytes of all its texts, as bound */
	bool percent;        /* some text has a %, which may begin a macro */
	bool poisoned;       /* had an error; references to it still resolve */
	bool rest_elsewhere; /* only updated: a server has the rest of it */
	bool guessed;        /* an update of what is not shown: the variant may be another */
	struct object *next; /* of the same type, in the order of the sources */
};

#define VALUE_TEXT_SIZE 64

/* The explicit value of a field by name, or NULL. */
struct value *value_field_get(const struct value_object *object, const char *name);

#endif
