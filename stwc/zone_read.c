/* An older zone, whoever wrote it: what changed since, and the serial that follows. */
#include "stwc/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "stwc/state.h"

#define TOKENS_MAX 64

struct token {
	struct str text; /* without quotes, \DDD and \X resolved */
	bool quoted;
	bool literal; /* it has a backslash, so that nothing in it is a mark */
};

struct zone_reader {
	struct arena *arena;
	struct zone_old *old;
	struct str rest;
	size_t line;
	struct str origin, owner;
	uint32_t ttl;
	struct token tokens[TOKENS_MAX]; /* of one entry */
	size_t count;
	bool indented; /* it begins with a blank: the owner is that of the entry before */
};

static bool fault(struct zone_reader *r, const char *what)
{
	(void)snprintf(r->old->fault, sizeof(r->old->fault), "line %zu: %s", r->line, what);
	return false;
}

/* ---- entries (RFC 1035 section 5.1) ---- */

static int peek(const struct zone_reader *r)
{
	return r->rest.n ? (unsigned char)*r->rest.p : -1;
}

static int take(struct zone_reader *r)
{
	int c = peek(r);

	if (c >= 0)
		r->rest = str_from(r->rest, 1);
	r->line += c == '\n';
	return c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What stands behind a backslash. */
static int take_escape(struct zone_reader *r)
{
	int c;

	if (r->rest.n >= 3 && is_digit(r->rest.p[0]) && is_digit(r->rest.p[1]) &&
	    is_digit(r->rest.p[2])) {
		c = (r->rest.p[0] - '0') * 100 + (r->rest.p[1] - '0') * 10 + (r->rest.p[2] - '0');
		r->rest = str_from(r->rest, 3);
		return c > 255 ? -1 : c;
	}
	return take(r);
}

static bool take_token(struct zone_reader *r)
{
	struct token token = {STR_NONE, peek(r) == '"', false};
	struct buf text = BUF_INIT;
	int c;

	if (r->count == TOKENS_MAX)
		return fault(r, "an entry of too many words");
	if (token.quoted)
		(void)take(r);
	while ((c = peek(r)) >= 0 && (token.quoted ? c != '"' : !strchr(" \t\r\n;()\"", c))) {
		c = take(r);
		if (c == '\\') {
			token.literal = true;
			c = take_escape(r);
		}
		if (c < 0) {
			buf_free(&text);
			return fault(r, "a backslash with no character behind it");
		}
		buf_putc(&text, (char)c);
	}
	if (token.quoted && take(r) != '"') {
		buf_free(&text);
		return fault(r, "a quoted text has no end");
	}
	token.text = arena_str(r->arena, buf_str(&text));
	buf_free(&text);
	if (!token.text.p)
		return fault(r, "out of memory");
	r->tokens[r->count++] = token;
	return true;
}

static void skip_comment(struct zone_reader *r)
{
	while (peek(r) >= 0 && peek(r) != '\n')
		(void)take(r);
}

/* The words up to the end of the line; between parentheses lines go on. */
static bool take_entry(struct zone_reader *r)
{
	unsigned depth = 0;
	int c;

	r->count = 0;
	r->indented = peek(r) == ' ' || peek(r) == '\t';
	while ((c = peek(r)) >= 0) {
		if (c == '\n' && !depth) {
			(void)take(r);
			return true;
		}
		if (c == '\n' || c == ' ' || c == '\t' || c == '\r')
			(void)take(r);
		else if (c == ';')
			skip_comment(r);
		else if (c == '(' || c == ')') {
			if (c == ')' && !depth)
				return fault(r, "a parenthesis too many");
			depth = c == '(' ? depth + 1 : depth - 1;
			(void)take(r);
		} else if (!take_token(r))
			return false;
	}
	return !depth || fault(r, "a parenthesis is not closed");
}

/* ---- records ---- */

/* What would be a mark in a zone file becomes its number. */
static void put_word(struct buf *out, struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c <= ' ' || c > '~' || strchr("\"();\\$", c))
			buf_printf(out, "\\%03u", c);
		else
			buf_putc(out, (char)c);
	}
}

/* Absolute, in lower case, without the last dot. */
static struct str name_of(struct zone_reader *r, struct str text)
{
	struct buf word = BUF_INIT;
	struct str name;
	char *p;
	size_t i;

