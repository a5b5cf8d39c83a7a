/*
 * A published schema over our rows. Both name their rows alike, so everything goes by name: first
 * the names of both, in one order; then each row, made of the two or copied from the one that has
 * it. No pointer of the result leads back into either schema: types, structures and enums are
 * found again by name, so that passes may compare them as they do with the built-in tables.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "schemas/foreign.h"
#include "schemas/holds.h"
#include "schemas/required.h"

struct merger {
	struct arena *arena;
	const struct schema *ours, *theirs;
	struct schema *out;
	struct schema_structure *structures;
	struct schema_object *objects;
	struct schema_enum *enums;
};

/* The name that a row begins with. */
static const char *name_at(const void *rows, size_t size, size_t i)
{
	return *(const char *const *)((const char *)rows + i * size);
}

/* The names of two arrays of rows that begin with theirs, both sorted, each name once. */
static const char **names_of_both(struct merger *m, const void *left, size_t lefts,
				  const void *right, size_t rights, size_t size, size_t *count)
{
	const char **names = ARENA_ARRAY(m->arena, const char *, lefts + rights + 1);
	size_t n = 0, i = 0, j = 0;

	while (names && (i < lefts || j < rights)) {
		const char *a = i < lefts ? name_at(left, size, i) : NULL;
		const char *b = j < rights ? name_at(right, size, j) : NULL;
		int order = !a ? 1 : !b ? -1 : strcmp(a, b);

		names[n++] = order <= 0 ? a : b;
		i += order <= 0;
		j += order >= 0;
	}
	*count = n;
	return names;
}

static const struct schema_structure *structure_of(const struct merger *m,
						   const struct schema_structure *old)
{
	return old ? schema_structure_find(m->out, str_c(old->name)) : NULL;
}

static const struct schema_type *type_of(struct merger *m, const struct schema_type *old)
{
	struct schema_type *type = old ? ARENA_NEW(m->arena, struct schema_type) : NULL;

	if (!type)
		return NULL;
	*type = *old;
	type->key = type_of(m, old->key);
	type->element = type_of(m, old->element);
	type->structure = structure_of(m, old->structure);
	if (old->target)
		type->target = schema_object_find(m->out, str_c(old->target->name));
	if (old->members)
		type->members = schema_enum_find(m->out, str_c(old->members->name));
	return type;
}

static bool is_text(const struct schema_type *type)
{
	return type->kind == TYPE_STRING || type->kind == TYPE_TEXT || type->kind == TYPE_URI;
}

static bool has_structure(const struct schema_type *type, const char *name)
{
	return type->kind == TYPE_OBJECT && type->structure &&
	       strcmp(type->structure->name, name) == 0;
}

/* A field that our rows know nothing about. */
static void make_field(struct merger *m, struct schema_field *f, const struct schema_field *theirs,
		       size_t extra)
{
	*f = *theirs;
	f->number = (uint16_t)(SCHEMA_EXTRA + extra);
	f->type = type_of(m, theirs->type);
	if (!f->type)
		return;
	f->validator = is_text(f->type) ? VALIDATE_TRIM : VALIDATE_NONE;
	if (has_structure(f->type, "Expression"))
		f->variables = "any";
}

static void merge_field(struct merger *m, struct schema_field *f, const struct schema_field *ours,
			const struct schema_field *theirs)
{
	/* an enum that a file refers to without having it is read as a string */
	bool lost = ours->type->kind == TYPE_ENUM && theirs->type->kind == TYPE_STRING;

	*f = *ours;
	f->since = f->until = NULL;
	f->type = type_of(m, ours->own || lost ? ours->type : theirs->type);
	f->update = theirs->update;
	f->enterprise = theirs->enterprise;
	if (!ours->own)
		f->default_json = theirs->default_json;
}

static void keep_field(struct merger *m, struct schema_field *f, const struct schema_field *ours,
		       bool absent)
{
	*f = *ours;
	f->type = type_of(m, ours->type);
	if (!absent || f->until)
		return;
	f->until = SCHEMA_ABSENT;
	f->required = false;
}

static void merge_fields(struct merger *m, struct schema_structure *s,
			 const struct schema_structure *ours, const struct schema_structure *theirs)
{
	size_t count, extra = 0, i;
	const char **names =
		names_of_both(m, ours->fields, ours->field_count, theirs->fields,
			      theirs->field_count, sizeof(struct schema_field), &count);
	struct schema_field *fields = ARENA_ARRAY(m->arena, struct schema_field, count + 1);

	if (!names || !fields)
		return;
	for (i = 0; i < count; i++) {
		const struct schema_field *o = schema_field_find(ours, str_c(names[i]));
		const struct schema_field *t = schema_field_find(theirs, str_c(names[i]));

		if (o && t)
			merge_field(m, &fields[i], o, t);
		else if (o)
			keep_field(m, &fields[i], o, true);
		else
			make_field(m, &fields[i], t, extra++);
	}
	s->fields = fields;
	s->field_count = (uint16_t)count;
}

