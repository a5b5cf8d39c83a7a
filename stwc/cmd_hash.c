/* stwc hash: a password from standard input, as the hash that an account has of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/utf8.h"
#include "stwc/cmd.h"
#include "stwc/cmd_terminal.h"
#include "stwc/password_hash.h"

#define PASSWORD_LIMIT 1024

/* A number that an option gives, within bounds that a server can pay for at each log-in. */
struct cost_row {
	const char *option;
	uint32_t least, most;
};

static const struct cost_row rows[] = {
	{"memory", 8 * 1024, 4 * 1024 * 1024},
	{"iterations", 1, 64},
	{"lanes", 1, 64},
};

static bool read_cost(const struct options *options, struct password_cost *out)
{
	uint32_t *const places[] = {&out->memory, &out->iterations, &out->lanes};
	uint64_t number;
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const char *word = options_word(options, rows[i].option);

		if (!word)
			continue;
		if (num_u64(str_c(word), &number) != NUM_OK || number < rows[i].least ||
		    number > rows[i].most) {
			(void)cmd_fail(&cmd_hash, "--%s is a number from %u to %u, not '%s'",
				       rows[i].option, rows[i].least, rows[i].most, word);
			return false;
		}
		*places[i] = (uint32_t)number;
	}
	return true;
}

static bool fail(const char *why)
{
	(void)cmd_fail(&cmd_hash, "%s", why);
	return false;
}

static bool check_line(enum terminal_line line)
{
	char text[64];

	switch (line) {
	case TERMINAL_LINE: return true;
	case TERMINAL_END: return fail("there is no password on standard input");
	case TERMINAL_INTERRUPTED: return false; /* whoever did it knows */
	case TERMINAL_TOO_LONG:
		(void)snprintf(text, sizeof(text), "a password has %d bytes at most",
			       PASSWORD_LIMIT);
		return fail(text);
	case TERMINAL_FAILED: return fail(strerror(errno));
	}
	return false;
}

/* What a person cannot type again, or a protocol cannot carry, is no password. */
static bool check_password(struct str s)
{
	size_t i;

	if (!s.n)
		return fail("the password is empty");
	if (utf8_valid_prefix(s) != s.n)
		return fail("the password is not UTF-8");
	/* some shells put one in front of what they pipe, and nobody would type it again */
	if (str_starts(s, STR("\xef\xbb\xbf")))
		return fail("the password begins with a byte order mark");
	for (i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return fail("the password has a control character");
	}
	return true;
}

static bool ask(const struct terminal *t, const char *prompt, struct buf *out)
{
	enum terminal_line line;

	fprintf(stderr, "%s: ", prompt);
	line = terminal_read_hidden(t, PASSWORD_LIMIT, out);
	fputc('\n', stderr); /* that of the answer was not shown */
	return check_line(line);
}

static bool ask_twice(const struct terminal *t, struct buf *out)
{
	struct buf again = {.secret = true};
	bool ok = ask(t, "password", out) && check_password(buf_str(out)) &&
		  ask(t, "the same again", &again);

	if (ok && !str_eq(buf_str(out), buf_str(&again)))
		ok = fail("the two are not the same");
	buf_free(&again);
	return ok;
}

/* One line; with a second one nobody knows which was meant. */
static bool read_piped(const struct terminal *t, struct buf *out)
{
	struct buf more = {.secret = true};
	enum terminal_line line = terminal_read(t, PASSWORD_LIMIT, out);
	bool ok = check_line(line);

	if (ok && out->n && out->p[out->n - 1] == '\r')
		out->n--;
	ok = ok && check_password(buf_str(out));
	if (ok)
		line = terminal_read(t, PASSWORD_LIMIT, &more);
	if (ok && (line == TERMINAL_LINE || line == TERMINAL_TOO_LONG))
		ok = fail("standard input has more than one line: which is the password?");
	else if (ok && line != TERMINAL_END)
		ok = check_line(line);
	buf_free(&more);
	return ok;
}

static enum status hash(const struct password_cost *cost, struct str password)
{
	struct buf out = BUF_INIT;
	const char *why;

	if (!password_hash(cost, password, &out, &why)) {
		buf_free(&out);
		return cmd_fail(&cmd_hash, "%s", why);
	}
	buf_putc(&out, '\n');
	return cmd_print(&out, STATUS_VALID);
}

static enum status run(struct options *options)
{
	struct password_cost cost = PASSWORD_COST_DEFAULT;
	struct buf password = {.secret = true};
	enum status status = STATUS_FAILED;
	struct terminal terminal;
	bool ok;

	if (options->input_count)
		return cmd_fail(&cmd_hash, "a password is read from standard input, and never "
					   "stands on a command line");
	if (!read_cost(options, &cost))
		return STATUS_FAILED;
	if (cost.memory / 8 < cost.lanes)
		return cmd_fail(&cmd_hash, "each lane needs 8 KiB of memory");
	if (!terminal_hold(&terminal))
		return cmd_fail(&cmd_hash, "%s", strerror(errno));
	ok = isatty(STDIN_FILENO) ? ask_twice(&terminal, &password)
				  : read_piped(&terminal, &password);
	if (ok && password.failed)
		ok = fail("out of memory");
	if (ok)
		status = hash(&cost, buf_str(&password));
	buf_free(&password);
	terminal_release(&terminal);
	return status;
}

const struct command cmd_hash = {"hash",
				 "[OPTION…]",
				 "the argon2id hash of a password, for an account",
				 " memory iterations lanes ",
				 NULL,
				 run};