	if (str_eq(text, STR("@")))
		return r->origin;
	put_word(&word, text);
	if (word.n && word.p[word.n - 1] == '.')
		word.n--;
	else if (r->origin.n)
		buf_printf(&word, ".%.*s", STR_ARG(r->origin));
	name = word.failed ? STR_NONE : arena_str(r->arena, buf_str(&word));
	buf_free(&word);
	p = (char *)(uintptr_t)name.p; /* just made */
	for (i = 0; p && i < name.n; i++)
		p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
	return name;
}

/* Seconds, or 1h30m and the like, as BIND takes them. */
static bool seconds_of(struct str text, uint32_t *out)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	uint64_t total = 0, number;
	size_t i, u, start;

	if (!text.n || !is_digit(text.p[0]))
		return false;
	for (i = 0; i < text.n;) {
		for (start = i; i < text.n && is_digit(text.p[i]); i++)
			;
		if (num_u64((struct str){text.p + start, i - start}, &number) != NUM_OK ||
		    number > UINT32_MAX)
			return false;
		for (u = 0;
		     i < text.n && u < ARRAY_LEN(units) && (text.p[i] | 0x20) != units[u].unit; u++)
			;
		if (u == ARRAY_LEN(units))
			return false;
		total += number * (i < text.n ? units[u].seconds : 1);
		i += i < text.n;
	}
	if (total > INT32_MAX)
		return false;
	*out = (uint32_t)total;
	return true;
}

/* How the words of a type are compared: name, word, text (all that follow), hexadecimal digits. */
static const char *const shapes[ZONE_TYPE_COUNT] = {
	[ZONE_SOA] = "nnw", [ZONE_NS] = "n",      [ZONE_A] = "w",   [ZONE_AAAA] = "a",
	[ZONE_MX] = "wn",   [ZONE_CNAME] = "n",   [ZONE_TXT] = "t", [ZONE_SRV] = "wwwn",
	[ZONE_CAA] = "wwt", [ZONE_TLSA] = "wwwx",
};

static void put_joined(struct zone_reader *r, size_t at, bool hex, struct buf *out)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (; at < r->count; at++) {
		for (i = 0; i < r->tokens[at].text.n; i++) {
			char c = r->tokens[at].text.p[i];

			buf_putc(&text, hex && c >= 'A' && c <= 'F' ? (char)(c + 32) : c);
		}
	}
	if (hex)
		put_word(out, buf_str(&text));
	else
		zone_put_text(out, buf_str(&text));
	out->failed = out->failed || text.failed;
	buf_free(&text);
}

static void put_address(struct str text, struct buf *out)
{
	char canonical[NET_TEXT_SIZE];
	struct net_addr addr;

	if (net_addr_parse(text, &addr) == NET_OK) {
		net_addr_format(&addr, canonical);
		text = str_c(canonical);
	}
	put_word(out, text);
}

/* The words from `at` on, in the spelling that we write. */
static bool rdata_of(struct zone_reader *r, enum zone_type type, size_t at, struct str *out)
{
	struct buf text = BUF_INIT;
	const char *shape;

	for (shape = shapes[type]; *shape && at < r->count; shape++, at++) {
		if (text.n)
			buf_putc(&text, ' ');
		if (*shape == 'n')
			buf_printf(&text, "%.*s.", STR_ARG(name_of(r, r->tokens[at].text)));
		else if (*shape == 'a')
			put_address(r->tokens[at].text, &text);
		else if (*shape == 'w')
			put_word(&text, r->tokens[at].text);
		else
			put_joined(r, at, *shape == 'x', &text);
	}
	*out = arena_str(r->arena, buf_str(&text));
	buf_free(&text);
	return *shape ? fault(r, "a record that is not whole") : out->p != NULL;
}

static bool find_type(struct str word, enum zone_type *out)
{
	size_t i;

	for (i = 0; i < ZONE_TYPE_COUNT; i++) {
		if (str_eq_ascii_case(word, str_c(zone_type_word((enum zone_type)i)))) {
			*out = (enum zone_type)i;
			return true;
		}
	}
	return false;
}