static void merge_variants(struct merger *m, struct schema_structure *s,
			   const struct schema_structure *ours,
			   const struct schema_structure *theirs)
{
	struct schema_variant *variants = ARENA_ARRAY(m->arena, struct schema_variant,
						      ours->variant_count + theirs->variant_count);
	size_t count = 0, extra = 0, i;

	if (!variants)
		return;
	/* theirs in their order: the first is the default */
	for (i = 0; i < theirs->variant_count; i++) {
		const struct schema_variant *t = &theirs->variants[i];
		const struct schema_variant *o = schema_variant_find(ours, str_c(t->name));
		struct schema_variant *v = &variants[count++];

		*v = o ? *o : *t;
		v->since = v->until = NULL;
		v->body = structure_of(m, t->body);
		if (!o)
			v->number = (uint16_t)(SCHEMA_EXTRA + extra++);
	}
	for (i = 0; i < ours->variant_count; i++) {
		const struct schema_variant *o = &ours->variants[i];
		struct schema_variant *v = &variants[count];

		if (schema_variant_find(theirs, str_c(o->name)))
			continue;
		*v = *o;
		v->body = structure_of(m, o->body);
		v->until = o->until ? o->until : SCHEMA_ABSENT;
		count++;
	}
	s->variants = variants;
	s->variant_count = (uint16_t)count;
}

/* All of one side; `of` is its only source. */
static void copy_structure(struct merger *m, struct schema_structure *s,
			   const struct schema_structure *of, bool ours)
{
	struct schema_field *fields =
		ARENA_ARRAY(m->arena, struct schema_field, of->field_count + 1);
	struct schema_variant *variants =
		ARENA_ARRAY(m->arena, struct schema_variant, of->variant_count + 1);
	size_t i;

	if (!fields || !variants)
		return;
	for (i = 0; i < of->field_count; i++) {
		if (ours)
			keep_field(m, &fields[i], &of->fields[i], false);
		else
			make_field(m, &fields[i], &of->fields[i], i);
	}
	for (i = 0; i < of->variant_count; i++) {
		variants[i] = of->variants[i];
		variants[i].body = structure_of(m, of->variants[i].body);
		if (!ours)
			variants[i].number = (uint16_t)(SCHEMA_EXTRA + i);
	}
	s->fields = fields;
	s->variants = variants;
}

static void merge_structure(struct merger *m, struct schema_structure *s,
			    const struct schema_structure *ours,
			    const struct schema_structure *theirs, size_t *extra)
{
	*s = ours ? *ours : *theirs;
	if (ours && theirs) {
		s->since = s->until = NULL;
		s->kind = theirs->kind;
		s->field_count = s->variant_count = 0;
		if (ours->kind != theirs->kind) {
			s->field_count = theirs->field_count;
			s->variant_count = theirs->variant_count;
			copy_structure(m, s, theirs, false);
		} else if (s->kind == STRUCTURE_SINGLE) {
			merge_fields(m, s, ours, theirs);
		} else {
			merge_variants(m, s, ours, theirs);
		}
	} else if (ours) {
		copy_structure(m, s, ours, true);
		s->until = ours->until ? ours->until : SCHEMA_ABSENT;
	} else {
		copy_structure(m, s, theirs, false);
		s->number = (uint16_t)(SCHEMA_EXTRA + (*extra)++);
	}
	if (s->object)
		s->object = schema_object_find(m->out, str_c(s->object->name));
}

static void merge_object(struct merger *m, struct schema_object *o,
			 const struct schema_object *ours, const struct schema_object *theirs)
{
	*o = ours ? *ours : *theirs;
	if (ours && theirs) {
		o->kind = theirs->kind;
		o->enterprise = theirs->enterprise;
		o->label = theirs->label;
	}
	o->structure = structure_of(m, o->structure);
}

struct ranked {
	const char *name;
	uint16_t at;
};

static int by_rank(const void *a, const void *b)
{
	return strcmp(((const struct ranked *)a)->name, ((const struct ranked *)b)->name);
}

static const uint16_t *rank(struct merger *m, const struct schema_enum_member *members,
			    size_t count)
{
	struct ranked *ranks = ARENA_ARRAY(m->arena, struct ranked, count + 1);
	uint16_t *by_name = ARENA_ARRAY(m->arena, uint16_t, count + 1);
	size_t i;

	if (!ranks || !by_name)
		return NULL;
	for (i = 0; i < count; i++)
		ranks[i] = (struct ranked){members[i].name, (uint16_t)i};
	qsort(ranks, count, sizeof(*ranks), by_rank);
	for (i = 0; i < count; i++)
		by_name[i] = ranks[i].at;
	return by_name;
}

