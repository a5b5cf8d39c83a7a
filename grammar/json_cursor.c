/*
 * JSON element by element: the entries of the root map, the members of the root list, the
 * pieces of an entry that the policy splits, or the lines of NDJSON. Nothing but the element
 * in hand stands in memory, and the keys of the open maps, which are slices of the source.
 */
#include "grammar/json.h"
#include "grammar/reader_impl.h"

/* An error that nothing after it can be trusted beyond. The element in hand is poison. */
static struct node *give_up(struct reader *r, struct span span)
{
	r->json.state = JSON_DONE;
	r->incomplete = true;
	return r->failed ? NULL : reader_poison(r, span);
}

static void finish(struct reader *r)
{
	struct json *j = &r->json;

	j->state = JSON_DONE;
	if (!json_at_end(j)) {
		json_error(r, j->p, "expected nothing more");
		r->incomplete = true;
	}
}

static void start(struct reader *r)
{
	struct json *j = &r->json;

	if (json_at_end(j)) {
		json_error(r, j->p, "expected a value");
		r->incomplete = true;
		j->state = JSON_DONE;
		return;
	}
	j->state = JSON_ROOT;
	j->open[0] = j->p;
	r->root = *j->p == '{'   ? READER_ROOT_MAP
		  : *j->p == '[' ? READER_ROOT_LIST
				 : READER_ROOT_VALUE;
	if (r->root != READER_ROOT_VALUE)
		j->p++;
	keyset_clear(&j->keys[1]);
}

/* The value of the element in hand, poison after an error. */
static bool take_value(struct reader *r, unsigned depth, struct reader_element *out)
{
	struct json *j = &r->json;
	struct span here = out->has_sub_key ? out->sub_key_span : out->key_span;

	if (here.source == 0)
		here = reader_span(r, (size_t)(j->p - j->base), (size_t)(j->p - j->base));
	out->value = json_value(r, depth);
	if (!out->value)
		out->value = give_up(r, here);
	return out->value != NULL;
}

/* True where the value at hand is a container that the policy wants in pieces. */
static bool enter_split(struct reader *r, const struct reader_element *e)
{
	struct json *j = &r->json;

	if (json_at_end(j) || (*j->p != '{' && *j->p != '[') || !r->policy.split ||
	    !r->policy.split(r->policy.ctx, e->key))
		return false;
	j->open[1] = j->p++;
	j->count[1] = 0;
	j->key = e->key;
	j->key_span = e->key_span;
	j->state = JSON_SPLIT;
	keyset_clear(&j->keys[2]);
	return true;
}

/* The split container was empty: it is yielded itself, once. */
static bool empty_container(struct reader *r, struct reader_element *out)
{
	struct json *j = &r->json;
	const char *open = j->open[1];

	out->container_only = true;
	out->value = node_new(r->nodes, *open == '{' ? NODE_MAP : NODE_LIST,
			      reader_span(r, (size_t)(open - j->base), (size_t)(j->p - j->base)));
	if (!out->value)
		r->failed = true;
	return out->value != NULL;
}

/* The next piece of the split entry. False: there was none (or r->failed). */
static bool next_piece(struct reader *r, struct reader_element *out)
{
	struct json *j = &r->json;
	size_t count = j->count[1];

	*out = (struct reader_element){
		.has_key = true, .key = j->key, .key_span = j->key_span, .ordinal = count};
	r->near = j->key;
	switch (json_member(r, j->open[1], count)) {
	case JSON_MORE: break;
	case JSON_CLOSED: j->state = JSON_ROOT; return count == 0 && empty_container(r, out);
	case JSON_BROKEN: out->value = give_up(r, j->key_span); return out->value != NULL;
	}
	j->count[1]++;
	out->is_member = *j->open[1] == '[';
	out->has_sub_key = !out->is_member;
	if (out->has_sub_key && !json_key(r, 2, &r->own, &out->sub_key, &out->sub_key_span)) {
		out->has_sub_key = false;
		out->value = give_up(r, j->key_span);
		return out->value != NULL;
	}
	return take_value(r, 3, out);
}

/* The next entry of the root map, or its first piece. */
static bool next_entry(struct reader *r, struct reader_element *out)
{
	struct json *j = &r->json;

	*out = (struct reader_element){.has_key = true, .ordinal = j->count[0]++};
	if (!json_key(r, 1, &r->own, &out->key, &out->key_span)) {
		give_up(r, SPAN_NONE);
		return false;
	}
	if (enter_split(r, out))
		return next_piece(r, out);
	return take_value(r, 2, out);
}

static bool next_member(struct reader *r, struct reader_element *out)
{
	*out = (struct reader_element){.ordinal = r->json.count[0]++};
	return take_value(r, 2, out);
}

/* One element of the root. False: none; the state tells whether there may be more. */
static bool next_of_root(struct reader *r, struct reader_element *out)
{
	struct json *j = &r->json;

	if (r->root == READER_ROOT_VALUE) {
		bool ok;

		*out = (struct reader_element){0};
		ok = take_value(r, 1, out);
		if (ok && j->state != JSON_DONE)
			finish(r);
		return ok;
	}
	switch (json_member(r, j->open[0], j->count[0])) {
	case JSON_MORE: break;
	case JSON_CLOSED: finish(r); return false;
	case JSON_BROKEN: give_up(r, SPAN_NONE); return false;
	}
	return r->root == READER_ROOT_MAP ? next_entry(r, out) : next_member(r, out);
}

enum reader_status json_next(struct reader *r, struct reader_element *out)
{
	struct json *j = &r->json;
	bool found = false;

	r->near = STR_NONE; /* the last one may have gone with the scratch arena */
	while (!found && !r->failed && j->state != JSON_DONE) {
		switch (j->state) {
		case JSON_START: start(r); break;
		case JSON_ROOT: found = next_of_root(r, out); break;
		case JSON_SPLIT: found = next_piece(r, out); break;
		case JSON_DONE: break;
		}
	}
	if (r->failed)
		return READER_FAILED;
	return found ? READER_ELEMENT : READER_END;
}

/* Sets j->p and j->limit to the next line that is not blank. */
static bool next_line(struct json *j, const char *end)
{
	while (j->p < end) {
		const char *newline = memchr(j->p, '\n', (size_t)(end - j->p));

		j->limit = newline ? newline : end;
		if (!json_at_end(j))
			return true;
		j->p = newline ? newline + 1 : end;
	}
	return false;
}

enum reader_status ndjson_next(struct reader *r, struct reader_element *out)
{
	struct json *j = &r->json;
	struct str text = reader_text(r);
	const char *begin;
	struct node *value;

	r->near = STR_NONE;
	if (!next_line(j, text.p + text.n))
		return READER_END;
	begin = j->p;
	r->root = READER_ROOT_LINES;
	value = json_value(r, 1);
	if (value && !json_at_end(j)) {
		json_error(r, j->p, "expected the end of the line");
		value = NULL;
	}
	if (!value)
		value = give_up(
			r, reader_span(r, (size_t)(begin - text.p), (size_t)(j->limit - text.p)));
	if (r->failed)
		return READER_FAILED;
	j->p = j->limit;
	*out = (struct reader_element){.ordinal = j->count[0]++, .value = value};
	return READER_ELEMENT;
}

struct node *json_whole(struct reader *r)
{
	struct node *root;

	root = json_value(r, 1);
	if (root)
		finish(r);
	else
		r->incomplete = true;
	return root;
}
