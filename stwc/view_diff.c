/*
 * Differences by meaning: objects by type and identity, values as a server would have them, so
 * that a default written out is no change. Nothing here asks which of the two is an image.
 */
#include "stwc/view_diff.h"

#include <stdlib.h>

#include "stwc/bind.h"
#include "stwc/view_dump.h"

void diff_put_name(struct buf *out, struct str name)
{
	size_t i;

	for (i = 0; i < name.n && (unsigned char)name.p[i] >= 0x20 && name.p[i] != 0x7f; i++)
		;
	if (i < name.n)
		buf_put_json(out, name);
	else
		buf_puts(out, name);
}

const char *diff_reload_word(enum reload_class reload)
{
	switch (reload) {
	case RELOAD_LIVE: return "live";
	case RELOAD_NEW_SESSIONS: return "new-sessions";
	case RELOAD_RESTART: return "restart";
	}
	return "live";
}

/* Our own row, which has the reload classes; that of an image may have names alone. */
static const struct schema_object *known_type(const struct schema_object *type)
{
	const struct schema_object *known = schema_object_find(&schema_builtin, str_c(type->name));

	return known ? known : type;
}

static const struct schema_structure *fields_of(const struct value_object *object)
{
	return object->variant ? object->variant->body : object->structure;
}

const struct value_object *diff_single(const struct value *value)
{
	return value && value->kind == VALUE_OBJECT && !value->object.variant ? &value->object
									      : NULL;
}

const struct value *diff_value(struct view *view, const struct value_object *object,
			       const struct value_object *fallback, const char *name)
{
	const struct schema_structure *fields = fields_of(object);
	const struct value *value = value_field_get(object, name);
	const struct schema_field *field;

	if (!value && fallback)
		value = value_field_get(fallback, name);
	if (value || !fields || fields->kind != STRUCTURE_SINGLE)
		return value;
	field = schema_field_find(fields, str_c(name));
	return field ? view_default(view, fields, field) : NULL;
}

/* ---- values ---- */

/* Is the object one of the view's own, and not a server's? */
static bool is_inside(const struct view *view, const struct value *value)
{
	return value->reference.target || (view->image && !value->reference.literal);
}

static bool same_reference(struct diff *diff, const struct value *old, const struct value *new)
{
	if (old->reference.id && old->reference.id == new->reference.id)
		return true;
	return str_eq(old->reference.written, new->reference.written) &&
	       !is_inside(diff->old, old) && !is_inside(diff->new, new);
}

static bool same_object(struct diff *diff, const struct value_object *old,
			const struct value_object *new)
{
	const struct schema_structure *fields = fields_of(new);
	size_t i;

	if ((old->variant != NULL) != (new->variant != NULL) ||
	    (old->variant && strcmp(old->variant->name, new->variant->name) != 0))
		return false;
	for (i = 0; fields && i < fields->field_count; i++) {
		const char *name = fields->fields[i].name;

		if (fields->fields[i].update != UPDATE_SERVER_SET &&
		    !diff_same(diff, diff_value(diff->old, old, NULL, name),
			       diff_value(diff->new, new, NULL, name)))
			return false;
	}
	return true;
}

static bool has_member(struct diff *diff, const struct value *set, const struct value *member)
{
	size_t i;

	for (i = 0; i < set->sequence.count; i++) {
		if (diff_same(diff, set->sequence.items[i], member))
			return true;
	}
	return false;
}

static bool same_sequence(struct diff *diff, const struct value *old, const struct value *new)
{
	bool set = new->type->kind == TYPE_SET;
	size_t i;

	if (old->sequence.count != new->sequence.count)
		return false;
	for (i = 0; i < new->sequence.count; i++) {
		if (!diff_same(diff, old->sequence.items[i], new->sequence.items[i]) &&
		    !(set && has_member(diff, old, new->sequence.items[i])))
			return false;
	}
	return true;
}

static bool same_map(struct diff *diff, const struct value *old, const struct value *new)
{
	size_t i, k;

	for (i = 0; i < new->map.count; i++) {
		for (k = 0; k < old->map.count; k++) {
			if (diff_same(diff, old->map.pairs[k].key, new->map.pairs[i].key))
				break;
		}
		if (k == old->map.count ||
		    !diff_same(diff, old->map.pairs[k].value, new->map.pairs[i].value))
			return false;
	}
	return old->map.count == new->map.count;
}