static void merge_enum(struct merger *m, struct schema_enum *e, const struct schema_enum *ours,
		       const struct schema_enum *theirs)
{
	static const struct schema_enum none;
	struct schema_enum_member *members;
	size_t count = 0, extra = 0, i;

	if (!ours || !theirs) {
		*e = ours ? *ours : *theirs;
		if (ours)
			return;
		ours = &none;
	}
	members = ARENA_ARRAY(m->arena, struct schema_enum_member,
			      (size_t)ours->count + theirs->count + 1);
	if (!members)
		return;
	for (i = 0; i < theirs->count; i++) {
		const struct schema_enum_member *t = &theirs->members[i];
		const struct schema_enum_member *o = schema_enum_member_find(ours, str_c(t->name));

		members[count] = o ? *o : *t;
		members[count].since = members[count].until = NULL;
		if (!o)
			members[count].number = (uint16_t)(SCHEMA_EXTRA + extra++);
		count++;
	}
	for (i = 0; i < ours->count; i++) {
		if (schema_enum_member_find(theirs, str_c(ours->members[i].name)))
			continue;
		members[count] = ours->members[i];
		if (!members[count].until)
			members[count].until = SCHEMA_ABSENT;
		count++;
	}
	e->members = members;
	e->count = (uint16_t)count;
	e->by_name = rank(m, members, count);
}

/* Both have a say: a row of ours may differ from the rule on purpose, and then it goes on doing so
 * while type and default are what they were. */
static void derive_required(struct merger *m)
{
	struct required now = {m->structures,
			       ARENA_ARRAY(m->arena, uint8_t, m->out->structure_count + 1u)};
	struct required before = {m->ours->structures,
				  ARENA_ARRAY(m->arena, uint8_t, m->ours->structure_count + 1u)};
	size_t i, j;

	for (i = 0; now.memo && before.memo && i < m->out->structure_count; i++) {
		const struct schema_structure *s = &m->structures[i];
		const struct schema_structure *ours =
			schema_structure_find(m->ours, str_c(s->name));

		for (j = 0; j < s->field_count; j++) {
			/* ours to write: the arena made it */
			struct schema_field *f = (struct schema_field *)&s->fields[j];
			const struct schema_field *o =
				ours ? schema_field_find(ours, str_c(f->name)) : NULL;
			bool wanted = required_field(&now, f);

			if (schema_absent(f->until))
				continue;
			if (!o || required_field(&before, o) == o->required)
				f->required = wanted;
		}
	}
}

static bool name_rows(struct merger *m)
{
	const struct schema *a = m->ours, *b = m->theirs;
	size_t structures, objects, enums, i;
	const char **structure_names =
		names_of_both(m, a->structures, a->structure_count, b->structures,
			      b->structure_count, sizeof(struct schema_structure), &structures);
	const char **object_names =
		names_of_both(m, a->objects, a->object_count, b->objects, b->object_count,
			      sizeof(struct schema_object), &objects);
	const char **enum_names = names_of_both(m, a->enums, a->enum_count, b->enums, b->enum_count,
						sizeof(struct schema_enum), &enums);

	m->structures = ARENA_ARRAY(m->arena, struct schema_structure, structures + 1);
	m->objects = ARENA_ARRAY(m->arena, struct schema_object, objects + 1);
	m->enums = ARENA_ARRAY(m->arena, struct schema_enum, enums + 1);
	if (m->arena->failed || structures >= SCHEMA_EXTRA || objects > UINT16_MAX ||
	    enums > UINT16_MAX)
		return false;
	for (i = 0; i < structures; i++)
		m->structures[i].name = structure_names[i];
	for (i = 0; i < objects; i++)
		m->objects[i].name = object_names[i];
	for (i = 0; i < enums; i++)
		m->enums[i].name = enum_names[i];
	m->out->structures = m->structures;
	m->out->structure_count = (uint16_t)structures;
	m->out->objects = m->objects;
	m->out->object_count = (uint16_t)objects;
	m->out->enums = m->enums;
	m->out->enum_count = (uint16_t)enums;
	return true;
}

const struct schema *schema_merge(struct arena *arena, const struct schema *ours,
				  const struct schema *theirs, const char *file, const char *digest)
{
	struct merger m = {.arena = arena, .ours = ours, .theirs = theirs};
	size_t extra = 0, i;

	m.out = ARENA_NEW(arena, struct schema);
	if (!m.out)
		return NULL;
	*m.out = *ours;
	m.out->file = file;
	m.out->digest = digest;
	if (!name_rows(&m))
		return NULL;
	for (i = 0; i < m.out->enum_count; i++) {
		struct str name = str_c(m.enums[i].name);

		merge_enum(&m, &m.enums[i], schema_enum_find(ours, name),
			   schema_enum_find(theirs, name));
	}
	for (i = 0; i < m.out->object_count; i++) {
		struct str name = str_c(m.objects[i].name);

		merge_object(&m, &m.objects[i], schema_object_find(ours, name),
			     schema_object_find(theirs, name));
	}
	for (i = 0; i < m.out->structure_count; i++) {
		struct str name = str_c(m.structures[i].name);

		merge_structure(&m, &m.structures[i], schema_structure_find(ours, name),
				schema_structure_find(theirs, name), &extra);
	}
	if (arena->failed)
		return NULL;
	schema_derive_holds(m.structures, m.out->structure_count);
	derive_required(&m);
	return arena->failed ? NULL : m.out;
}
