/*
 * Walks through what a Bootstrap holds and asks for each part: the rows of init_questions.c in
 * their order, then what must be given, then what was given though nobody asks for it. A choice
 * leads into the fields of the variant that was chosen.
 *
 * Nothing is known here about any one store or directory. A question is a field of the reference,
 * its help is that field's documentation, and whether an answer will do is decided by compiling it
 * (init_answer.c).
 */
#include "stwc/init.h"

#include "stwc/names.h"
#include "stwc/state.h"

/* Where the walk stands: the fields of one structure. */
struct level {
	struct init *init;
	const struct init_talk *talk;
	const struct schema_structure *structure;
	struct node *body;
	/* maps, or NULL: of what is taken when nothing is answered, and of what was answered last
	 * time and goes before that */
	const struct node *defaults, *before;
	struct str path;   /* with the dot behind it, or empty */
	const char *label; /* the variant, which names it where nothing else does */
};

static bool walk_fields(const struct level *level);

static bool forget(struct init *init)
{
	init->bootstrap = node_new(&init->arena, NODE_MAP, SPAN_NONE);
	init->certificate = node_new(&init->arena, NODE_MAP, SPAN_NONE);
	return init->bootstrap && init->certificate;
}

bool init_again(struct init *init)
{
	init->before = init->bootstrap;
	return forget(init);
}

bool init_begin(struct init *init)
{
	*init = (struct init){.now = 0};
	arena_init(&init->arena, 0);
	return hash_key_random(&init->hash_key) && forget(init);
}

void init_end(struct init *init)
{
	arena_free(&init->arena);
}

struct init_given *init_given(const struct init *init, struct str path)
{
	size_t i;

	for (i = 0; i < init->given_count; i++) {
		if (str_eq(init->given[i].path, path))
			return &init->given[i];
	}
	return NULL;
}

struct str init_option_path(struct arena *arena, const char *option)
{
	struct init_rows all = init_rows();
	size_t i;

	for (i = 0; i < all.count; i++) {
		const struct init_row *row = &all.rows[i];

		if (row->option && strcmp(row->option, option) == 0)
			return arena_printf(arena, "%s%s",
					    strcmp(row->structure, "Bootstrap") ? "certificate."
										: "",
					    row->field);
	}
	return STR_NONE;
}

/* Something was given for the field, or for what lies inside it. */
static bool is_given(const struct init *init, struct str path)
{
	size_t i;

	for (i = 0; i < init->given_count; i++) {
		struct str given = init->given[i].path;

		if (str_starts(given, path) && (given.n == path.n || given.p[path.n] == '.'))
			return true;
	}
	return false;
}

struct str init_text_of(const struct node *map, const char *field)
{
	const struct node *value =
		map && map->kind == NODE_MAP ? node_map_get(map, str_c(field)) : NULL;

	return value && value->kind == NODE_STRING ? value->string : STR("");
}

bool init_is_on(const struct init *init, const char *property, bool otherwise)
{
	const struct node *value = node_map_get(init->bootstrap, str_c(property));

	return value && value->kind == NODE_BOOL ? value->boolean : otherwise;
}

/* ---- questions ---- */

static bool is_offered(const struct init *init, const struct schema_variant *variant)
{
	/* the reference keeps the number of what it took out under such a name */
	bool placeholder = strncmp(variant->name, "Deprecated", 10) == 0;
	bool licensed = variant->body && variant->body->checks & UINT64_C(1) << CHECK_LICENSED;

	return !placeholder && !variant->deprecated && !variant->until &&
	       (!licensed || init->edition == EDITION_ENTERPRISE);
}

bool init_choice(const struct init_question *q, size_t *at, struct init_choice *out)
{
	const struct schema_type *type = q->field->type;
	size_t i = *at;

	if (type->kind != TYPE_OBJECT) {
		if (i >= type->members->count)
			return false;
		*out = (struct init_choice){str_c(type->members->members[i].name),
					    type->members->members[i].doc};
		*at = i + 1;
		return true;
	}
	for (; i < type->structure->variant_count; i++) {
		const struct schema_variant *variant = &type->structure->variants[i];

		if (!is_offered(q->init, variant))
			continue;
		*out = (struct init_choice){str_c(variant->name), variant->doc};
		*at = i + 1;
		return true;
	}
	return false;
}

static bool is_secret_place(const struct schema_structure *structure)
{
	return schema_variant_find(structure, STR("EnvironmentVariable")) &&
	       schema_variant_find(structure, STR("File"));
}