bool diff_same(struct diff *diff, const struct value *old, const struct value *new)
{
	if (!old || !new)
		return old == new;
	if (old->kind != new->kind)
		return false;
	switch ((enum value_kind) new->kind) {
	case VALUE_REFERENCE: return same_reference(diff, old, new);
	case VALUE_OBJECT: return same_object(diff, &old->object, &new->object);
	case VALUE_SEQUENCE: return same_sequence(diff, old, new);
	case VALUE_MAP: return same_map(diff, old, new);
	case VALUE_ENUM: return strcmp(old->member->name, new->member->name) == 0;
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_UNSIGNED:
	case VALUE_SIGNED:
	case VALUE_FLOAT:
	case VALUE_STRING:
	case VALUE_DATE:
	case VALUE_ADDRESS:
	case VALUE_NETWORK:
	case VALUE_SOCKET: break;
	}
	return value_same(old, new);
}

/* ---- objects ---- */

/* Where in an object the comparison is. */
struct spot {
	struct diff *diff;
	const struct schema_object *type;
	struct str name, path;
	enum reload_class reload;
	bool anew;
};

static void add_change(const struct spot *spot, enum diff_kind kind, const struct value *old,
		       const struct value *new)
{
	struct diff *diff = spot->diff;

	if (!state_grow((void **)&diff->changes, &diff->cap, diff->count,
			sizeof(struct diff_change))) {
		diff->failed = true;
		return;
	}
	diff->changes[diff->count++] = (struct diff_change){
		kind, spot->type, spot->name, spot->path, old, new, spot->reload};
}

static void compare_fields(struct spot *spot, const struct value_object *old,
			   const struct value_object *old_fallback, const struct value_object *new,
			   const struct value_object *new_fallback, unsigned depth);

static const struct value_object *default_of(struct view *view, const struct value_object *object,
					     const char *name)
{
	const struct schema_structure *fields = fields_of(object);
	const struct schema_field *field = schema_field_find(fields, str_c(name));

	return field ? diff_single(view_default(view, fields, field)) : NULL;
}

static void compare_field(struct spot *spot, const struct schema_field *field,
			  const struct value_object *old, const struct value_object *old_fallback,
			  const struct value_object *new, const struct value_object *new_fallback,
			  unsigned depth)
{
	struct diff *diff = spot->diff;
	const struct value *a = diff_value(diff->old, old, old_fallback, field->name);
	const struct value *b = diff_value(diff->new, new, new_fallback, field->name);
	struct str path = spot->path;
	bool merges = diff_single(a) && diff_single(b);

	if (diff_same(diff, a, b) && !merges)
		return;
	spot->path = arena_printf(&diff->arena, "%.*s%s%s", STR_ARG(path), path.n ? "/" : "",
				  field->name);
	if (merges) {
		compare_fields(spot, &a->object, default_of(diff->old, old, field->name),
			       &b->object, default_of(diff->new, new, field->name), depth + 1);
	} else {
		spot->anew = spot->anew || (!depth && field->update == UPDATE_IMMUTABLE);
		add_change(spot, DIFF_CHANGED, a, b);
	}
	spot->path = path;
}

static enum reload_class reload_of(const struct schema_object *type, const char *name)
{
	const struct schema_object *known = known_type(type);
	const struct schema_field *field = NULL;

	if (known->structure->kind == STRUCTURE_SINGLE)
		field = schema_field_find(known->structure, str_c(name));
	return (enum reload_class)(field ? field->reload : known->reload);
}

static void compare_fields(struct spot *spot, const struct value_object *old,
			   const struct value_object *old_fallback, const struct value_object *new,
			   const struct value_object *new_fallback, unsigned depth)
{
	const struct schema_structure *fields = fields_of(new);
	size_t i;

	for (i = 0; fields && i < fields->field_count; i++) {
		const struct schema_field *field = &fields->fields[i];

		if (field->update == UPDATE_SERVER_SET && !value_field_get(old, field->name) &&
		    !value_field_get(new, field->name))
			continue;
		if (!depth)
			spot->reload = reload_of(spot->type, field->name);
		compare_field(spot, field, old, old_fallback, new, new_fallback, depth);
	}
}

static bool same_variant(const struct value_object *old, const struct value_object *new)
{
	return (old->variant != NULL) == (new->variant != NULL) &&
	       (!old->variant || strcmp(old->variant->name, new->variant->name) == 0);
}

