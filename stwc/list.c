/*
 * Plain lists of addresses. They come in millions of lines, so a line goes straight from its bytes
 * to an entry; only what is wrong takes longer.
 */
#include "stwc/include.h"

struct list {
	struct compilation *c;
	const struct include *include;
	const struct source *source;
	struct str text;
	size_t at;     /* where the next line begins */
	size_t column; /* LIST_CSV: from 1 */
	struct packed_list entries;
};

#define QUOTED_MAX 64

static struct span span_of(const struct list *list, struct str s)
{
	size_t begin = (size_t)(s.p - list->text.p);

	return (struct span){list->source->number, (uint32_t)begin, (uint32_t)(begin + s.n)};
}

/* As much of a line as a message takes, whole characters. */
static struct str quoted(struct str s)
{
	size_t n = s.n > QUOTED_MAX ? QUOTED_MAX : s.n;

	while (n && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return (struct str){s.p, n};
}

static void complain(struct list *list, struct str cell, const char *what, const char *hint)
{
	struct diags *diags = &list->c->diags;
	struct diag *diag = diag_add(diags, DIAG_LIST_LINE, span_of(list, cell), "'%.*s' %s",
				     STR_ARG(quoted(cell)), what);

	diag_path(diags, diag, "%s", list->include->type->name);
	if (hint)
		diag_hint(diags, diag, "%s", hint);
}

static struct str trimmed(struct str s)
{
	while (s.n && (*s.p == ' ' || *s.p == '\t'))
		s = str_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static bool put(struct list *list, const struct net_network *network, struct str cell)
{
	return packed_list_put(list->c, &list->entries, network, span_of(list, cell));
}

/* An address as a number, to count with; IPv4 in the low 32 bits. */
struct number {
	uint64_t hi, lo;
};

static struct number number_of(const struct net_addr *addr)
{
	struct number n = {0, 0};

	for (size_t i = 0; i < (addr->family == 4 ? 4u : 16u); i++) {
		n.hi = n.hi << 8 | n.lo >> 56;
		n.lo = n.lo << 8 | addr->b[i];
	}
	return n;
}

static struct net_addr address_of(struct number n, uint8_t family)
{
	struct net_addr addr = {.family = family};

	for (size_t i = family == 4 ? 4 : 16; i-- > 0;) {
		addr.b[i] = (uint8_t)n.lo;
		n.lo = n.lo >> 8 | n.hi << 56;
		n.hi >>= 8;
	}
	return addr;
}

static bool less(struct number a, struct number b)
{
	return a.hi != b.hi ? a.hi < b.hi : a.lo < b.lo;
}

/* The last number of the block of 2^bits that begins at n; bits is below 128. */
static struct number block_end(struct number n, unsigned bits)
{
	if (bits >= 64)
		return (struct number){n.hi | ((UINT64_C(1) << (bits - 64)) - 1), UINT64_MAX};
	return (struct number){n.hi, n.lo | ((UINT64_C(1) << bits) - 1)};
}

static bool bit_is_set(struct number n, unsigned bit)
{
	return (bit < 64 ? n.lo >> bit : n.hi >> (bit - 64)) & 1;
}

/* The largest block that begins at `first`, ends by `last`, and is one that an entry may name. */
static unsigned widest_block(struct number first, struct number last, unsigned width)
{
	unsigned bits = 0;

	while (bits < width - 8 && !bit_is_set(first, bits) &&
	       !less(last, block_end(first, bits + 1)))
		bits++;
	return bits;
}

static bool put_range(struct list *list, const struct net_addr *from, const struct net_addr *to,
		      struct str cell)
{
	struct number first = number_of(from), last = number_of(to), end;
	unsigned width = from->family == 4 ? 32 : 128;

