#include "runtime/proto.h"

#include "runtime/limits.h"

/*
 * POP3 (RFC 1939) in its AUTHORIZATION state, with CAPA (RFC 2449), STLS (RFC 2595) and response
 * codes (RFC 3206). Nobody can log in yet: SYS/TEMP tells a client to keep its password.
 */
static const char last_words[] = "-ERR Too many errors\r\n";

static enum proto_action refuse(struct proto *proto, struct buf *out, const char *text)
{
	buf_printf(out, "-ERR %s\r\n", text);
	return proto_refused(proto, out, last_words);
}

static void pop3_greet(struct proto *proto, struct buf *out)
{
	buf_printf(out, "+OK %s POP3 ready\r\n", proto->settings.hostname);
}

static void pop3_end(const char *hostname, enum proto_end why, struct buf *out)
{
	switch (why) {
	case PROTO_END_IDLE: buf_printf(out, "-ERR %s Idle for too long\r\n", hostname); return;
	case PROTO_END_SHUTDOWN:
		buf_printf(out, "-ERR [SYS/TEMP] %s Service is going down\r\n", hostname);
		return;
	case PROTO_END_CAPPED:
		buf_printf(out, "-ERR [SYS/TEMP] %s Too many connections, try again later\r\n",
			   hostname);
		return;
	}
}

static enum proto_action on_capa(struct proto *proto, struct str argument, struct buf *out)
{
	if (argument.n)
		return refuse(proto, out, "CAPA takes no arguments");
	proto->errors = 0;
	buf_puts(out, STR("+OK Capability list "
			  "follows\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"));
	if (proto->settings.tls_offered && !proto->secure)
		buf_puts(out, STR("STLS\r\n"));
	buf_puts(out, STR("IMPLEMENTATION stw\r\n.\r\n"));
	return PROTO_CONTINUE;
}

static enum proto_action on_stls(struct proto *proto, struct str argument, struct buf *out)
{
	if (argument.n)
		return refuse(proto, out, "STLS takes no arguments");
	if (proto->secure)
		return refuse(proto, out, "TLS is active already");
	if (!proto->settings.tls_offered)
		return refuse(proto, out, "TLS is not offered");
	proto->errors = 0;
	buf_puts(out, STR("+OK Begin TLS negotiation\r\n"));
	return PROTO_START_TLS;
}

static enum proto_action on_noop(struct proto *proto, struct str argument, struct buf *out)
{
	if (argument.n)
		return refuse(proto, out, "NOOP takes no arguments");
	proto->errors = 0;
	buf_puts(out, STR("+OK\r\n"));
	return PROTO_CONTINUE;
}

static enum proto_action on_quit(struct proto *proto, struct str argument, struct buf *out)
{
	if (argument.n)
		return refuse(proto, out, "QUIT takes no arguments");
	buf_printf(out, "+OK %s Bye\r\n", proto->settings.hostname);
	return PROTO_CLOSE;
}

static enum proto_action on_login(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument; /* may be a secret: it goes nowhere */
	if (!proto->secure)
		return refuse(proto, out,
			      proto->settings.tls_offered ? "Encryption is required: say STLS first"
							  : "Encryption is required to log in");
	return refuse(proto, out, "[SYS/TEMP] Logging in is not possible now");
}

static enum proto_action on_later(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument;
	return refuse(proto, out, "Log in first");
}

static const struct command {
	const char *word;
	enum proto_action (*run)(struct proto *proto, struct str argument, struct buf *out);
} commands[] = {
	{"CAPA", on_capa},  {"STLS", on_stls},  {"NOOP", on_noop},  {"QUIT", on_quit},
	{"USER", on_login}, {"PASS", on_login}, {"APOP", on_login}, {"AUTH", on_login},
	{"STAT", on_later}, {"LIST", on_later}, {"RETR", on_later}, {"DELE", on_later},
	{"RSET", on_later}, {"TOP", on_later},  {"UIDL", on_later}, {"LAST", on_later},
};

static enum proto_action pop3_command(struct proto *proto, struct buf *out)
{
	struct str rest = buf_str(&proto->line.text), word;
	size_t i;

	if (proto->line.flaw != LINE_GOOD)
		return refuse(proto, out, line_flaw_text(proto->line.flaw));
	word = line_word(&rest);
	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (line_is(word, commands[i].word))
			return commands[i].run(proto, rest, out);
	}
	return refuse(proto, out, "Command not recognized");
}

const struct proto_machine proto_pop3 = {
	.line_limit = LIMIT_LINE_POP3,
	.idle = LIMIT_IDLE_POP3,
	.greet = pop3_greet,
	.command = pop3_command,
	.end = pop3_end,
};