enum init_form init_form(const struct schema_type *type)
{
	switch ((enum type_kind)type->kind) {
	case TYPE_BOOLEAN: return INIT_YES_NO;
	case TYPE_ENUM: return INIT_CHOICE;
	case TYPE_SET: return INIT_SEVERAL;
	case TYPE_OBJECT:
		if (type->structure->kind != STRUCTURE_UNION)
			return INIT_PART;
		return is_secret_place(type->structure) ? INIT_SECRET : INIT_CHOICE;
	case TYPE_LIST:
	case TYPE_MAP: return INIT_PART;
	case TYPE_UNSIGNED:
	case TYPE_INTEGER:
	case TYPE_FLOAT:
	case TYPE_SIZE:
	case TYPE_DURATION:
	case TYPE_STRING:
	case TYPE_TEXT:
	case TYPE_HTML:
	case TYPE_URI:
	case TYPE_COLOR:
	case TYPE_EMAIL:
	case TYPE_SECRET:
	case TYPE_SECRET_TEXT:
	case TYPE_IP_ADDRESS:
	case TYPE_IP_NETWORK:
	case TYPE_SOCKET_ADDRESS:
	case TYPE_DATE_TIME:
	case TYPE_BLOB_ID:
	case TYPE_REFERENCE: break;
	}
	return INIT_TEXT;
}

/* A value of the reference as one would type it; .p NULL: it is none that one types. */
static struct str typed(struct arena *arena, const struct node *value)
{
	struct buf text = BUF_INIT;
	const struct node_entry *e;
	struct str kept;

	const struct node *member;

	if (!value || value->kind == NODE_NULL)
		return STR_NONE;
	if (value->kind == NODE_STRING)
		return value->string;
	if (value->kind == NODE_MAP && node_map_find(value, STR("@type")))
		return node_map_get(value, STR("@type"))->string;
	if (value->kind == NODE_BOOL)
		return value->boolean ? STR("yes") : STR("no");
	if (value->kind == NODE_MAP) { /* a set */
		for (e = value->map.first; e; e = e->next)
			buf_printf(&text, "%s%.*s", text.n ? ", " : "", STR_ARG(e->key));
	} else if (value->kind == NODE_LIST) {
		for (member = value->list.first; member; member = member->next)
			if (member->kind == NODE_STRING)
				buf_printf(&text, "%s%.*s", text.n ? ", " : "",
					   STR_ARG(member->string));
	} else {
		init_json(&text, value, NULL, NULL);
	}
	kept = text.n && !text.failed ? arena_str(arena, buf_str(&text)) : STR_NONE;
	buf_free(&text);
	return kept;
}

/* What was answered, as it was typed. */
static struct str typed_before(struct arena *arena, const struct init_question *q,
			       const struct node *value)
{
	struct str name = init_text_of(value, "variableName"),
		   path = init_text_of(value, "filePath");

	if (init_form(q->field->type) == INIT_SECRET &&
	    str_eq_c(init_text_of(value, "@type"), "None"))
		return STR("none");
	if (init_form(q->field->type) == INIT_SECRET)
		return arena_printf(arena, "%s%.*s",
				    name.n ? "env:" : "file:", STR_ARG(name.n ? name : path));
	return typed(arena, value);
}

static struct node *default_of(struct init *init, const struct schema_field *field)
{
	struct source source = {.text = str_c(field->default_json)};
	struct diags diags; /* of our own tables: there are none */

	if (!field->default_json)
		return NULL;
	diags_init(&diags, &init->arena);
	return reader_whole(FORMAT_JSON, &source, &diags, &init->hash_key, &init->arena);
}

/* The domain that a host lies in, or the host where others register theirs beside it. */
static struct str parent_domain(struct arena *arena, struct str host)
{
	const char *dot = host.n ? memchr(host.p, '.', host.n) : NULL;
	struct str parent = dot ? str_from(host, (size_t)(dot - host.p) + 1) : STR_NONE;

	return parent.n && name_registrable(arena, parent).p ? parent : host;
}

/* Is it PostgreSQL that a directory asks, itself or through the data store? */
static bool asks_postgresql(const struct level *level)
{
	struct str kind = init_text_of(node_map_get(level->body, STR("store")), "@type");

	if (!kind.n || str_eq(kind, STR("Default")))
		kind = init_text_of(node_map_get(level->init->bootstrap, STR("dataStore")),
				    "@type");
	return str_eq(kind, STR("PostgreSql"));
}

