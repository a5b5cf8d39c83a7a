/*
 * JSON values into nodes. This is the hot path of the compiler: a plan of a million objects
 * goes through here, so strings without escapes are slices of the source, a node is one bump
 * of the arena, and duplicate keys are found without hashing in the usual cases (keyset.h).
 * Maps get no index for the same reason: node_map_find scans one until something is appended.
 *
 * An error ends the text, or the line of NDJSON, except for a comma too many or too few:
 * what was meant is plain there, and more can be found in the same run.
 */
#include "grammar/json.h"
#include "base/utf8.h"
#include "grammar/reader_impl.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define NEAR __attribute__((always_inline)) static inline

void json_start(struct reader *r)
{
	struct json *j = &r->json;
	struct str text = reader_text(r);

	j->base = text.p;
	j->p = text.p + reader_bom(r->source);
	j->limit = text.p + text.n;
	j->state = JSON_START;
}

void json_free(struct json *j)
{
	for (size_t i = 0; i < ARRAY_LEN(j->keys); i++)
		keyset_free(&j->keys[i]);
}

static void out_of_memory(struct reader *r)
{
	r->failed = true;
}

static struct span span_at(const struct reader *r, const char *begin, const char *end)
{
	return reader_span(r, (size_t)(begin - r->json.base), (size_t)(end - r->json.base));
}

NEAR const char *skip_blank(const char *p, const char *limit)
{
	/* one comparison where nothing is blank, as in what programs write */
	while (p < limit && (unsigned char)*p <= ' ' &&
	       (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

bool json_at_end(struct json *j)
{
	j->p = skip_blank(j->p, j->limit);
	return j->p == j->limit;
}

/* Bytes of the character at p, for the span of an error; *valid tells whether it is UTF-8. */
static size_t character(const char *p, const char *limit, bool *valid)
{
	uint32_t c;
	size_t n = utf8_decode((struct str){p, (size_t)(limit - p)}, &c);

	*valid = n > 0;
	return n ? n : 1;
}

static bool is_comment(const char *at, const char *limit)
{
	return at < limit &&
	       (*at == '#' || (*at == '/' && limit - at > 1 && (at[1] == '/' || at[1] == '*')));
}

void json_error(struct reader *r, const char *at, const char *message)
{
	const char *limit = r->json.limit;
	size_t begin = (size_t)(at - r->json.base);
	bool valid = true;
	size_t n = at < limit ? character(at, limit, &valid) : 0;

	if (!valid)
		reader_error(r, DIAG_ENCODING, begin, begin + 1,
			     "byte 0x%02X does not belong to a UTF-8 character",
			     (unsigned char)*at);
	else if (at == limit)
		reader_error(r, DIAG_SYNTAX, begin, begin, "%s, found the end of the %s", message,
			     r->format == FORMAT_NDJSON ? "line" : "file");
	else if (is_comment(at, limit))
		reader_error(r, DIAG_SYNTAX, begin, begin + n, "%s: JSON has no comments", message);
	else if ((unsigned char)*at < 0x20)
		reader_error(r, DIAG_SYNTAX, begin, begin + n, "%s, found U+%04X", message,
			     (unsigned)(unsigned char)*at);
	else
		reader_error(r, DIAG_SYNTAX, begin, begin + n, "%s, found '%.*s'", message, (int)n,
			     at);
}

/* The first byte that is not plain content of a string; *high tells of bytes from 0x80 on. */
NEAR const char *plain_end(const char *p, const char *limit, unsigned *high)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	const __m128i control = _mm_set1_epi8(0x1f);

	for (; limit - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i stop = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash));
		unsigned found, above = (unsigned)_mm_movemask_epi8(v);

		stop = _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
		found = (unsigned)_mm_movemask_epi8(stop);
		if (found) {
			unsigned n = (unsigned)__builtin_ctz(found);

			*high |= above & ((1U << n) - 1);
			return p + n;
		}
		*high |= above;
	}
#endif
	for (; p < limit; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\' || c < 0x20)
			break;
		*high |= c & 0x80U;
	}
	return p;
}

