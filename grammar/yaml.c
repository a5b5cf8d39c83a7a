/*
 * YAML through the events of libyaml; this file alone knows the library. It checks the
 * grammar, and the events become nodes here, with what makes a configuration ambiguous or
 * dangerous refused: merge keys, foreign tags, several documents, aliases without bound.
 *
 * Its marks count characters, ours are bytes. A table of the byte offset of every 256th
 * character turns one into the other; it is made once, and only for a text that is not ASCII.
 * (Line and column would do as well, but a line may be the whole file, and libyaml ends lines
 * at U+0085 and U+2028 too, where our line map does not.)
 *
 * Depth is cut here, at the event, because the library's own work grows with the square of
 * the nesting.
 */
#include "grammar/yaml.h"
#include "base/utf8.h"

#include <yaml.h>

#define MARK_STEP ((size_t)256)
#define ALIAS_BUDGET ((size_t)10000) /* nodes that all aliases of a document may copy */

enum frame_state {
	FRAME_LIST,
	FRAME_KEY,   /* a map that waits for a key */
	FRAME_VALUE, /* a map that has one */
	FRAME_DROP   /* a map whose key was wrong: the value goes nowhere */
};

struct frame {
	struct node *node;
	enum frame_state state;
	struct str key;
	struct span key_span;
	bool flow;
	bool detached; /* it stands where a key should, and is not part of the tree */
};

struct yaml {
	struct reader *r;
	struct str text; /* without byte order mark */
	size_t bom;
	size_t characters;
	uint32_t *marks; /* NULL: ASCII */
	yaml_parser_t parser;
	struct map anchors; /* name to node */
	size_t copied;      /* by aliases */
	struct frame stack[READER_DEPTH_LIMIT];
	size_t depth;
	struct node *root;
	size_t documents;
};

static bool make_marks(struct yaml *y)
{
	size_t character = 0;

	y->characters = utf8_count(y->text);
	if (y->characters == y->text.n)
		return true;
	y->marks = ARENA_ARRAY(y->r->nodes, uint32_t, y->characters / MARK_STEP + 1);
	if (!y->marks)
		return false;
	y->marks[y->characters / MARK_STEP] = (uint32_t)y->text.n;
	for (size_t i = 0; i < y->text.n; i++) {
		if (((unsigned char)y->text.p[i] & 0xC0) == 0x80)
			continue;
		if (character % MARK_STEP == 0)
			y->marks[character / MARK_STEP] = (uint32_t)i;
		character++;
	}
	return true;
}

static size_t byte_of_marked(const struct yaml *y, size_t character)
{
	size_t left = character % MARK_STEP, at;

	for (at = y->marks[character / MARK_STEP]; left > 0 && at < y->text.n; left--) {
		at++;
		while (at < y->text.n && ((unsigned char)y->text.p[at] & 0xC0) == 0x80)
			at++;
	}
	return y->bom + at;
}