/* A query with '?' for "$1"; .p NULL: the default will do. */
static struct str query_fallback(const struct level *level, const struct schema_field *field)
{
	struct str query = typed(&level->init->arena, default_of(level->init, field));
	struct buf text = BUF_INIT;
	const char *mark;
	struct str kept;

	if (asks_postgresql(level))
		return STR_NONE;
	while (query.n && (mark = memmem(query.p, query.n, "$1", 2)) != NULL) {
		buf_put(&text, query.p, (size_t)(mark - query.p));
		buf_putc(&text, '?');
		query = str_from(query, (size_t)(mark - query.p) + 2);
	}
	buf_puts(&text, query);
	kept = text.n && !text.failed ? arena_str(&level->init->arena, buf_str(&text)) : STR_NONE;
	buf_free(&text);
	return kept;
}

static struct str row_fallback(const struct level *level, const struct init_question *q)
{
	const char *said = q->row ? q->row->fallback : NULL;

	if (said && strcmp(said, ".") == 0)
		return parent_domain(&level->init->arena,
				     init_text_of(level->body, "serverHostname"));
	if (said && strcmp(said, "$1") == 0)
		return query_fallback(level, q->field);
	return str_c(said);
}

static void choose_fallback(const struct level *level, struct init_question *q)
{
	struct arena *arena = &level->init->arena;
	const struct node *value = NULL;

	if (level->before)
		value = node_map_get(level->before, str_c(q->field->name));
	if (value)
		q->fallback = typed_before(arena, q, value);
	if (q->fallback.p)
		return;
	if (level->defaults)
		value = node_map_get(level->defaults, str_c(q->field->name));
	q->fallback = typed(arena, value);
	if (!q->fallback.p)
		q->fallback = row_fallback(level, q);
	if (!q->fallback.p && strcmp(q->field->name, "description") == 0 && level->label)
		q->fallback = str_c(level->label);
	if (q->fallback.p)
		return;
	q->fallback = typed(arena, default_of(level->init, q->field));
	/* a choice is written down all the same: it is what the operator wants to see */
	q->fallback_applies = q->fallback.p && init_form(q->field->type) != INIT_CHOICE;
	if (!q->fallback.p && q->field->type->kind == TYPE_BOOLEAN) {
		q->fallback = STR("no");
		q->fallback_applies = true;
	}
}

/* The first part of what the reference says, as a prompt. */
static struct str short_doc(struct str doc)
{
	size_t n = 0;

	while (n < doc.n && doc.p[n] != ';' && !(doc.p[n] == '.' && n + 1 == doc.n))
		n++;
	return (struct str){doc.p, n};
}

static bool completes(const struct level *level, const char *field)
{
	struct init_rows all = init_rows();
	size_t i;

	for (i = 0; i < all.count; i++) {
		if (all.rows[i].when &&
		    strcmp(all.rows[i].structure, level->structure->name) == 0 &&
		    strcmp(all.rows[i].when, field) == 0)
			return true;
	}
	return false;
}

static struct init_question question_of(const struct level *level, const struct schema_field *field,
					const struct init_row *row)
{
	struct init_question q = {.init = level->init,
				  .body = level->body,
				  .structure = level->structure,
				  .field = field,
				  .row = row};

	q.path = arena_printf(&level->init->arena, "%.*s%s", STR_ARG(level->path), field->name);
	q.prompt = row && row->prompt ? str_c(row->prompt) : short_doc(str_c(field->doc));
	if (!q.prompt.n)
		q.prompt = q.path;
	q.needed = field->required || (row && row->when);
	q.pending = completes(level, field->name);
	/* of all that Bootstrap has, one part may be asked again alone */
	q.again = level->before &&
		  (level->path.n || node_map_find(level->before, str_c(field->name)));
	choose_fallback(level, &q);
	return q;
}

/* ---- the walk ---- */

static struct node *submap(const struct node *map, const char *name)
{
	struct node *value = map ? node_map_get(map, str_c(name)) : NULL;

	return value && value->kind == NODE_MAP ? value : NULL;
}