/* p is behind the opening quote. */
/* .p is NULL where there is none. Returned, and not put anywhere: it stays in registers. */
NEAR struct str string(struct reader *r, const char *p, struct arena *arena)
{
	unsigned high = 0;
	const char *end = plain_end(p, r->json.limit, &high);
	struct str slow;

	if (high || end == r->json.limit || *end != '"')
		return json_string_slow(r, p, end, arena, &slow) ? slow : STR_NONE;
	r->json.p = end + 1;
	return (struct str){p, (size_t)(end - p)};
}

static void unclosed(struct reader *r, const char *open)
{
	size_t end = (size_t)(r->json.limit - r->json.base);
	struct diag *d = reader_error(r, DIAG_SYNTAX, end, end, "the %s ends inside a %s",
				      r->format == FORMAT_NDJSON ? "line" : "file",
				      *open == '{' ? "map" : "list");

	diag_relate(r->diags, d, span_at(r, open, open + 1), "opened here");
}

static bool starts_value(char c)
{
	return c == '"' || c == '{' || c == '[' || c == '-' || (c >= '0' && c <= '9');
}

/* No comma where one was due. */
static enum json_member missing_comma(struct reader *r, char close)
{
	struct json *j = &r->json;

	if (close == '}' ? *j->p == '"' : starts_value(*j->p)) {
		reader_error(r, DIAG_SYNTAX, (size_t)(j->p - j->base), (size_t)(j->p - j->base) + 1,
			     "a comma is missing before this");
		return JSON_MORE;
	}
	json_error(r, j->p, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
	return JSON_BROKEN;
}

NEAR enum json_member member(struct reader *r, const char *open, size_t count)
{
	struct json *j = &r->json;
	const char *p = skip_blank(j->p, j->limit), *comma = p;
	char close = *open == '{' ? '}' : ']';

	j->p = p;
	if (p == j->limit)
		return unclosed(r, open), JSON_BROKEN;
	if (*p == close) {
		j->p = p + 1;
		return JSON_CLOSED;
	}
	if (count == 0)
		return JSON_MORE;
	if (*p != ',')
		return missing_comma(r, close);
	p = skip_blank(p + 1, j->limit);
	j->p = p;
	if (p == j->limit)
		return unclosed(r, open), JSON_BROKEN;
	if (*p == close) {
		reader_error(r, DIAG_SYNTAX, (size_t)(comma - j->base),
			     (size_t)(comma - j->base) + 1, "a comma before '%c' is not JSON",
			     close);
		j->p = p + 1;
		return JSON_CLOSED;
	}
	return JSON_MORE;
}

enum json_member json_member(struct reader *r, const char *open, size_t count)
{
	return member(r, open, count);
}

static bool duplicate(struct reader *r, struct str key, struct span span, uint32_t first)
{
	struct str text = reader_text(r);
	size_t end = first + 1;

	while (text.p[end] != '"')
		end += text.p[end] == '\\' ? 2 : 1;
	reader_duplicate(r, key, span, reader_span(r, first, end + 1));
	return true;
}

NEAR bool key(struct reader *r, unsigned depth, struct arena *arena, struct str *name,
	      struct span *span)
{
	struct json *j = &r->json;
	const char *begin = j->p;
	uint32_t first;
	struct str text;

	if (*begin != '"')
		return json_error(r, begin, "expected a key in double quotes"), false;
	text = string(r, begin + 1, arena);
	if (!text.p)
		return false;
	*name = text;
	r->near = text;
	*span = span_at(r, begin, j->p);
	switch (keyset_add(&j->keys[depth], r->key, text, span->begin, &first)) {
	case KEYSET_NEW: break;
	case KEYSET_DUPLICATE: duplicate(r, text, *span, first); break;
	case KEYSET_FAILED: out_of_memory(r); return false;
	}
	j->p = skip_blank(j->p, j->limit);
	if (j->p == j->limit || *j->p != ':')
		return json_error(r, j->p, "expected ':' behind the key"), false;
	j->p++;
	return true;
}

bool json_key(struct reader *r, unsigned depth, struct arena *arena, struct str *name,
	      struct span *span)
{
	return key(r, depth, arena, name, span);
}

NEAR struct node *new_node(struct reader *r, enum node_kind kind, const char *begin)
{
	struct node *node = node_new(r->nodes, kind, span_at(r, begin, begin));

	if (!node)
		out_of_memory(r);
	return node;
}

/* The bracket at j->p. */
static struct node *map(struct reader *r, unsigned depth)
{
	struct json *j = &r->json;
	const char *open = j->p++;
	struct node *node = new_node(r, NODE_MAP, open);
	struct node_entry **link;
	enum json_member more;

