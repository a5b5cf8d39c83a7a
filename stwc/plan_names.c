/*
 * Names in plans. A server keeps the names of one run in one list without types, so a reference is
 * resolved only behind the operation that gives the name, and by the latest of that name; only
 * under some fields; and between objects of one operation only where it is the member of a set
 * (validation.md 3.3). Each of these is worth an error with both places, because the server's own
 * says no more than that something was not found.
 */
#include "stwc/dialect.h"
#include "stwc/path.h"
#include "stwc/walk.h"

/* The fields under which a value that begins with # is looked up (validation.md 3.3). */
static bool is_resolved_field(struct str name)
{
	static const char *const names[] = {"id",
					    "memberGroupIds",
					    "memberTenantId",
					    "roleIds",
					    "dnsServerId",
					    "directoryId",
					    "domainId",
					    "accountId",
					    "defaultDomainId",
					    "defaultCertificateId",
					    "defaultUserRoleIds",
					    "defaultGroupRoleIds",
					    "defaultTenantRoleIds",
					    "defaultAdminRoleIds",
					    "listenerIds",
					    "publicKey",
					    "queueId",
					    "modelId",
					    "acmeProviderId",
					    "blobId"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_c(name, names[i]))
			return true;
	}
	return false;
}

bool plan_name_add(struct compilation *c, struct str name, const struct plan_name *what)
{
	void **place = map_at(&c->state->plan_names, name);
	struct plan_name *said = place ? ARENA_NEW(&c->arena, struct plan_name) : NULL;

	if (!said)
		return false;
	*said = *what;
	said->earlier = *place;
	*place = said;
	return true;
}

const struct plan_name *plan_name_at(const struct compilation *c, struct str name, uint32_t source,
				     uint32_t offset)
{
	const struct plan_name *said;

	for (said = map_get(&c->state->plan_names, name); said; said = said->earlier) {
		if (said->operation.source == source && said->operation.begin <= offset)
			return said;
	}
	return NULL;
}

static unsigned line_of(const struct compilation *c, struct span span)
{
	return source_line_number(sources_get(&c->sources, span.source), span.begin);
}

static struct diag *complain(struct compilation *c, const struct object *object,
			     const struct value *value, const struct path *path,
			     const struct plan_name *said, const char *what)
{
	struct diag *diag = diag_add(&c->diags, DIAG_PLAN_REFERENCE, value->span, "'%.*s' %s",
				     STR_ARG(value->reference.written), what);

	path_place(c, diag, object, path);
	if (said)
		diag_relate(&c->diags, diag, said->key, "%s '%.*s' is made here", said->type->name,
			    STR_ARG(str_from(value->reference.written, 1)));
	return diag;
}

/* How far a circle is looked for: a longer one is told as what is made too late. */
#define CIRCLE_LIMIT 32

struct chain {
	const struct compilation *c;
	uint32_t source;
	size_t drafts[CIRCLE_LIMIT]; /* that are reached, in the order of a walk in breadth */
	size_t count;
};

static void reach(void *ctx, struct value *value, const struct path *path UNUSED)
{
	struct chain *chain = ctx;
	struct str written = value->kind == VALUE_REFERENCE ? value->reference.written : STR_NONE;
	const struct plan_name *said = NULL;
	size_t i;

	if (str_starts(written, STR("#")))
		said = plan_name_at(chain->c, str_from(written, 1), chain->source, UINT32_MAX);
	if (!said || !said->type)
		return;
	for (i = 0; i < chain->count; i++) {
		if (chain->drafts[i] == said->draft)
			return;
	}
	if (chain->count < CIRCLE_LIMIT)
		chain->drafts[chain->count++] = said->draft;
}

/* Does what is made later need this object, so that no order helps? */
static bool needs_each_other(const struct compilation *c, const struct object *object,
			     const struct plan_name *said)
{
	struct chain chain = {c, said->key.source, {said->draft}, 1};
	struct walk walk = {reach, &chain, HOLDS_REFERENCES};
	size_t i;

	for (i = 0; i < chain.count; i++) {
		const struct object *next = c->state->drafts[chain.drafts[i]].object;

		if (chain.drafts[i] == object->draft)
			return true;
		if (next)
			walk_object(&walk, &next->body, NULL);
	}
	return false;
}

static bool made_later(struct compilation *c, const struct object *object,
		       const struct value *value, const struct path *path,
		       const struct plan_name *said)
{
	struct diag *diag = diag_add(&c->diags, DIAG_PLAN_REFERENCE, value->span,
				     "'%.*s' is used on line %u and made on line %u",
				     STR_ARG(value->reference.written), line_of(c, value->span),
				     line_of(c, said->key));

	path_place(c, diag, object, path);
	diag_relate(&c->diags, diag, said->key, "%s '%.*s' is made here", said->type->name,
		    STR_ARG(str_from(value->reference.written, 1)));
	diag_hint(&c->diags, diag,
		  needs_each_other(c, object, said)
			  ? "each needs the other: make one without the reference, and update it "
			    "later"
			  : "a server takes operations in the order of the plan");
	return false;
}

struct plan_late {
	struct plan_late *next;
	const struct schema_object *type;
	struct str name;
	struct span span;
};

bool plan_late_add(struct file *file, const struct schema_object *type, struct str name,
		   struct span span)
{
	struct plan_late *late = ARENA_NEW(&file->c->arena, struct plan_late);

	if (!late)
		return false;
	*late = (struct plan_late){file->late, type, draft_keep_str(file->c, name, file->source),
				   span};
	file->late = late;
	return late->name.p != NULL;
}