/* The fields of what the question is about. `label`: of that variant. */
static bool walk_part(const struct level *level, const struct init_question *q,
		      const struct schema_structure *structure, struct node *body,
		      const char *label)
{
	const struct node *all = default_of(level->init, q->field);
	struct level part = *level;

	part.structure = structure;
	part.body = body;
	part.label = label;
	/* they are of another variant, where that was not taken */
	part.defaults = all && all->kind == NODE_MAP ? all : NULL;
	if (label && !str_eq(init_text_of(all, "@type"), str_c(label)))
		part.defaults = NULL;
	part.before = submap(level->before, q->field->name);
	if (label && !str_eq(init_text_of(part.before, "@type"), str_c(label)))
		part.before = NULL;
	part.path = arena_printf(&level->init->arena, "%.*s.", STR_ARG(q->path));
	return part.path.p && walk_fields(&part);
}

static struct node *new_body(const struct level *level, const struct schema_field *field)
{
	struct init *init = level->init;
	struct node *body = node_new(&init->arena, NODE_MAP, SPAN_NONE);

	if (!body || !node_map_append(&init->arena, &init->hash_key, level->body,
				      str_c(field->name), SPAN_NONE, body))
		return NULL;
	return body;
}

static bool walk_single(const struct level *level, const struct init_question *q)
{
	struct node *body = new_body(level, q->field);

	return body && walk_part(level, q, q->field->type->structure, body, NULL);
}

/* Remembers an answer for the next time, and takes it back. */
static bool reject(const struct level *level, const char *field, struct node_entry *last)
{
	struct init *init = level->init;
	struct node *value = node_map_get(level->body, str_c(field));
	struct node_entry *old;

	if (!init->before)
		init->before = node_new(&init->arena, NODE_MAP, SPAN_NONE);
	if (!init->before)
		return false;
	init_take_back(level->body, last);
	old = node_map_find(init->before, str_c(field));
	if (old)
		old->value = value;
	return old || node_map_append(&init->arena, &init->hash_key, init->before, str_c(field),
				      SPAN_NONE, value);
}

/* A choice, and the fields of what was chosen. */
static bool walk_choice(const struct level *level, const struct init_question *q)
{
	const struct schema_variant *variant;
	struct node *value;

	if (!level->talk->ask(level->talk->ctx, q))
		return false;
	value = node_map_get(level->body, str_c(q->field->name));
	if (!value || q->field->type->kind != TYPE_OBJECT)
		return true;
	variant = schema_variant_find(q->field->type->structure, init_text_of(value, "@type"));
	return !variant || !variant->body ||
	       walk_part(level, q, variant->body, value, variant->name);
}

/* A choice of the Bootstrap itself: what comes of it is held against all that is known. */
static bool walk_top_choice(const struct level *top, const struct schema_field *field,
			    const struct init_row *row)
{
	bool fits = false;

	while (!fits) {
		struct node_entry *last = top->body->map.last;
		struct level level = *top;
		struct init_question q;
		struct buf why = BUF_INIT;
		bool goes_on;

		level.before = top->init->before;
		q = question_of(&level, field, row);
		goes_on = q.path.p && walk_choice(&level, &q);
		fits = goes_on && init_fits(level.init, &why);
		if (goes_on && !fits)
			goes_on = level.talk->unfit(level.talk->ctx, &q, &why) &&
				  reject(&level, field->name, last);
		buf_free(&why);
		if (!goes_on)
			return false;
	}
	return true;
}

/* ---- lists of objects ---- */

/* The list's element in that place, as a field of its own. */
static const struct schema_field *element_field(struct init *init, const struct schema_field *list,
						size_t at)
{
	struct schema_field *field = ARENA_NEW(&init->arena, struct schema_field);
	struct str name = arena_printf(&init->arena, "%zu", at);

	if (!field || !name.p)
		return NULL;
	*field = *list;
	field->name = name.p;
	field->type = list->type->element;
	field->default_json = NULL;
	field->required = at < list->type->min_items;
	return field;
}

/* Another object that is not a choice: nothing else would say that there is none. */
static bool wants_another(const struct level *level, const struct init_question *element,
			  bool *wanted)
{
	static const struct schema_type yes_no = {.kind = TYPE_BOOLEAN};
	static const struct schema_field field = {.name = "another", .type = &yes_no};
	struct init_question q = *element;

	if (element->needed || is_given(level->init, element->path)) {
		*wanted = true;
		return true;
	}
	q.field = &field;
	q.body = node_new(&level->init->arena, NODE_MAP, SPAN_NONE);
	q.fallback_applies =
		!level->before || !node_map_find(level->before, str_c(element->field->name));
	q.fallback = q.fallback_applies ? STR("no") : STR("yes");
	if (!q.body || !level->talk->ask(level->talk->ctx, &q))
		return false;
	*wanted = q.body->map.first && q.body->map.first->value->boolean;
	return true;
}

