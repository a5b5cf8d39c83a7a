#include "runtime/proto.h"

#include "runtime/limits.h"

/*
 * IMAP4rev2 (RFC 9051) and rev1 (RFC 3501) before a login. A command may go on behind literals:
 * a synchronizing one is answered at once, with the refusal that the command gets anyway, so it is
 * never sent; a non-synchronizing one (LITERAL-, RFC 7888) is read and dropped.
 */
static const char last_words[] = "* BYE Too many errors\r\n";

static void put_capabilities(const struct proto *proto, struct buf *out)
{
	buf_puts(out, STR("IMAP4rev2 IMAP4rev1 ID LITERAL-"));
	if (proto->secure)
		return;
	if (proto->settings.tls_offered)
		buf_puts(out, STR(" STARTTLS"));
	buf_puts(out, STR(" LOGINDISABLED"));
}

static void imap_greet(struct proto *proto, struct buf *out)
{
	buf_puts(out, STR("* OK [CAPABILITY "));
	put_capabilities(proto, out);
	buf_printf(out, "] %s IMAP ready\r\n", proto->settings.hostname);
}

static void imap_end(const char *hostname, enum proto_end why, struct buf *out)
{
	switch (why) {
	case PROTO_END_IDLE: buf_printf(out, "* BYE %s Idle for too long\r\n", hostname); return;
	case PROTO_END_SHUTDOWN:
		buf_printf(out, "* BYE [UNAVAILABLE] %s Service is going down\r\n", hostname);
		return;
	case PROTO_END_CAPPED:
		buf_printf(out, "* BYE [UNAVAILABLE] %s Too many connections, try again later\r\n",
			   hostname);
		return;
	}
}

/* A tag is ASTRING-CHARs without "+": nothing in it can break the line it is echoed on. */
static bool tag_ok(struct str tag)
{
	size_t i;

	for (i = 0; i < tag.n; i++) {
		if (tag.p[i] <= ' ' || tag.p[i] >= 0x7f || strchr("(){%*\"\\+", tag.p[i]))
			return false;
	}
	return tag.n > 0 && tag.n <= 255;
}

static enum proto_action tagged(struct proto *proto, struct str tag, const char *text,
				struct buf *out)
{
	proto->errors = 0;
	buf_printf(out, "%.*s %s\r\n", STR_ARG(tag), text);
	return PROTO_CONTINUE;
}

static enum proto_action refuse(struct proto *proto, struct str tag, const char *text,
				struct buf *out)
{
	buf_printf(out, "%.*s %s\r\n", STR_ARG(tag), text);
	return proto_refused(proto, out, last_words);
}

static enum proto_action on_capability(struct proto *proto, struct str tag, struct str rest,
				       struct buf *out)
{
	if (rest.n)
		return refuse(proto, tag, "BAD CAPABILITY takes no arguments", out);
	buf_puts(out, STR("* CAPABILITY "));
	put_capabilities(proto, out);
	buf_puts(out, STR("\r\n"));
	return tagged(proto, tag, "OK CAPABILITY completed", out);
}

static enum proto_action on_noop(struct proto *proto, struct str tag, struct str rest,
				 struct buf *out)
{
	if (rest.n)
		return refuse(proto, tag, "BAD NOOP takes no arguments", out);
	return tagged(proto, tag, "OK NOOP completed", out);
}

static enum proto_action on_logout(struct proto *proto, struct str tag, struct str rest,
				   struct buf *out)
{
	if (rest.n)
		return refuse(proto, tag, "BAD LOGOUT takes no arguments", out);
	buf_printf(out, "* BYE %s Bye\r\n", proto->settings.hostname);
	(void)tagged(proto, tag, "OK LOGOUT completed", out);
	return PROTO_CLOSE;
}

static enum proto_action on_id(struct proto *proto, struct str tag, struct str rest,
			       struct buf *out)
{
	if (!line_is(rest, "NIL") && (rest.n < 2 || rest.p[0] != '(' || rest.p[rest.n - 1] != ')'))
		return refuse(proto, tag, "BAD ID takes a list or NIL", out);
	buf_puts(out, STR("* ID (\"name\" \"stw\")\r\n"));
	return tagged(proto, tag, "OK ID completed", out);
}

static enum proto_action on_starttls(struct proto *proto, struct str tag, struct str rest,
				     struct buf *out)
{
	if (rest.n)
		return refuse(proto, tag, "BAD STARTTLS takes no arguments", out);
	if (proto->secure)
		return refuse(proto, tag, "BAD TLS is active already", out);
	if (!proto->settings.tls_offered)
		return refuse(proto, tag, "BAD TLS is not offered", out);
	(void)tagged(proto, tag, "OK Begin TLS negotiation now", out);
	return PROTO_START_TLS;
}

