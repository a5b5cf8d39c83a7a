/* Values as nodes again: what the writers of formats take. */
#ifndef STW_STWC_VIEW_NODE_H
#define STW_STWC_VIEW_NODE_H

#include "stwc/compile.h"

struct view_nodes {
	struct arena *arena; /* of the nodes; strings stay where the values have them */
	const struct hash_key *key;
	enum shapes shapes; /* OWN: lists, units, short forms; SERVER: what a server takes */
	bool reveal;        /* secrets as they are, not as stars … */
	bool *masked;       /* … and this is set where one became stars; may be NULL */
	/* what a reference is called; NULL: as it was written */
	struct str (*refer)(const void *ctx, const struct value_reference *reference);
	const void *ctx;
};

/* NULL: out of memory. */
struct node *view_node(const struct view_nodes *to, const struct value *value);
/* The body of an object: @type first, then the fields by name. `without` is left out (its client
 * id says it), or NULL. */
struct node *view_node_body(const struct view_nodes *to, const struct value_object *body,
			    const struct schema_field *without);
/* An entry of a packed type, without its address: that is the client id. */
struct node *view_node_entry(const struct view_nodes *to, const struct schema_object *type,
			     const struct address_entry *entry);

/* The same with the address as a field, for readers that do not fill it in. */
struct node *view_node_addressed(const struct view_nodes *to, struct node *entry,
				 struct str address);

#endif