	for (;;) {
		unsigned bits = widest_block(first, last, width);
		struct net_network network = {address_of(first, from->family),
					      (uint8_t)(width - bits)};

		if (!put(list, &network, cell))
			return false;
		end = block_end(first, bits);
		if (!less(end, last))
			return true;
		first.lo = end.lo + 1;
		first.hi = end.hi + (first.lo == 0);
	}
}

static bool is_unspecified(const struct net_addr *addr)
{
	static const uint8_t none[4] = {0};

	return addr->family == 4 && memcmp(addr->b, none, sizeof(none)) == 0;
}

static bool take_range(struct list *list, struct str cell, const char *dash)
{
	struct str left = trimmed((struct str){cell.p, (size_t)(dash - cell.p)});
	struct str right = trimmed(str_from(cell, (size_t)(dash - cell.p) + 1));
	struct net_addr from, to;
	enum net_status status = net_addr_parse(left, &from);

	if (status == NET_OK)
		status = net_addr_parse(right, &to);
	if (status != NET_OK)
		complain(list, cell, "is no range of addresses", "such as 192.0.2.10-192.0.2.20");
	else if (from.family != to.family)
		complain(list, cell, "goes from one family of addresses to the other", NULL);
	else if (less(number_of(&to), number_of(&from)))
		complain(list, cell, "ends before it begins", NULL);
	else if (is_unspecified(&from))
		complain(list, cell, "begins where there is no address", NULL);
	else
		return put_range(list, &from, &to, cell);
	return true;
}

static const char *takes(enum list_kind kind)
{
	switch (kind) {
	case LIST_PLAIN:
	case LIST_CSV: return "such as 192.0.2.1, 192.0.2.0/24 or 192.0.2.10-192.0.2.20";
	case LIST_CIDR: return "such as 192.0.2.1 or 192.0.2.0/24";
	case LIST_RANGE: return "such as 192.0.2.1 or 192.0.2.10-192.0.2.20";
	}
	return NULL;
}

/* One cell that is not empty, without the blanks around it. */
static bool take_cell(struct list *list, struct str cell)
{
	enum list_kind kind = list->include->form.kind;
	struct net_network network;
	enum net_status status = net_network_parse(cell, &network);
	const char *dash;

	if (status == NET_OK && kind == LIST_RANGE && memchr(cell.p, '/', cell.n))
		complain(list, cell, "is a network in a list of ranges", takes(kind));
	else if (status == NET_OK && network.prefix < NET_PREFIX_LEAST)
		complain(list, cell, "is wider than a prefix length of 8", NULL);
	else if (status == NET_OK && is_unspecified(&network.addr))
		complain(list, cell, "stands for no address", NULL);
	else if (status == NET_OK)
		return put(list, &network, cell);
	else if (status == NET_SYNTAX && kind != LIST_CIDR &&
		 (dash = memchr(cell.p, '-', cell.n)) != NULL)
		return take_range(list, cell, dash);
	else
		complain(list, cell, net_status_text(status), takes(kind));
	return true;
}

/* The rest of the line at `from`, without its end; moves list->at behind it. */
static struct str take_line(struct list *list, size_t from)
{
	const char *start = list->text.p + from;
	const char *end = memchr(start, '\n', list->text.n - from);
	size_t n = end ? (size_t)(end - start) : list->text.n - from;

	list->at = from + n + (end ? 1 : 0);
	return (struct str){start, n};
}

/* Comments start with # or ; and go to the end of the line. */
static struct str uncommented(struct str line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] != '#' && line.p[n] != ';')
		n++;
	return (struct str){line.p, n};
}

static bool read_lines(struct list *list)
{
	while (list->at < list->text.n) {
		struct str cell = trimmed(uncommented(take_line(list, list->at)));

		if (cell.n && !take_cell(list, cell))
			return false;
	}
	return true;
}

/* One record of a table. */
struct record {
	struct str wanted; /* the cell of the column, as it stands between its quotes */
	size_t cells;
	bool broken; /* reported */
};

/* The cell in quotes at list->at; goes behind the quote that ends it. */
static bool quoted_cell(struct list *list, struct str *out)
{
	const char *start = list->text.p + list->at, *end = list->text.p + list->text.n;
	const char *p = start + 1;

	for (; p < end; p++) {
		if (*p == '"' && !(p + 1 < end && p[1] == '"'))
			break;
		if (*p == '"')
			p++;
	}
	if (p >= end) {
		struct str line = take_line(list, list->at);

		complain(list, trimmed(line), "opens a quote that nothing closes", NULL);
		return false;
	}
	*out = (struct str){start + 1, (size_t)(p - start) - 1};
	list->at = (size_t)(p - list->text.p) + 1;
	return true;
}