static struct value *word_value(struct diff *diff, const char *word)
{
	struct value *value = ARENA_NEW(&diff->arena, struct value);

	if (value)
		*value = (struct value){.kind = VALUE_STRING, .string = str_c(word)};
	return value;
}

static void change_variant(struct spot *spot, const struct value_object *old,
			   const struct value_object *new)
{
	spot->path = STR("@type");
	add_change(spot, DIFF_CHANGED, word_value(spot->diff, old->variant->name),
		   word_value(spot->diff, new->variant->name));
}

/* A singleton that nobody sets: its defaults, which are its first variant's where it has any. */
static struct value_object defaults_of(const struct schema_object *type)
{
	struct value_object none = {.structure = type->structure};

	if (type->structure->kind == STRUCTURE_UNION)
		none.variant = &type->structure->variants[0];
	return none;
}

static bool add_object(struct diff *diff, const struct diff_object *object)
{
	if (diff->failed || !state_grow((void **)&diff->objects, &diff->object_cap,
					diff->object_count, sizeof(struct diff_object)))
		return false;
	diff->objects[diff->object_count++] = *object;
	return true;
}

/* Two sides of one object; one of them may be missing. */
static bool compare_pair(struct diff *diff, struct object *old, struct object *new)
{
	const struct object *one = new ? new : old;
	bool singleton = one->type->kind == OBJECT_SINGLETON;
	struct value_object none = defaults_of(one->type);
	const struct value_object *a = old ? &old->body : &none, *b = new ? &new->body : &none;
	struct diff_object found = {.old = old, .new = new, .first = diff->count};
	struct spot spot = {.diff = diff,
			    .type = one->type,
			    .name = singleton ? STR_NONE : view_object_name(one),
			    .reload = (enum reload_class)known_type(one->type)->reload};

	if (!singleton && !(old && new))
		add_change(&spot, new ? DIFF_ADDED : DIFF_REMOVED, NULL, NULL);
	else if (same_variant(a, b))
		compare_fields(&spot, a, NULL, b, NULL, 0);
	else
		change_variant(&spot, a, b);
	found.count = diff->count - found.first;
	found.anew = spot.anew;
	return !diff->failed && (!found.count || add_object(diff, &found));
}

static int by_type_and_name(const void *a, const void *b)
{
	return view_object_cmp(*(struct object *const *)a, *(struct object *const *)b);
}

struct sorted {
	struct object **all;
	size_t count;
};

static bool sort_objects(const struct view *view, struct sorted *out)
{
	out->count = view->c.object_count;
	out->all = calloc(out->count + 1, sizeof(*out->all));
	if (!out->all)
		return false;
	if (out->count) {
		memcpy(out->all, view->c.objects, out->count * sizeof(*out->all));
		qsort(out->all, out->count, sizeof(*out->all), by_type_and_name);
	}
	return true;
}