static bool keep_record(struct zone_reader *r, const struct zone_record *record)
{
	struct zone_old *old = r->old;

	if (!state_grow((void **)&old->records, &old->cap, old->count, sizeof(*record)))
		return fault(r, "out of memory");
	old->records[old->count++] = *record;
	return true;
}

/* "www.example.org SSHFP", in printable characters. */
static struct str foreign_word(struct zone_reader *r, struct str type)
{
	struct buf word = BUF_INIT;
	struct str text;

	buf_printf(&word, "%.*s ", STR_ARG(r->owner));
	put_word(&word, type);
	text = word.failed ? STR_NONE : arena_str(r->arena, buf_str(&word));
	buf_free(&word);
	return text;
}

/* The serial is the third word. */
static bool keep_serial(struct zone_reader *r, size_t at)
{
	uint64_t serial;

	if (at + 2 >= r->count || num_u64(r->tokens[at + 2].text, &serial) != NUM_OK ||
	    serial > UINT32_MAX)
		return fault(r, "an SOA record without a serial");
	r->old->serial = (uint32_t)serial;
	r->old->has_serial = true;
	r->old->origin = r->owner;
	return true;
}

/* Owner, then TTL and class in either order, then type and data. */
static bool read_record(struct zone_reader *r)
{
	struct zone_record record = {.ttl = r->ttl};
	size_t at = 0;

	if (!r->indented)
		r->owner = name_of(r, r->tokens[at++].text);
	for (; at < r->count; at++) {
		if (!str_eq_ascii_case(r->tokens[at].text, STR("IN")) &&
		    !seconds_of(r->tokens[at].text, &record.ttl))
			break;
	}
	if (!r->owner.p || at == r->count)
		return fault(r, "a record without an owner or a type");
	record.owner = r->owner;
	if (!find_type(r->tokens[at].text, &record.type)) {
		r->old->foreign = foreign_word(r, r->tokens[at].text);
		return r->old->foreign.p || fault(r, "out of memory");
	}
	if (record.type == ZONE_SOA)
		return keep_serial(r, at + 1);
	return rdata_of(r, record.type, at + 1, &record.rdata) && keep_record(r, &record);
}

static bool read_entry(struct zone_reader *r)
{
	struct str word = r->count ? r->tokens[0].text : STR_NONE;

	if (!r->count)
		return true;
	if (str_eq_ascii_case(word, STR("$ORIGIN")) && r->count == 2) {
		r->origin = name_of(r, r->tokens[1].text);
		return true;
	}
	if (str_eq_ascii_case(word, STR("$TTL")) && r->count == 2)
		return seconds_of(r->tokens[1].text, &r->ttl) || fault(r, "no time to live");
	if (word.n && word.p[0] == '$' && !r->tokens[0].quoted && !r->tokens[0].literal)
		return fault(r, "$INCLUDE and other directives are not read here");
	return read_record(r);
}

static bool read_text(struct arena *arena, struct str origin, struct str text, struct zone_old *old)
{
	struct zone_reader r = {
		.arena = arena, .old = old, .rest = text, .line = 1, .origin = origin};

	while (r.rest.n) {
		if (!take_entry(&r) || !read_entry(&r))
			return false;
	}
	return true;
}

/* ---- what --to json gave ---- */

static struct str member(const struct node *node, const char *name)
{
	const struct node *value = node_map_get(node, str_c(name));

	return value && value->kind == NODE_STRING ? value->string : STR_NONE;
}

/* Each record as a line of a zone file. */
static bool put_lines(const struct node *document, struct buf *out)
{
	const struct node *records, *record, *ttl;
	uint64_t seconds;

	if (!document || document->kind != NODE_MAP)
		return false;
	records = node_map_get(document, STR("records"));
	if (!records || records->kind != NODE_LIST)
		return false;
	for (record = records->list.first; record; record = record->next) {
		if (record->kind != NODE_MAP)
			return false;
		ttl = node_map_get(record, STR("ttl"));
		if (!ttl || !node_as_u64(ttl, &seconds))
			return false;
		buf_printf(out, "%.*s. %llu IN %.*s %.*s\n", STR_ARG(member(record, "name")),
			   (unsigned long long)seconds, STR_ARG(member(record, "type")),
			   STR_ARG(member(record, "data")));
	}
	return !out->failed;
}