static struct str bare_cell(struct list *list)
{
	const char *start = list->text.p + list->at, *end = list->text.p + list->text.n, *p = start;

	while (p < end && *p != '\n' && *p != list->include->form.delimiter)
		p++;
	list->at = (size_t)(p - list->text.p);
	return trimmed((struct str){start, (size_t)(p - start)});
}

/* Behind a cell: true where another one follows in the record. */
static bool next_cell(struct list *list, struct record *record)
{
	struct str rest;

	if (list->at < list->text.n && list->text.p[list->at] == list->include->form.delimiter) {
		list->at++;
		return true;
	}
	rest = trimmed(take_line(list, list->at));
	if (rest.n) {
		complain(list, rest, "stands behind the end of a cell in quotes", NULL);
		record->broken = true;
	}
	return false;
}

/* Gives each cell to `each` until the record ends. */
static void read_record(struct list *list, struct record *record,
			void (*each)(struct list *list, struct record *record, struct str cell))
{
	struct str cell;

	*record = (struct record){.cells = 0};
	do {
		if (list->at < list->text.n && list->text.p[list->at] == '"') {
			if (!quoted_cell(list, &cell)) {
				record->broken = true;
				return;
			}
		} else {
			cell = bare_cell(list);
		}
		record->cells++;
		each(list, record, cell);
	} while (next_cell(list, record));
}

static void want_column(struct list *list, struct record *record, struct str cell)
{
	if (record->cells == list->column)
		record->wanted = trimmed(cell);
}

static void want_name(struct list *list, struct record *record, struct str cell)
{
	if (!list->column && str_eq(trimmed(cell), list->include->form.name))
		list->column = record->cells;
}

/* Blank lines and comments are no records. */
static void skip_lines(struct list *list)
{
	while (list->at < list->text.n) {
		size_t at = list->at;
		struct str line = trimmed(take_line(list, at));

		if (line.n && *line.p != '#' &&
		    (*line.p != ';' || list->include->form.delimiter == ';')) {
			list->at = at;
			return;
		}
	}
}

/* The names in the first line. False: the column is not among them, which was reported. */
static bool read_header(struct list *list)
{
	const struct list_form *form = &list->include->form;
	struct diag *diag;
	struct record record;
	size_t start;

	skip_lines(list);
	start = list->at;
	if (!form->header || start >= list->text.n)
		return true;
	read_record(list, &record, want_name);
	if (list->column || record.broken)
		return list->column != 0;
	diag = diag_add(&list->c->diags, DIAG_LIST_LINE,
			span_of(list, (struct str){list->text.p + start, list->at - start}),
			"no column is called '%.*s'", STR_ARG(form->name));
	diag_relate(&list->c->diags, diag, list->include->span, "asked for here");
	return false;
}

static bool take_record(struct list *list, struct str line)
{
	struct record record;

	read_record(list, &record, want_column);
	if (record.broken)
		return true;
	if (record.wanted.n)
		return take_cell(list, record.wanted);
	diag_add(&list->c->diags, DIAG_LIST_LINE, span_of(list, line),
		 record.cells < list->column ? "the line has %zu column%s and none of number %zu"
					     : "of %zu column%s, number %zu is empty",
		 record.cells, record.cells == 1 ? "" : "s", list->column);
	return true;
}

static bool read_table(struct list *list)
{
	list->column = list->include->form.column;
	if (!read_header(list))
		return true;
	for (skip_lines(list); list->at < list->text.n; skip_lines(list)) {
		size_t at = list->at;
		struct str line = trimmed(take_line(list, at));

		list->at = at;
		if (!take_record(list, line))
			return false;
	}
	return true;
}

bool list_read(struct compilation *c, const struct include *include, const struct source *source)
{
	struct list list = {.c = c, .include = include, .source = source, .text = source->text};

	if (!packed_list_begin(c, include->type, include->form.body, &list.entries))
		return false;
	if (list.entries.wrong)
		return true;
	if (list.text.n >= 3 && memcmp(list.text.p, "\xef\xbb\xbf", 3) == 0)
		list.at = 3;
	return include->form.kind == LIST_CSV ? read_table(&list) : read_lines(&list);
}