static inline size_t byte_of(const struct yaml *y, const yaml_mark_t *mark)
{
	size_t character = mark->index < y->characters ? mark->index : y->characters;

	return y->marks ? byte_of_marked(y, character) : y->bom + character;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* The place of an event without its anchor and tag, and without the blanks behind it. */
static struct span event_span(const struct yaml *y, const yaml_event_t *event, bool properties)
{
	const char *p = reader_text(y->r).p;
	size_t begin = byte_of(y, &event->start_mark), end = byte_of(y, &event->end_mark);

	while (properties && begin < end && (p[begin] == '&' || p[begin] == '!')) {
		/* an anchor of libyaml ends where its name does, a tag at a blank */
		bool anchor = p[begin] == '&';

		begin++;
		while (begin < end && (anchor ? is_name(p[begin]) : !is_space(p[begin])))
			begin++;
		while (begin < end && is_space(p[begin]))
			begin++;
	}
	while (end > begin && is_space(p[end - 1]))
		end--;
	return reader_span(y->r, begin, end);
}

static struct diag *refuse(struct yaml *y, struct span span, const char *what)
{
	return reader_error(y->r, DIAG_YAML_FEATURE, span.begin, span.end, "%s", what);
}

/* Something else than text stands where a map waits for a key; the value behind it goes
 * nowhere. One report covers all that is inside the key. */
static void not_a_key(struct yaml *y, struct span span)
{
	y->r->incomplete = true;
	for (size_t i = 0; i < y->depth; i++)
		if (y->stack[i].detached)
			return;
	refuse(y, span, "only text can be a key");
}

/* Puts a finished node where the open list or map, or the document, expects it. */
static bool place(struct yaml *y, struct node *node)
{
	struct frame *top = y->depth ? &y->stack[y->depth - 1] : NULL;

	if (!top) {
		y->root = node;
		return true;
	}
	switch (top->state) {
	case FRAME_LIST: node_list_append(top->node, node); break;
	case FRAME_VALUE:
		if (!node_map_append(y->r->nodes, y->r->key, top->node, top->key, top->key_span,
				     node)) {
			y->r->failed = true;
			return false;
		}
		top->state = FRAME_KEY;
		break;
	case FRAME_DROP: top->state = FRAME_KEY; break;
	case FRAME_KEY:
		not_a_key(y, node->span);
		top->state = FRAME_DROP;
		break;
	}
	return true;
}

/* A scalar where a map waits for a key. Keys are text, whatever they look like. */
static bool place_key(struct yaml *y, struct str key, struct span span, bool plain)
{
	struct frame *top = &y->stack[y->depth - 1];
	struct node_entry *first;

	top->state = FRAME_DROP;
	if (plain && str_eq(key, STR("<<"))) {
		refuse(y, span, "merge keys are not accepted");
		y->r->incomplete = true;
		return true;
	}
	if (plain && key.n == 0) {
		refuse(y, span, "a key is missing");
		return true;
	}
	y->r->near = STR_NONE;
	if (plain && (key.p[0] | 0x20) >= 'a' && yaml_is_ambiguous(key)) {
		yaml_report_ambiguous(y->r, key, span);
		return true;
	}
	first = node_map_find(top->node, key);
	if (first) {
		reader_duplicate(y->r, key, span, first->key_span);
		return true;
	}
	y->r->near = key;
	top->key = key;
	top->key_span = span;
	top->state = FRAME_VALUE;
	return true;
}

static bool remember(struct yaml *y, const yaml_char_t *anchor, struct node *node)
{
	struct str name;

	if (!anchor)
		return true;
	name = arena_str(y->r->texts, str_c((const char *)anchor));
	if (!name.p || !map_put(&y->anchors, name, node)) {
		y->r->failed = true;
		return false;
	}
	return true;
}

/* The value of a scalar: the literal itself where it says just that, else a copy. .p NULL: out of
 * memory. */
static struct str scalar_text(struct yaml *y, const yaml_event_t *event, struct span span)
{
	struct str value = {(const char *)event->data.scalar.value, event->data.scalar.length};
	struct str literal = {reader_text(y->r).p + span.begin, span.end - span.begin};

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE && literal.n >= 2)
		literal = (struct str){literal.p + 1, literal.n - 2};
	if (value.n && str_eq(literal, value))
		return literal;
	return arena_str(y->r->texts, value);
}

/* A key needs no node, but where an anchor names it. */
static bool on_key(struct yaml *y, const yaml_char_t *anchor, struct str s, struct span span,
		   bool plain)
{
	struct node *node = NULL;

	if (anchor) {
		node = node_string(y->r->nodes, s, span);
		if (!node || !remember(y, anchor, node)) {
			y->r->failed = true;
			return false;
		}
	}
	return place_key(y, s, span, plain);
}

static bool on_scalar(struct yaml *y, const yaml_event_t *event)
{
	const struct frame *top = y->depth ? &y->stack[y->depth - 1] : NULL;
	const char *tag_name = (const char *)event->data.scalar.tag;
	const yaml_char_t *anchor = event->data.scalar.anchor;
	enum yaml_tag tag = yaml_tag_of(tag_name);
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	struct span span = event_span(y, event, anchor || tag_name);
	struct str s = scalar_text(y, event, span);
	struct node *node;

	if (!s.p) {
		y->r->failed = true;
		return false;
	}
	if (tag == YAML_TAG_OTHER || tag == YAML_TAG_MAP || tag == YAML_TAG_SEQ) {
		refuse(y, span, "this tag is not accepted");
		node = reader_poison(y->r, span);
	} else if (top && top->state == FRAME_KEY) {
		return on_key(y, anchor, s, span, plain && tag == YAML_TAG_NONE);
	} else {
		node = yaml_scalar(y->r, s, span, tag, plain);
	}
	return node && remember(y, anchor, node) && place(y, node);
}

