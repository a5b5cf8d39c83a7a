#include "runtime/proto.h"

#include "runtime/limits.h"

/*
 * ManageSieve (RFC 5804) before a login. Capabilities are the greeting and come again after
 * STARTTLS. Strings are quoted or non-synchronizing literals; a literal of moderate size is kept,
 * because NOOP gives its argument back.
 */
#define KEEP_LITERAL 1024

static const char last_words[] = "BYE \"Too many errors\"\r\n";

static void put_capabilities(const struct proto *proto, struct buf *out)
{
	buf_puts(out, STR("\"IMPLEMENTATION\" \"stw\"\r\n\"SASL\" \"\"\r\n\"SIEVE\" \"\"\r\n"));
	if (proto->settings.tls_offered && !proto->secure)
		buf_puts(out, STR("\"STARTTLS\"\r\n"));
	buf_puts(out, STR("\"VERSION\" \"1.0\"\r\n"));
}

static void sieve_greet(struct proto *proto, struct buf *out)
{
	put_capabilities(proto, out);
	buf_printf(out, "OK \"%s ManageSieve ready\"\r\n", proto->settings.hostname);
}

static void sieve_secured(struct proto *proto, struct buf *out)
{
	put_capabilities(proto, out);
	buf_puts(out, STR("OK \"TLS is active\"\r\n"));
}

static void sieve_end(const char *hostname, enum proto_end why, struct buf *out)
{
	switch (why) {
	case PROTO_END_IDLE: buf_printf(out, "BYE \"%s Idle for too long\"\r\n", hostname); return;
	case PROTO_END_SHUTDOWN:
		buf_printf(out, "BYE (TRYLATER) \"%s Service is going down\"\r\n", hostname);
		return;
	case PROTO_END_CAPPED:
		buf_printf(out, "BYE (TRYLATER) \"%s Too many connections, try again later\"\r\n",
			   hostname);
		return;
	}
}

static enum proto_action accept(struct proto *proto, const char *text, struct buf *out)
{
	proto->errors = 0;
	buf_printf(out, "OK \"%s\"\r\n", text);
	return PROTO_CONTINUE;
}

/* `text` begins with the response code, when there is one, and holds its own quotes. */
static enum proto_action refuse(struct proto *proto, const char *text, struct buf *out)
{
	buf_printf(out, "NO %s\r\n", text);
	return proto_refused(proto, out, last_words);
}

static enum proto_action on_capability(struct proto *proto, struct str rest, struct buf *out)
{
	if (rest.n)
		return refuse(proto, "\"CAPABILITY takes no arguments\"", out);
	put_capabilities(proto, out);
	return accept(proto, "CAPABILITY completed", out);
}

static enum proto_action on_starttls(struct proto *proto, struct str rest, struct buf *out)
{
	if (rest.n)
		return refuse(proto, "\"STARTTLS takes no arguments\"", out);
	if (proto->secure)
		return refuse(proto, "\"TLS is active already\"", out);
	if (!proto->settings.tls_offered)
		return refuse(proto, "\"TLS is not offered\"", out);
	(void)accept(proto, "Begin TLS negotiation now", out);
	return PROTO_START_TLS;
}

static enum proto_action on_logout(struct proto *proto, struct str rest, struct buf *out)
{
	if (rest.n)
		return refuse(proto, "\"LOGOUT takes no arguments\"", out);
	(void)accept(proto, "Bye", out);
	return PROTO_CLOSE;
}

/* The one quoted string that the text is, unescaped, appended to out; false: it is not one. */
static bool unquote(struct str text, struct buf *out)
{
	size_t i;

	if (text.n < 2 || text.p[0] != '"' || text.p[text.n - 1] != '"')
		return false;
	for (i = 1; i < text.n - 1; i++) {
		if (text.p[i] == '"')
			return false;
		if (text.p[i] == '\\' && ++i == text.n - 1)
			return false;
		buf_putc(out, text.p[i]);
	}
	return !out->failed;
}

static void put_string(struct str s, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0') {
			buf_printf(out, "{%zu}\r\n", s.n);
			buf_puts(out, s);
			return;
		}
	}
	buf_putc(out, '"');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_putc(out, '\\');
		buf_putc(out, s.p[i]);
	}
	buf_putc(out, '"');
}

