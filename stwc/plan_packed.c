/*
 * Updates of addresses in plans. Entries of address tables keep no client keys, since they come in
 * millions; so when an update names one, which is rare, the plan is read once more for its keys.
 */
#include "stwc/dialect.h"

struct packed_names {
	struct map addresses; /* type and client key to struct packed_name * */
	size_t read;          /* bytes of the text that it knows */
};

struct packed_name {
	uint32_t place;
	struct net_network network;
};

static struct str full_name(struct arena *arena, const struct schema_object *type, struct str key)
{
	return arena_printf(arena, "%s/%.*s", type->name, STR_ARG(key));
}

static bool note_body(struct file *file, const struct schema_object *type,
		      const struct node_entry *e)
{
	const struct node *address =
		e->value->kind == NODE_MAP ? node_map_get(e->value, STR("address")) : NULL;
	struct str key = str_starts(e->key, STR("#")) ? str_from(e->key, 1) : e->key;
	struct arena *arena = &file->c->arena;
	struct packed_name *name;
	struct net_network network;

	if (!address || address->kind != NODE_STRING ||
	    net_network_parse(address->string, &network) != NET_OK)
		return true; /* it has no entry either */
	name = ARENA_NEW(arena, struct packed_name);
	key = full_name(arena, type, key);
	if (!name || !key.p)
		return false;
	*name = (struct packed_name){e->key_span.begin, network};
	return map_put(&file->packed_names->addresses, key, name);
}

static bool note_operation(struct file *file, const struct node *operation)
{
	const struct node *object, *value;
	const struct schema_object *type;
	const struct node_entry *e;

	if (operation->kind != NODE_MAP)
		return true;
	object = node_map_get(operation, STR("object"));
	value = node_map_get(operation, STR("value"));
	type = object && object->kind == NODE_STRING
		       ? schema_object_find(file->c->schema, object->string)
		       : NULL;
	if (!type || !type->packed || !value || value->kind != NODE_MAP)
		return true;
	for (e = value->map.first; e; e = e->next) {
		if (!note_body(file, type, e))
			return false;
	}
	return true;
}

/* Mistakes of reading were or will be reported by the reading that matters. */
static bool read_names(struct file *file)
{
	struct source text = *file->source;
	struct arena scratch;
	struct diags silent;
	struct reader_element element;
	struct reader *reader;
	enum reader_status status = READER_ELEMENT;
	bool ok = true;

	text.text = source_text(sources_get(&file->c->sources, file->source->number));
	arena_init(&scratch, 64 * 1024);
	diags_init(&silent, &file->c->arena);
	reader = reader_open(file->format, &text, &silent, &file->c->hash_key, NULL);
	while (ok && reader && status == READER_ELEMENT) {
		arena_reset(&scratch);
		status = reader_next(reader, &scratch, &scratch, &element);
		ok = status != READER_FAILED &&
		     (status == READER_END || note_operation(file, element.value));
	}
	if (reader)
		reader_close(reader);
	arena_free(&scratch);
	file->packed_names->read = text.text.n;
	return ok && reader;
}

static bool find_name(struct file *file, const struct operation *op, struct str id,
		      const struct packed_name **out)
{
	struct packed_names *names = file->packed_names;

	*out = NULL;
	if (!names) {
		names = ARENA_NEW(&file->c->arena, struct packed_names);
		if (!names)
			return false;
		map_init(&names->addresses, &file->c->hash_key, &file->c->arena);
		file->packed_names = names;
	}
	if (names->read < file->source->text.n && !read_names(file))
		return false;
	id = full_name(&file->c->scratch, op->type, id);
	if (!id.p)
		return false;
	*out = map_get(&names->addresses, id);
	if (*out && (*out)->place >= op->id->span.begin)
		*out = NULL; /* it is made by a later line */
	return true;
}

static void check_address(struct file *file, const struct node_entry *said,
			  const struct net_network *network)
{
	struct net_network other;
	bool same = said && said->value->kind == NODE_STRING &&
		    net_network_parse(said->value->string, &other) == NET_OK &&
		    net_network_eq(network, &other);

	if (said && said->value->kind == NODE_STRING)
		diag_add(&file->c->diags, DIAG_IMMUTABLE_FIELD, said->key_span,
			 same ? "an update cannot give 'address' again, not even as it is"
			      : "'address' cannot change once the object is made");
}

/* The patch with the address that it is about: a body that adds to the entry. */
static struct node *body_of(struct file *file, const struct operation *op,
			    const struct net_network *network)
{
	struct compilation *c = file->c;
	struct node *body = node_new(&c->arena, NODE_MAP, op->value->span);
	const struct node_entry *said = node_map_find(op->value, STR("address")), *e;
	char text[NET_TEXT_SIZE];
	struct str address =
		arena_str(&c->arena, (struct str){text, net_network_format(network, text)});
	struct node *node = address.p ? node_string(&c->arena, address, op->id->span) : NULL;

	check_address(file, said, network);
	if (!body || !node ||
	    !node_map_append(&c->arena, &c->hash_key, body, STR("address"), op->id->span, node))
		return NULL;
	for (e = op->value->map.first; e; e = e->next) {
		if (e != said &&
		    !node_map_append(&c->arena, &c->hash_key, body, e->key, e->key_span, e->value))
			return NULL;
	}
	return body;
}

bool plan_update_packed(struct file *file, const struct operation *op, struct str id)
{
	struct draft offer = {.type = op->type,
			      .has_client_id = true,
			      .client_id = id,
			      .span = op->id->span,
			      .adds = true,
			      .kind = DRAFT_CREATE};
	const struct packed_name *name;

	if (!find_name(file, op, id, &name))
		return false;
	if (!name) {
		diag_add(&file->c->diags, DIAG_DANGLING_REFERENCE, op->id->span,
			 "no %s with the client id '%.*s' was made before this line",
			 op->type->name, STR_ARG(id));
		return true;
	}
	offer.body = body_of(file, op, &name->network);
	return offer.body && file_object(file, &offer, NULL);
}