	if (!node)
		return NULL;
	link = &node->map.first;
	keyset_clear(&j->keys[depth]);
	while ((more = member(r, open, node->map.count)) == JSON_MORE) {
		struct node_entry *e =
			arena_alloc(r->nodes, sizeof(*e), _Alignof(struct node_entry));

		if (!e)
			return out_of_memory(r), NULL;
		if (!key(r, depth, r->texts, &e->key, &e->key_span))
			return NULL;
		e->value = json_value(r, depth + 1);
		if (!e->value)
			return NULL;
		e->next = NULL;
		*link = e;
		link = &e->next;
		node->map.last = e;
		node->map.count++;
	}
	node->span.end = (uint32_t)(j->p - j->base);
	return more == JSON_CLOSED ? node : NULL;
}

static struct node *list(struct reader *r, unsigned depth)
{
	struct json *j = &r->json;
	const char *open = j->p++;
	struct node *node = new_node(r, NODE_LIST, open);
	enum json_member more;

	if (!node)
		return NULL;
	while ((more = member(r, open, node->list.count)) == JSON_MORE) {
		struct node *value = json_value(r, depth + 1);

		if (!value)
			return NULL;
		node_list_append(node, value);
	}
	node->span.end = (uint32_t)(j->p - j->base);
	return more == JSON_CLOSED ? node : NULL;
}

/* true, false, null; anything else that begins with a letter is an error. */
static struct node *word(struct reader *r, struct str name, enum node_kind kind)
{
	struct json *j = &r->json;
	struct node *node;

	if ((size_t)(j->limit - j->p) < name.n || memcmp(j->p, name.p, name.n) != 0) {
		json_error(r, j->p, "expected a value");
		return NULL;
	}
	node = new_node(r, kind, j->p);
	if (!node)
		return NULL;
	if (kind == NODE_BOOL)
		node->boolean = name.p[0] == 't';
	j->p += name.n;
	node->span.end = (uint32_t)(j->p - j->base);
	return node;
}

static struct node *container(struct reader *r, unsigned depth)
{
	if (depth > READER_DEPTH_LIMIT) {
		size_t at = (size_t)(r->json.p - r->json.base);

		reader_error(r, DIAG_NESTING, at, at + 1,
			     "values are nested more than %d levels deep", READER_DEPTH_LIMIT);
		return NULL;
	}
	return *r->json.p == '{' ? map(r, depth) : list(r, depth);
}

NEAR struct node *text(struct reader *r)
{
	struct json *j = &r->json;
	struct node *node = new_node(r, NODE_STRING, j->p);

	if (!node)
		return NULL;
	node->string = string(r, j->p + 1, r->texts);
	if (!node->string.p)
		return NULL;
	node->span.end = (uint32_t)(j->p - j->base);
	return node;
}

struct node *json_value(struct reader *r, unsigned depth)
{
	struct json *j = &r->json;

	j->p = skip_blank(j->p, j->limit);
	if (j->p == j->limit)
		return json_error(r, j->p, "expected a value"), NULL;
	switch (*j->p) {
	case '"': return text(r);
	case '{':
	case '[': return container(r, depth);
	case 't': return word(r, STR("true"), NODE_BOOL);
	case 'f': return word(r, STR("false"), NODE_BOOL);
	case 'n': return word(r, STR("null"), NODE_NULL);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9': return json_number(r);
	}
	json_error(r, j->p, "expected a value");
	return NULL;
}