static bool read_json(struct arena *arena, const struct hash_key *key, struct str text,
		      struct zone_old *old)
{
	struct source source = {.text = text, .name = STR("previous")};
	struct diags diags;
	struct buf lines = BUF_INIT;
	const struct node *document;
	bool ok;

	diags_init(&diags, arena);
	document = reader_whole(FORMAT_JSON, &source, &diags, key, arena);
	ok = diags_ok(&diags) && put_lines(document, &lines);
	if (!ok)
		(void)snprintf(old->fault, sizeof(old->fault), "it is no zone in JSON");
	ok = ok && read_text(arena, STR_NONE, buf_str(&lines), old);
	buf_free(&lines);
	return ok;
}

bool zone_old_read(struct arena *arena, const struct hash_key *key, struct str origin,
		   struct str text, struct zone_old *old)
{
	size_t i = 0;

	*old = (struct zone_old){.records = NULL};
	while (i < text.n && strchr(" \t\r\n", text.p[i]))
		i++;
	return i < text.n && text.p[i] == '{' ? read_json(arena, key, text, old)
					      : read_text(arena, origin, text, old);
}

void zone_old_free(struct zone_old *old)
{
	free(old->records);
}

/* ---- comparison and serial ---- */

static bool has(const struct zone_record *records, size_t count, const struct zone_record *wanted)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (records[i].type == wanted->type && records[i].ttl == wanted->ttl &&
		    str_eq(records[i].owner, wanted->owner) &&
		    str_eq(records[i].rdata, wanted->rdata))
			return true;
	}
	return false;
}

static bool is_name_server(const struct zone_old *old, struct str host)
{
	size_t i;

	for (i = 0; i < old->count; i++) {
		if (old->records[i].type == ZONE_NS &&
		    str_eq(zone_record_target(&old->records[i]), host))
			return true;
	}
	return false;
}

/* The address of a name server that the new zone says nothing about. */
static bool is_elsewhere(const struct zone *zone, const struct zone_old *old,
			 const struct zone_record *record)
{
	size_t i;

	if ((record->type != ZONE_A && record->type != ZONE_AAAA) ||
	    !is_name_server(old, record->owner))
		return false;
	for (i = 0; i < zone->count; i++) {
		if (zone->records[i].kind == ZONE_HOSTS &&
		    str_eq(zone->records[i].owner, record->owner))
			return false;
	}
	return true;
}

bool zone_drops(const struct zone *zone, const struct zone_old *old,
		const struct zone_record *record, bool whole)
{
	size_t i;

	if (!whole && (record->type == ZONE_NS || is_elsewhere(zone, old, record)))
		return false;
	for (i = 0; i < zone->count; i++) {
		const struct zone_record *made = &zone->records[i];

		if (made->type == record->type && str_eq(made->owner, record->owner) &&
		    str_eq(made->rdata, record->rdata))
			return false;
	}
	return true;
}

bool zone_changed(const struct zone *zone, const struct zone_old *old)
{
	size_t i;

	if (old->foreign.n)
		return true;
	for (i = 0; i < zone->count; i++) {
		if (zone->records[i].type != ZONE_SOA &&
		    !has(old->records, old->count, &zone->records[i]))
			return true;
	}
	for (i = 0; i < old->count; i++) {
		if (!has(zone->records, zone->count, &old->records[i]))
			return true;
	}
	return false;
}

uint32_t zone_serial(const struct zone *zone, const struct zone_old *old, int64_t now)
{
	time_t seconds = (time_t)now;
	struct tm day;
	uint32_t first;

	if (old && old->has_serial && !zone_changed(zone, old))
		return old->serial;
	if (!gmtime_r(&seconds, &day) || day.tm_year < 70 || day.tm_year > 2300)
		day = (struct tm){.tm_year = 70, .tm_mon = 0, .tm_mday = 1};
	first = (uint32_t)((day.tm_year + 1900) * 1000000 + (day.tm_mon + 1) * 10000 +
			   day.tm_mday * 100 + 1);
	/* further on is what lies in the half of the circle before it (RFC 1982 section 3.2) */
	if (!old || !old->has_serial || (int32_t)(first - old->serial) > 0)
		return first;
	return old->serial + 1 ? old->serial + 1 : 1;
}