static enum proto_action on_login(struct proto *proto, struct str tag, struct str rest,
				  struct buf *out)
{
	(void)rest; /* may be a secret: it goes nowhere */
	if (!proto->secure)
		return refuse(proto, tag, "NO [PRIVACYREQUIRED] Encryption is required to log in",
			      out);
	return refuse(proto, tag, "NO [UNAVAILABLE] Logging in is not possible now", out);
}

static enum proto_action on_later(struct proto *proto, struct str tag, struct str rest,
				  struct buf *out)
{
	(void)rest;
	return refuse(proto, tag, "BAD Log in first", out);
}

static const struct command {
	const char *word;
	enum proto_action (*run)(struct proto *proto, struct str tag, struct str rest,
				 struct buf *out);
} commands[] = {
	{"CAPABILITY", on_capability},
	{"NOOP", on_noop},
	{"LOGOUT", on_logout},
	{"ID", on_id},
	{"STARTTLS", on_starttls},
	{"LOGIN", on_login},
	{"AUTHENTICATE", on_login},
	{"ENABLE", on_later},
	{"SELECT", on_later},
	{"EXAMINE", on_later},
	{"NAMESPACE", on_later},
	{"CREATE", on_later},
	{"DELETE", on_later},
	{"RENAME", on_later},
	{"SUBSCRIBE", on_later},
	{"UNSUBSCRIBE", on_later},
	{"LIST", on_later},
	{"LSUB", on_later},
	{"STATUS", on_later},
	{"APPEND", on_later},
	{"IDLE", on_later},
	{"CLOSE", on_later},
	{"UNSELECT", on_later},
	{"EXPUNGE", on_later},
	{"CHECK", on_later},
	{"SEARCH", on_later},
	{"FETCH", on_later},
	{"STORE", on_later},
	{"COPY", on_later},
	{"MOVE", on_later},
	{"UID", on_later},
};

static enum proto_action run(struct proto *proto, struct str text, struct buf *out)
{
	struct str tag = line_word(&text), word = line_word(&text);
	size_t i;

	if (!tag_ok(tag))
		return refuse(proto, STR("*"), "BAD Invalid tag", out);
	if (!word.n)
		return refuse(proto, tag, "BAD A command is missing", out);
	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (line_is(word, commands[i].word))
			return commands[i].run(proto, tag, text, out);
	}
	return refuse(proto, tag, "BAD Command not recognized", out);
}

/* The line has a flaw: its tag is echoed when it came in whole. */
static enum proto_action flawed(struct proto *proto, struct str text, struct buf *out)
{
	struct str rest = text, tag = line_word(&rest);

	if (tag.n == text.n || !tag_ok(tag))
		tag = STR("*");
	buf_printf(out, "%.*s BAD %s\r\n", STR_ARG(tag), line_flaw_text(proto->line.flaw));
	return proto_refused(proto, out, last_words);
}

static enum proto_action finish(struct proto *proto, struct str line, struct buf *out)
{
	enum proto_action action = run(proto, proto_assemble(proto, line), out);

	proto_release(proto);
	return action;
}

/* A literal follows. Too large a one, or too many, end the session: skipping without an end would
 * serve nobody (RFC 7888 section 4 allows it). */
static enum proto_action literal(struct proto *proto, struct str line, size_t start, uint32_t size,
				 bool plus, struct buf *out)
{
	struct str before = {line.p, start};

	if (!plus) {
		proto_hold(proto, before, 0, false); /* as if it were empty: it is an argument */
		return finish(proto, STR_NONE, out);
	}
	if (!proto_literal_fits(proto, start, size, LIMIT_LITERAL_IMAP)) {
		buf_puts(out, STR("* BYE [TOOBIG] Literal too large before a login\r\n"));
		return PROTO_CLOSE;
	}
	proto_hold(proto, before, size, false);
	return PROTO_CONTINUE;
}

static enum proto_action imap_command(struct proto *proto, struct buf *out)
{
	struct str line = buf_str(&proto->line.text);
	enum proto_action action;
	uint32_t size;
	size_t start;
	bool plus;

	if (proto->line.flaw == LINE_GOOD) {
		if (line_literal(line, &start, &size, &plus))
			return literal(proto, line, start, size, plus, out);
		return finish(proto, line, out);
	}
	action = flawed(proto, proto_assemble(proto, line), out);
	proto_release(proto);
	return action;
}

const struct proto_machine proto_imap = {
	.line_limit = LIMIT_LINE_IMAP,
	.idle = LIMIT_IDLE_IMAP,
	.greet = imap_greet,
	.command = imap_command,
	.end = imap_end,
};