void plan_late_report(struct file *file)
{
	struct compilation *c = file->c;
	const struct plan_late *late;

	for (late = file->late; late; late = late->next) {
		const struct plan_name *said =
			plan_name_at(c, late->name, late->span.source, UINT32_MAX);
		struct diag *diag;

		if (!said || said->type != late->type) {
			diag_add(&c->diags, DIAG_DANGLING_REFERENCE, late->span,
				 "no %s with the client id '%.*s' was made before this line",
				 late->type->name, STR_ARG(late->name));
			continue;
		}
		diag = diag_add(&c->diags, DIAG_PLAN_REFERENCE, late->span,
				"'#%.*s' is updated on line %u and made on line %u",
				STR_ARG(late->name), line_of(c, late->span), line_of(c, said->key));
		diag_relate(&c->diags, diag, said->key, "%s '%.*s' is made here", said->type->name,
			    STR_ARG(late->name));
		diag_hint(&c->diags, diag, "a server takes operations in the order of the plan");
	}
}

static struct str field_name(const struct path *path)
{
	while (path && !path->field)
		path = path->up;
	return path ? str_c(path->field) : STR_NONE;
}

static bool note_sibling(struct compilation *c, const struct object *object,
			 const struct value *value, const struct plan_name *said)
{
	struct compile_state *state = c->state;

	if (!state_grow((void **)&state->siblings, &state->sibling_cap, state->sibling_count,
			sizeof(struct sibling)))
		return false;
	state->siblings[state->sibling_count++] =
		(struct sibling){object->draft, said->draft, value};
	return true;
}

bool plan_reference(struct compilation *c, const struct object *object, const struct value *value,
		    const struct schema_object *target, const struct path *path, bool key,
		    struct object **out)
{
	uint32_t source = value->span.source;
	struct str name = str_from(value->reference.written, 1);
	const struct plan_name *said, *later;
	struct diag *diag;

	*out = NULL;
	if (!source || source > c->state->text_count || !c->state->texts[source - 1].plan)
		return true;
	if (!key && !is_resolved_field(field_name(path))) {
		complain(c, object, value, path, NULL,
			 "is not looked up by a server under this field");
		return false;
	}
	said = plan_name_at(c, name, source, value->span.begin);
	later = said ? NULL : plan_name_at(c, name, source, UINT32_MAX);
	if (later)
		return made_later(c, object, value, path, later);
	if (!said)
		return true;
	if (!said->type)
		return false; /* an object of the server, under a name that the request brings */
	if (said->type != target) {
		diag = complain(c, object, value, path, said,
				"has another type here: names of a plan have no types, and the "
				"latest counts");
		diag_hint(&c->diags, diag, "%s is needed; give it a client key of its own",
			  target->name);
		return false;
	}
	if (key && value->span.begin < said->operation.end && !note_sibling(c, object, value, said))
		return false;
	if (!key && value->span.begin < said->operation.end) {
		diag = complain(c, object, value, path, said,
				"is made by the same operation, where a server does not look it "
				"up");
		diag_hint(&c->diags, diag, "make it in an operation before");
		return false;
	}
	*out = c->state->drafts[said->draft].object;
	return true;
}

/* ---- circles ---- */

static void report_circle(struct compilation *c, const struct sibling *link)
{
	const struct object *target = c->state->drafts[link->to].object;
	struct diag *diag =
		diag_add(&c->diags, DIAG_PLAN_REFERENCE, link->value->span,
			 link->from == link->to
				 ? "'%.*s' is the object that refers to it here, and not there yet"
				 : "'%.*s' and the object that refers to it here each need the "
				   "other first",
			 STR_ARG(link->value->reference.written));

	if (target && link->from != link->to)
		diag_relate(&c->diags, diag, target->span, "made by the same operation");
	diag_hint(&c->diags, diag, "make it without the reference, and update it later");
}

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

/* A walk in depth with a stack of its own: a chain may be as long as there are objects. */
struct circles {
	struct compilation *c;
	size_t *next;  /* by draft: its next link, of those in a row */
	uint8_t *mark; /* by draft */
	size_t *stack;
};

static bool is_link_of(const struct compile_state *state, size_t link, size_t draft)
{
	return link < state->sibling_count && state->siblings[link].from == draft;
}

static void walk_from(struct circles *w, size_t root)
{
	const struct compile_state *state = w->c->state;
	size_t depth = 0;

	w->stack[depth++] = root;
	w->mark[root] = MARK_OPEN;
	while (depth) {
		size_t at = w->stack[depth - 1], to;

		if (!is_link_of(state, w->next[at], at)) {
			w->mark[at] = MARK_DONE;
			depth--;
			continue;
		}
		to = state->siblings[w->next[at]++].to;
		if (w->mark[to] == MARK_OPEN)
			report_circle(w->c, &state->siblings[w->next[at] - 1]);
		if (w->mark[to] != MARK_NEW)
			continue;
		w->mark[to] = MARK_OPEN;
		w->stack[depth++] = to;
	}
}

bool plan_circles(struct compilation *c)
{
	const struct compile_state *state = c->state;
	size_t room = state->draft_count + 1, i;
	struct circles w = {.c = c};

	if (!state->sibling_count)
		return true;
	w.next = ARENA_ARRAY(&c->arena, size_t, room);
	w.mark = ARENA_ARRAY(&c->arena, uint8_t, room);
	w.stack = ARENA_ARRAY(&c->arena, size_t, room);
	if (!w.next || !w.mark || !w.stack)
		return false;
	for (i = 0; i < room; i++)
		w.next[i] = SIZE_MAX;
	for (i = state->sibling_count; i-- > 0;)
		w.next[state->siblings[i].from] = i; /* links of one draft stand in a row */
	for (i = 0; i < state->sibling_count; i++) {
		if (w.mark[state->siblings[i].from] == MARK_NEW)
			walk_from(&w, state->siblings[i].from);
	}
	return true;
}