/* One more: appended to the body, or not where there is none. */
static bool walk_element(const struct level *level, const struct init_question *list, size_t at)
{
	const struct schema_field *field = element_field(level->init, list->field, at);
	struct init_question q;
	bool wanted;

	if (!field)
		return false;
	q = question_of(level, field, list->row);
	q.prompt = arena_printf(&level->init->arena, "%.*s %zu%s", STR_ARG(list->prompt), at + 1,
				q.needed ? "" : ", if there is one more");
	if (!q.path.p || !q.prompt.p)
		return false;
	if (init_form(field->type) == INIT_CHOICE)
		return walk_choice(level, &q);
	return wants_another(level, &q, &wanted) && (!wanted || walk_single(level, &q));
}

/* As a map from places to objects, which the compiler takes for a list. */
static bool walk_list(const struct level *level, const struct init_question *q)
{
	struct level list = *level;
	size_t at = 0;

	list.body = new_body(level, q->field);
	list.before = submap(level->before, q->field->name);
	list.defaults = NULL;
	list.path = arena_printf(&level->init->arena, "%.*s.", STR_ARG(q->path));
	if (!list.body || !list.path.p)
		return false;
	while (at == list.body->map.count) {
		if (!walk_element(&list, q, at++))
			return false;
	}
	return true;
}

static bool walk_field(const struct level *level, const struct schema_field *field,
		       const struct init_row *row)
{
	struct init_question q;

	if (!level->path.n && field->type->kind == TYPE_OBJECT &&
	    init_form(field->type) == INIT_CHOICE)
		return walk_top_choice(level, field, row);
	q = question_of(level, field, row);
	if (!q.path.p)
		return false;
	if (field->type->kind == TYPE_MAP) /* there is none that a new server needs */
		return true;
	if (field->type->kind == TYPE_LIST)
		return walk_list(level, &q);
	switch (init_form(field->type)) {
	case INIT_PART: return walk_single(level, &q);
	case INIT_CHOICE: return walk_choice(level, &q);
	case INIT_TEXT:
	case INIT_YES_NO:
	case INIT_SECRET:
	case INIT_SEVERAL: break;
	}
	return level->talk->ask(level->talk->ctx, &q);
}

/* A condition that does not hold; what was answered with "none" is no answer. */
static bool is_idle(const struct level *level, const struct init_row *row)
{
	return row->when && !node_map_find(level->body, str_c(row->when));
}

static const struct init_row *find_row(const struct schema_structure *structure, const char *field)
{
	struct init_rows all = init_rows();
	size_t i;

	for (i = 0; i < all.count; i++) {
		if (strcmp(all.rows[i].structure, structure->name) == 0 &&
		    strcmp(all.rows[i].field, field) == 0)
			return &all.rows[i];
	}
	return NULL;
}

static bool walk_rows(const struct level *level)
{
	struct init_rows all = init_rows();
	size_t i;

	for (i = 0; i < all.count; i++) {
		const struct init_row *row = &all.rows[i];
		const struct schema_field *field;

		if (strcmp(row->structure, level->structure->name) != 0 || is_idle(level, row))
			continue;
		field = schema_field_find(level->structure, str_c(row->field));
		if (field && !walk_field(level, field, row))
			return false;
	}
	return true;
}

static bool walk_fields(const struct level *level)
{
	size_t i;

	if (!walk_rows(level))
		return false;
	for (i = 0; i < level->structure->field_count; i++) {
		const struct schema_field *field = &level->structure->fields[i];
		struct str path = arena_printf(&level->init->arena, "%.*s%s", STR_ARG(level->path),
					       field->name);
		bool asked = field->required && !field->default_json;

		if (!path.p)
			return false;
		if (find_row(level->structure, field->name) ||
		    (!asked && !is_given(level->init, path)))
			continue;
		if (!walk_field(level, field, NULL))
			return false;
	}
	return true;
}

bool init_walk(struct init *init, const struct init_talk *talk)
{
	struct level top = {.init = init, .talk = talk, .body = init->bootstrap};

	top.before = init->before;
	top.structure = schema_structure_find(&schema_builtin, STR("Bootstrap"));
	if (!walk_fields(&top))
		return false;
	if (init_is_on(init, "requestTlsCertificate", true))
		return true;
	top.structure = schema_structure_find(&schema_builtin, STR("Certificate"));
	top.body = init->certificate;
	top.before = NULL;
	top.path = STR("certificate.");
	return walk_rows(&top);
}