static bool on_open(struct yaml *y, const yaml_event_t *event, enum node_kind kind)
{
	bool map = kind == NODE_MAP;
	const yaml_char_t *anchor =
		map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	const char *tag_name = (const char *)(map ? event->data.mapping_start.tag
						  : event->data.sequence_start.tag);
	enum yaml_tag tag = yaml_tag_of(tag_name);
	struct span span = event_span(y, event, anchor || tag_name);
	struct node *node = node_new(y->r->nodes, kind, span);
	struct frame *top = y->depth ? &y->stack[y->depth - 1] : NULL;
	bool detached = top && top->state == FRAME_KEY;

	if (!node) {
		y->r->failed = true;
		return false;
	}
	if (tag != YAML_TAG_NONE && tag != YAML_TAG_STR &&
	    tag != (map ? YAML_TAG_MAP : YAML_TAG_SEQ))
		refuse(y, span, "this tag is not accepted");
	if (y->depth == READER_DEPTH_LIMIT) {
		reader_error(y->r, DIAG_NESTING, span.begin, span.end,
			     "values are nested more than %d levels deep", READER_DEPTH_LIMIT);
		return false;
	}
	if (detached)
		top->state = FRAME_DROP;
	y->stack[y->depth++] = (struct frame){
		.node = node,
		.state = map ? FRAME_KEY : FRAME_LIST,
		.detached = detached,
		.flow = map ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
			    : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
	};
	return remember(y, anchor, node);
}

/* A block ends where its last child does; libyaml says: where the next token begins. */
static uint32_t block_end(const struct node *node)
{
	const struct node *last = NULL;

	if (node->kind == NODE_LIST)
		last = node->list.last;
	else if (node->map.last)
		last = node->map.last->value;
	return last && last->span.end > node->span.end ? last->span.end : node->span.end;
}

static bool on_close(struct yaml *y, const yaml_event_t *event)
{
	struct frame frame = y->stack[--y->depth];

	frame.node->span.end =
		frame.flow ? (uint32_t)byte_of(y, &event->end_mark) : block_end(frame.node);
	if (!frame.detached)
		return place(y, frame.node);
	not_a_key(y, frame.node->span);
	return true;
}

static struct node *copy(struct yaml *y, const struct node *node, size_t depth);

static bool copy_list(struct yaml *y, const struct node *from, struct node *to, size_t depth)
{
	to->list.first = to->list.last = NULL;
	to->list.count = 0;
	for (const struct node *m = from->list.first; m; m = m->next) {
		struct node *member = copy(y, m, depth);

		if (!member)
			return false;
		node_list_append(to, member);
	}
	return true;
}

static bool copy_map(struct yaml *y, const struct node *from, struct node *to, size_t depth)
{
	memset(&to->map, 0, sizeof(to->map));
	for (const struct node_entry *e = from->map.first; e; e = e->next) {
		struct node *value = copy(y, e->value, depth);

		if (!value)
			return false;
		if (!node_map_append(y->r->nodes, y->r->key, to, e->key, e->key_span, value)) {
			y->r->failed = true;
			return false;
		}
	}
	return true;
}

/* NULL: too deep or too much, or r->failed. */
static struct node *copy(struct yaml *y, const struct node *node, size_t depth)
{
	struct node *to;

	if (++y->copied > ALIAS_BUDGET)
		return NULL;
	to = node_shallow(y->r->nodes, node);
	if (!to) {
		y->r->failed = true;
		return NULL;
	}
	if (node->kind != NODE_LIST && node->kind != NODE_MAP)
		return to;
	if (depth >= READER_DEPTH_LIMIT)
		return NULL;
	if (node->kind == NODE_LIST)
		return copy_list(y, node, to, depth + 1) ? to : NULL;
	return copy_map(y, node, to, depth + 1) ? to : NULL;
}

