/* The records that are expected beside those that the DNS has. */
#include "runtime/zone_check.h"

#include <stdio.h>

#include "base/num.h"
#include "engine/netaddr.h"
#include "runtime/control.h"

/* ---- questions ---- */

struct questions {
	struct zone_question *items;
	size_t count;
};

static void ask_for(struct questions *q, struct str name, enum zone_rr type)
{
	size_t i;

	for (i = 0; i < q->count; i++) {
		if (q->items[i].type == type && str_eq(q->items[i].name, name))
			return;
	}
	q->items[q->count++] = (struct zone_question){.name = name, .type = type};
}

/* The host at the end of MX and SRV data, without its dot. */
static struct str target_of(struct arena *arena, const struct zone_entry *entry)
{
	const char *blank = memrchr(entry->data.p, ' ', entry->data.n);
	struct str name =
		blank ? str_from(entry->data, (size_t)(blank - entry->data.p) + 1) : entry->data;

	name.n -= name.n && name.p[name.n - 1] == '.';
	return arena_str(arena, name);
}

struct zone_question *zone_questions(struct arena *arena, const struct zone_file *file,
				     size_t *count)
{
	struct questions q = {ARENA_ARRAY(arena, struct zone_question, file->count * 3 + 1), 0};
	size_t i;

	for (i = 0; q.items && i < file->count; i++) {
		const struct zone_entry *entry = &file->entries[i];

		ask_for(&q, entry->name, entry->type);
		/* an address that nobody knows of is asked for too: mail goes there */
		if (entry->type == RR_A || entry->type == RR_AAAA)
			ask_for(&q, entry->name, entry->type == RR_A ? RR_AAAA : RR_A);
		/* what they name may be no alias (RFC 2181 section 10.3, RFC 2782) */
		if (entry->type == RR_MX || entry->type == RR_SRV)
			ask_for(&q, target_of(arena, entry), RR_CNAME);
	}
	*count = q.count;
	return arena->failed ? NULL : q.items;
}

/* ---- comparison ---- */

/* What a text is of: "v=spf1", "v=DMARC1". */
static struct str text_kind(struct str text)
{
	size_t n = 0;

	while (n < text.n && text.p[n] != ' ' && text.p[n] != ';')
		n++;
	return (struct str){text.p, n};
}

static bool is_expected(const struct zone_file *file, const struct zone_question *question,
			size_t entry)
{
	return file->entries[entry].type == question->type &&
	       str_eq(file->entries[entry].name, question->name);
}

/* Texts of other kinds live under the same names and are nobody's business, but for names that are
 * made for one purpose. */
static bool matters(const struct zone_file *file, const struct zone_question *question,
		    const struct zone_entry *answer)
{
	size_t i;

	if (question->type != RR_TXT || memchr(question->name.p, '_', question->name.n))
		return true;
	for (i = 0; i < file->count; i++) {
		if (is_expected(file, question, i) &&
		    str_eq_ascii_case(text_kind(file->entries[i].data), text_kind(answer->data)))
			return true;
	}
	return false;
}

static bool has(const struct zone_question *question, const struct zone_entry *entry)
{
	size_t i;

	for (i = 0; i < question->count; i++) {
		if (str_eq(question->answers[i].data, entry->data))
			return true;
	}
	return false;
}

/* The next answer that was not expected, from *at on; NULL: there is none. */
static const struct zone_entry *next_stranger(const struct zone_file *file,
					      const struct zone_question *question, size_t *at)
{
	size_t i;

	while (*at < question->count) {
		const struct zone_entry *answer = &question->answers[(*at)++];
		bool known = !matters(file, question, answer);

		for (i = 0; i < file->count && !known; i++)
			known = is_expected(file, question, i) &&
				str_eq(file->entries[i].data, answer->data);
		if (!known)
			return answer;
	}
	return NULL;
}

/* Bytes from elsewhere are shown as printable characters. */
static void put_shown(struct buf *out, struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < ' ' || c > '~')
			buf_printf(out, "\\%03u", c);
		else
			buf_putc(out, (char)c);
	}
}

static void put_line(struct buf *out, const char *word, const struct zone_question *question,
		     struct str data)
{
	buf_printf(out, "%-8s", word);
	put_shown(out, question->name);
	buf_printf(out, " %s ", zone_rr_word(question->type));
	put_shown(out, data);
}

static bool any_expected(const struct zone_file *file, const struct zone_question *question)
{
	size_t i;

	for (i = 0; i < file->count && !is_expected(file, question, i); i++)
		;
	return i < file->count;
}