/* Both in one order, so that the pairs of an object stand together. */
static bool compare_objects(struct diff *diff)
{
	struct sorted old = {NULL, 0}, new = {NULL, 0};
	bool ok = sort_objects(diff->old, &old) && sort_objects(diff->new, &new);
	size_t i = 0, k = 0;

	while (ok && (i < old.count || k < new.count)) {
		int order = i == old.count   ? 1
			    : k == new.count ? -1
					     : view_object_cmp(old.all[i], new.all[k]);

		ok = compare_pair(diff, order <= 0 ? old.all[i] : NULL,
				  order >= 0 ? new.all[k] : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	free(old.all);
	free(new.all);
	return ok;
}

/* ---- address tables ---- */

static bool same_entry(const struct address_entry *a, const struct address_entry *b)
{
	return a->has_reason == b->has_reason && (!a->has_reason || a->reason == b->reason) &&
	       a->has_expires == b->has_expires && (!a->has_expires || a->expires == b->expires) &&
	       a->has_created == b->has_created && (!a->has_created || a->created == b->created) &&
	       a->has_note == b->has_note && (!a->has_note || str_eq(a->note, b->note));
}

static bool add_entry(struct diff *diff, const struct schema_object *type, enum diff_kind kind,
		      const struct address_entry *old, const struct address_entry *new)
{
	struct diff_entry entry = {.kind = kind, .type = type};

	if (old)
		entry.old = *old;
	if (new)
		entry.new = *new;
	entry.network = new ? new->network : old->network;
	if (!state_grow((void **)&diff->entries, &diff->entry_cap, diff->entry_count,
			sizeof(struct diff_entry)))
		return false;
	diff->entries[diff->entry_count++] = entry;
	return true;
}

/* Family, bytes and prefix. */
static struct str network_key(const struct net_network *network, char out[18])
{
	memset(out, 0, 18);
	out[0] = (char)network->addr.family;
	memcpy(out + 1, network->addr.b, network->addr.family == 4 ? 4 : 16);
	out[17] = (char)network->prefix;
	return (struct str){out, 18};
}

static bool index_table(struct diff *diff, const struct address_table *table, struct map *out)
{
	struct address_entry entry;
	char key[18];
	uint32_t i;

	for (i = 0; address_table_at(table, i, &entry); i++) {
		struct str name = arena_str(&diff->arena, network_key(&entry.network, key));

		if (!name.p || !map_put(out, name, (void *)((uintptr_t)i + 1)))
			return false;
	}
	return true;
}

/* The reason that an entry of the type has where it gives none; false: there is none. */
static bool usual_reason(struct diff *diff, const struct schema_object *type, uint16_t *out)
{
	const struct schema_field *field = schema_field_find(type->structure, STR("reason"));
	const struct value *value = field ? view_default(diff->new, type->structure, field) : NULL;

	if (!value || value->kind != VALUE_ENUM)
		return false;
	*out = (uint16_t)value->member->number;
	return true;
}

/* With the default written out. */
static void give_reason(struct address_entry *entry, bool usual, uint16_t reason)
{
	if (!usual || entry->has_reason)
		return;
	entry->has_reason = true;
	entry->reason = reason;
}

/* Entries of the new table against the old one, then those that only the old one has. */
static bool compare_entries(struct diff *diff, const struct schema_object *type,
			    const struct address_table *old, const struct address_table *new,
			    struct map *index)
{
	struct address_entry a, b;
	uint16_t reason = 0;
	bool usual = usual_reason(diff, type, &reason), ok = true;
	char key[18];
	uint32_t i;
	size_t k;

	for (i = 0; ok && address_table_at(new, i, &b); i++) {
		void **place = NULL;
		uintptr_t number = (uintptr_t)map_get(index, network_key(&b.network, key));

		if (!number) {
			ok = add_entry(diff, type, DIFF_ADDED, NULL, &b);
			continue;
		}
		place = map_at(index, network_key(&b.network, key));
		if (!place || !address_table_at(old, (uint32_t)(number - 1), &a))
			return false;
		*place = NULL; /* both have it */
		give_reason(&a, usual, reason);
		give_reason(&b, usual, reason);
		if (!same_entry(&a, &b))
			ok = add_entry(diff, type, DIFF_CHANGED, &a, &b);
	}
	for (k = 0; ok && k < index->count; k++) {
		uintptr_t number = (uintptr_t)index->entries[k].value;

		if (number && address_table_at(old, (uint32_t)(number - 1), &a))
			ok = add_entry(diff, type, DIFF_REMOVED, &a, NULL);
	}
	return ok;
}

static bool compare_tables(struct diff *diff, const struct schema_object *type)
{
	struct address_table old, new;
	struct map index;
	bool ok;

	if (!view_table(diff->old, type, &old) || !view_table(diff->new, type, &new))
		return false;
	map_init(&index, &diff->new->hash_key, NULL);
	ok = index_table(diff, &old, &index) && compare_entries(diff, type, &old, &new, &index);
	map_free(&index);
	return ok;
}

bool diff_make(struct diff *diff, struct view *old, struct view *new)
{
	const struct schema *schema = &schema_builtin;
	size_t i;

	*diff = (struct diff){.old = old, .new = new};
	arena_init(&diff->arena, 64 * 1024);
	for (i = 0; i < schema->object_count; i++) {
		if (schema->objects[i].packed && !compare_tables(diff, &schema->objects[i]))
			return false;
	}
	return compare_objects(diff) && !diff->failed && !diff->arena.failed &&
	       !old->c.arena.failed && !new->c.arena.failed;
}

void diff_free(struct diff *diff)
{
	free(diff->changes);
	free(diff->objects);
	free(diff->entries);
	arena_free(&diff->arena);
}