static bool is_open(const struct yaml *y, const struct node *node)
{
	for (size_t i = 0; i < y->depth; i++)
		if (y->stack[i].node == node)
			return true;
	return false;
}

static bool on_alias(struct yaml *y, const yaml_event_t *event)
{
	struct span span = event_span(y, event, false);
	const struct node *node =
		map_get(&y->anchors, str_c((const char *)event->data.alias.anchor));
	struct node *made;

	if (!node) {
		reader_error(y->r, DIAG_SYNTAX, span.begin, span.end,
			     "no anchor of this name stands before the alias");
		made = reader_poison(y->r, span);
	} else if (is_open(y, node)) {
		refuse(y, span, "an alias to something that contains it has no end");
		made = reader_poison(y->r, span);
	} else {
		made = copy(y, node, y->depth);
		if (!made && !y->r->failed) {
			refuse(y, span, "aliases expand to too much");
			return false;
		}
	}
	return made && place(y, made);
}

static bool on_document(struct yaml *y, const yaml_event_t *event)
{
	struct span span = event_span(y, event, false);

	if (y->documents++ == 0)
		return true;
	refuse(y, span, "a second document begins here; a file holds one");
	return false;
}

/* False: nothing more is to be read. */
static bool on_event(struct yaml *y, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT: return true;
	case YAML_STREAM_END_EVENT: return false;
	case YAML_DOCUMENT_START_EVENT: return on_document(y, event);
	case YAML_ALIAS_EVENT: return on_alias(y, event);
	case YAML_SCALAR_EVENT: return on_scalar(y, event);
	case YAML_SEQUENCE_START_EVENT: return on_open(y, event, NODE_LIST);
	case YAML_MAPPING_START_EVENT: return on_open(y, event, NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: return on_close(y, event);
	}
	return false;
}

static void report_problem(struct yaml *y)
{
	const yaml_parser_t *p = &y->parser;
	size_t at = p->error == YAML_READER_ERROR ? y->bom + p->problem_offset
						  : byte_of(y, &p->problem_mark);
	struct diag *d;
	size_t context;
	bool tab;

	if (p->error == YAML_MEMORY_ERROR) {
		y->r->failed = true;
		return;
	}
	tab = at < reader_text(y->r).n && reader_text(y->r).p[at] == '\t';
	d = reader_error(y->r, DIAG_SYNTAX, at, at < reader_text(y->r).n ? at + 1 : at, "%s",
			 tab          ? "a tab cannot indent in YAML: write blanks"
			 : p->problem ? p->problem
				      : "not YAML");
	context = p->context ? byte_of(y, &p->context_mark) : at;
	if (context != at)
		diag_relate(y->r->diags, d, reader_span(y->r, context, context), "%s", p->context);
}

static void run(struct yaml *y)
{
	bool more = true, ended = false;

	while (more) {
		yaml_event_t event;

		if (!yaml_parser_parse(&y->parser, &event)) {
			report_problem(y);
			break;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		more = on_event(y, &event);
		yaml_event_delete(&event);
	}
	y->r->incomplete = y->r->incomplete || !ended;
}

struct node *yaml_read(struct reader *r)
{
	struct yaml y = {.r = r, .bom = reader_bom(r->source)};

	if (!reader_check_utf8(r))
		return NULL;
	y.text = str_from(reader_text(r), y.bom);
	if (!y.text.n)
		return NULL;
	map_init(&y.anchors, r->key, r->nodes);
	if (!make_marks(&y) || !yaml_parser_initialize(&y.parser)) {
		r->failed = true;
		return NULL;
	}
	yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&y.parser, (const unsigned char *)y.text.p, y.text.n);
	run(&y);
	yaml_parser_delete(&y.parser);
	/* what was open when an error cut the text is still worth checking */
	while (y.depth > 0 && !r->failed) {
		struct frame frame = y.stack[--y.depth];

		frame.node->span.end = block_end(frame.node);
		if (!frame.detached && !place(&y, frame.node))
			break;
	}
	return y.root;
}