/* What is missing, each beside an answer that stands in its place; then the rest of the answers. */
static size_t compare_set(const struct zone_file *file, const struct zone_question *question,
			  struct buf *out)
{
	bool alias = question->type == RR_CNAME && !any_expected(file, question);
	const struct zone_entry *stranger;
	size_t at = 0, i, differences = 0;

	for (i = 0; i < file->count; i++) {
		if (!is_expected(file, question, i) || has(question, &file->entries[i]))
			continue;
		stranger = next_stranger(file, question, &at);
		put_line(out, stranger ? "wrong" : "missing", question, file->entries[i].data);
		if (stranger) {
			buf_puts(out, STR("\n        the DNS has "));
			put_shown(out, stranger->data);
		}
		buf_putc(out, '\n');
		differences++;
	}
	while ((stranger = next_stranger(file, question, &at))) {
		put_line(out, alias ? "alias" : "extra", question, stranger->data);
		buf_puts(out,
			 alias ? STR("\n        what MX and SRV records name may be no alias\n")
			       : STR("\n"));
		differences++;
	}
	return differences;
}

bool zone_compare(struct arena *arena, const struct zone_file *file,
		  const struct zone_question *questions, size_t count, struct buf *out,
		  size_t *differences, size_t *failures)
{
	size_t found = 0, failed = 0, i;

	for (i = 0; i < count; i++) {
		if (questions[i].answer == ANSWER_FAILED) {
			put_line(out, "unknown", &questions[i], str_c(questions[i].failure));
			buf_putc(out, '\n');
			failed++;
		} else {
			found += compare_set(file, &questions[i], out);
		}
	}
	*differences = found;
	*failures = failed;
	return !out->failed && !arena->failed;
}

/* ---- the command ---- */

static int fail(struct zone_said *said, const char *what)
{
	buf_printf(&said->err, "stwctl: zone-check: %s\n", what);
	return CONTROL_CANNOT;
}

/* --server ADDR[:PORT] in the place of those of the DnsResolver. */
static bool take_server(const char *word, struct zone_resolver *out)
{
	struct net_socket socket = {.port = 53};
	char text[NET_TEXT_SIZE];

	if (net_addr_parse(str_c(word), &socket.addr) != NET_OK &&
	    (net_socket_parse(str_c(word), &socket) != NET_OK || !socket.port))
		return false;
	net_addr_format(&socket.addr, text);
	(void)snprintf(out->servers[0].address, sizeof(out->servers[0].address), "%s", text);
	out->servers[0].port = socket.port;
	out->servers[0].transport = ZONE_UDP; /* --tcp holds for all */
	out->count = 1;
	out->refused = NULL;
	return true;
}

static int report(struct arena *arena, const struct zone_file *file,
		  const struct zone_question *questions, size_t count, struct zone_said *said)
{
	size_t differences, failures;

	if (!zone_compare(arena, file, questions, count, &said->out, &differences, &failures))
		return fail(said, "out of memory");
	if (!differences && !failures)
		buf_printf(&said->out, "%.*s: all %zu records are as they should be\n",
			   STR_ARG(file->domain), file->count);
	if (failures)
		buf_printf(&said->err, "stwctl: zone-check: %zu of %zu questions had no answer\n",
			   failures, count);
	if (failures)
		return CONTROL_CANNOT;
	return differences ? CONTROL_REFUSED : CONTROL_OK;
}

static int ask_and_report(struct arena *arena, struct zone_file *file, uint64_t timeout,
			  struct zone_said *said)
{
	struct zone_question *questions;
	const char *why;
	size_t count;

	if (file->resolver.refused)
		return fail(said, file->resolver.refused);
	questions = zone_questions(arena, file, &count);
	if (!questions)
		return fail(said, "out of memory");
	if (!zone_ask(arena, &file->resolver, questions, count, (int64_t)timeout * 1000, &why))
		return fail(said, why);
	return report(arena, file, questions, count, said);
}

int zone_check(const char *path, const char *server, bool tcp, uint64_t timeout,
	       struct zone_said *said)
{
	struct arena arena;
	struct zone_file file;
	char why[512];
	int status;

	arena_init(&arena, 0);
	if (!zone_file_read(&arena, path, &file, why, sizeof(why))) {
		status = fail(said, why);
	} else {
		file.resolver.tcp = tcp;
		if (server && !take_server(server, &file.resolver))
			status = fail(said, "--server wants ADDR or ADDR:PORT");
		else
			status = ask_and_report(&arena, &file, timeout, said);
	}
	arena_free(&arena);
	return status;
}