/* RFC 5804 2.13: the argument comes back as response code TAG. */
static enum proto_action on_noop(struct proto *proto, struct str rest, struct buf *out)
{
	struct buf tag = BUF_INIT;
	enum proto_action action = PROTO_CONTINUE;

	if (!rest.n)
		return accept(proto, "NOOP completed", out);
	if (unquote(rest, &tag) && tag.n <= KEEP_LITERAL) {
		proto->errors = 0;
		buf_puts(out, STR("OK (TAG "));
		put_string(buf_str(&tag), out);
		buf_puts(out, STR(") \"NOOP completed\"\r\n"));
	} else {
		action = refuse(proto, "\"NOOP takes one string\"", out);
	}
	buf_free(&tag);
	return action;
}

static enum proto_action on_authenticate(struct proto *proto, struct str rest, struct buf *out)
{
	(void)rest; /* may be a secret: it goes nowhere */
	if (!proto->secure)
		return refuse(proto, "(ENCRYPT-NEEDED) \"Encryption is required to log in\"", out);
	return refuse(proto, "(TRYLATER) \"Logging in is not possible now\"", out);
}

static enum proto_action on_later(struct proto *proto, struct str rest, struct buf *out)
{
	(void)rest;
	return refuse(proto, "\"Authenticate first\"", out);
}

static const struct command {
	const char *word;
	enum proto_action (*run)(struct proto *proto, struct str rest, struct buf *out);
} commands[] = {
	{"CAPABILITY", on_capability},
	{"STARTTLS", on_starttls},
	{"LOGOUT", on_logout},
	{"NOOP", on_noop},
	{"AUTHENTICATE", on_authenticate},
	{"HAVESPACE", on_later},
	{"PUTSCRIPT", on_later},
	{"LISTSCRIPTS", on_later},
	{"SETACTIVE", on_later},
	{"GETSCRIPT", on_later},
	{"DELETESCRIPT", on_later},
	{"RENAMESCRIPT", on_later},
	{"CHECKSCRIPT", on_later},
	{"UNAUTHENTICATE", on_later},
};

static enum proto_action run(struct proto *proto, struct str text, struct buf *out)
{
	struct str word = line_word(&text);
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (line_is(word, commands[i].word))
			return commands[i].run(proto, text, out);
	}
	return refuse(proto, "\"Command not recognized\"", out);
}

static enum proto_action literal(struct proto *proto, struct str line, size_t start, uint32_t size,
				 bool plus, struct buf *out)
{
	if (!plus) {
		/* the server's form; nobody can tell whether its octets will come */
		buf_puts(out, STR("BYE \"Literals end with '+}'\"\r\n"));
		return PROTO_CLOSE;
	}
	if (!proto_literal_fits(proto, start, size, LIMIT_LITERAL_SIEVE)) {
		buf_puts(out, STR("BYE \"Literal too large before a login\"\r\n"));
		return PROTO_CLOSE;
	}
	proto_hold(proto, (struct str){line.p, start}, size, size <= KEEP_LITERAL);
	return PROTO_CONTINUE;
}

static enum proto_action sieve_command(struct proto *proto, struct buf *out)
{
	struct str line = buf_str(&proto->line.text);
	enum proto_action action;
	uint32_t size;
	size_t start;
	bool plus;

	if (proto->line.flaw != LINE_GOOD) {
		buf_printf(out, "NO \"%s\"\r\n", line_flaw_text(proto->line.flaw));
		action = proto_refused(proto, out, last_words);
	} else if (line_literal(line, &start, &size, &plus)) {
		return literal(proto, line, start, size, plus, out);
	} else {
		action = run(proto, proto_assemble(proto, line), out);
	}
	proto_release(proto);
	return action;
}

const struct proto_machine proto_sieve = {
	.line_limit = LIMIT_LINE_SIEVE,
	.idle = LIMIT_IDLE_SIEVE,
	.greet = sieve_greet,
	.command = sieve_command,
	.secured = sieve_secured,
	.end = sieve_end,
};
