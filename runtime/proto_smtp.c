#include "runtime/proto.h"

#include "runtime/limits.h"

/*
 * SMTP (RFC 5321) and LMTP (RFC 2033) without mail yet: a client is told so with a temporary
 * code, so that nothing bounces while a message could be delivered later. Enhanced status codes
 * are those of RFC 3463; STARTTLS is RFC 3207.
 */
static const char last_words[] = "421 4.7.0 Too many errors\r\n";

static enum proto_action reply(struct proto *proto, struct buf *out, const char *text)
{
	proto->errors = 0;
	buf_printf(out, "%s\r\n", text);
	return PROTO_CONTINUE;
}

static enum proto_action refuse(struct proto *proto, struct buf *out, const char *text)
{
	buf_printf(out, "%s\r\n", text);
	return proto_refused(proto, out, last_words);
}

static void smtp_greet(struct proto *proto, struct buf *out)
{
	buf_printf(out, "220 %s ESMTP ready\r\n", proto->settings.hostname);
}

static void lmtp_greet(struct proto *proto, struct buf *out)
{
	buf_printf(out, "220 %s LMTP ready\r\n", proto->settings.hostname);
}

static void smtp_end(const char *hostname, enum proto_end why, struct buf *out)
{
	switch (why) {
	case PROTO_END_IDLE:
		buf_printf(out, "421 4.4.2 %s Idle for too long\r\n", hostname);
		return;
	case PROTO_END_SHUTDOWN:
		buf_printf(out, "421 4.3.2 %s Service is going down\r\n", hostname);
		return;
	case PROTO_END_CAPPED:
		buf_printf(out, "421 4.3.2 %s Too many connections, try again later\r\n", hostname);
		return;
	}
}

static bool lmtp(const struct proto *proto)
{
	return proto->settings.protocol == PROTOCOL_LMTP;
}

/* A domain or an address literal: one word of printable characters. What it names is not checked
 * here (RFC 5321 4.1.4 forbids to refuse for that). */
static bool domain_ok(struct str argument)
{
	size_t i;

	for (i = 0; i < argument.n; i++) {
		if (argument.p[i] <= ' ' || argument.p[i] >= 0x7f)
			return false;
	}
	return argument.n > 0 && argument.n <= 255;
}

static enum proto_action hello(struct proto *proto, struct str argument, bool extended,
			       struct buf *out)
{
	if (!domain_ok(argument))
		return refuse(proto, out, "501 5.5.4 A host name is required");
	proto->greeted = true;
	proto->errors = 0;
	if (!extended) {
		buf_printf(out, "250 %s\r\n", proto->settings.hostname);
		return PROTO_CONTINUE;
	}
	buf_printf(out, "250-%s\r\n250-PIPELINING\r\n", proto->settings.hostname);
	if (proto->settings.tls_offered && !proto->secure)
		buf_puts(out, STR("250-STARTTLS\r\n"));
	buf_puts(out, STR("250 ENHANCEDSTATUSCODES\r\n"));
	return PROTO_CONTINUE;
}

static enum proto_action on_ehlo(struct proto *proto, struct str argument, struct buf *out)
{
	if (lmtp(proto))
		return refuse(proto, out, "500 5.5.1 This is LMTP: say LHLO");
	return hello(proto, argument, true, out);
}

static enum proto_action on_helo(struct proto *proto, struct str argument, struct buf *out)
{
	if (lmtp(proto))
		return refuse(proto, out, "500 5.5.1 This is LMTP: say LHLO");
	return hello(proto, argument, false, out);
}

static enum proto_action on_lhlo(struct proto *proto, struct str argument, struct buf *out)
{
	if (!lmtp(proto))
		return refuse(proto, out, "500 5.5.1 This is not LMTP: say EHLO");
	return hello(proto, argument, true, out);
}

static enum proto_action on_starttls(struct proto *proto, struct str argument, struct buf *out)
{
	if (argument.n)
		return refuse(proto, out, "501 5.5.4 STARTTLS takes no parameters");
	if (proto->secure)
		return refuse(proto, out, "503 5.5.1 TLS is active already");
	if (!proto->settings.tls_offered)
		return refuse(proto, out, "502 5.5.1 TLS is not offered");
	(void)reply(proto, out, "220 2.0.0 Ready to start TLS");
	return PROTO_START_TLS;
}

static enum proto_action on_noop(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument; /* RFC 5321 4.1.1.9: a string is allowed and ignored */
	return reply(proto, out, "250 2.0.0 OK");
}

static enum proto_action on_rset(struct proto *proto, struct str argument, struct buf *out)
{
	if (argument.n)
		return refuse(proto, out, "501 5.5.4 RSET takes no parameters");
	return reply(proto, out, "250 2.0.0 OK");
}

static enum proto_action on_quit(struct proto *proto, struct str argument, struct buf *out)
{
	if (argument.n)
		return refuse(proto, out, "501 5.5.4 QUIT takes no parameters");
	buf_printf(out, "221 2.0.0 %s Bye\r\n", proto->settings.hostname);
	return PROTO_CLOSE;
}

static enum proto_action on_help(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument;
	return reply(proto, out,
		     lmtp(proto) ? "214 2.0.0 LHLO STARTTLS NOOP RSET VRFY HELP QUIT"
				 : "214 2.0.0 EHLO HELO STARTTLS NOOP RSET VRFY HELP QUIT");
}

static enum proto_action on_vrfy(struct proto *proto, struct str argument, struct buf *out)
{
	if (!argument.n)
		return refuse(proto, out, "501 5.5.4 An address is required");
	return reply(proto, out, "252 2.0.0 Addresses are not verified here");
}

static enum proto_action on_expn(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument;
	return refuse(proto, out, "502 5.5.1 Lists are not shown");
}

static enum proto_action on_mail(struct proto *proto, struct str argument, struct buf *out)
{
	struct str five = {argument.p, argument.n < 5 ? argument.n : 5};

	if (!proto->greeted)
		return refuse(proto, out,
			      lmtp(proto) ? "503 5.5.1 Say LHLO first"
					  : "503 5.5.1 Say EHLO or HELO first");
	if (!line_is(five, "FROM:"))
		return refuse(proto, out, "501 5.5.4 Syntax: MAIL FROM:<address>");
	/* temporary: the sender keeps the message and tries again */
	return refuse(proto, out, "451 4.3.2 This server does not accept mail now");
}

static enum proto_action on_rcpt(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument;
	return refuse(proto, out, "503 5.5.1 Say MAIL first");
}

static enum proto_action on_data(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument;
	return refuse(proto, out, "503 5.5.1 Say MAIL and RCPT first");
}

static enum proto_action on_auth(struct proto *proto, struct str argument, struct buf *out)
{
	if (!proto->greeted)
		return refuse(proto, out, "503 5.5.1 Say EHLO first");
	if (!argument.n)
		return refuse(proto, out, "501 5.5.4 A mechanism is required");
	if (!proto->secure)
		return refuse(proto, out, "538 5.7.11 Encryption is required to log in");
	return refuse(proto, out, "454 4.7.0 Logging in is not possible now");
}

static enum proto_action on_bdat(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument;
	/* CHUNKING is not offered; its octets would be read as commands, so the session ends */
	(void)proto;
	buf_puts(out, STR("502 5.5.1 CHUNKING is not offered\r\n"));
	return PROTO_CLOSE;
}

/* A web browser was led here: what follows is not for us, and nothing of it may be obeyed. */
static enum proto_action on_http(struct proto *proto, struct str argument, struct buf *out)
{
	(void)argument;
	(void)proto;
	buf_puts(out, STR("421 4.7.0 This is not a web server\r\n"));
	return PROTO_CLOSE;
}

static const struct command {
	const char *word;
	enum proto_action (*run)(struct proto *proto, struct str argument, struct buf *out);
} commands[] = {
	{"EHLO", on_ehlo}, {"HELO", on_helo},    {"LHLO", on_lhlo},    {"STARTTLS", on_starttls},
	{"NOOP", on_noop}, {"RSET", on_rset},    {"QUIT", on_quit},    {"HELP", on_help},
	{"VRFY", on_vrfy}, {"EXPN", on_expn},    {"MAIL", on_mail},    {"RCPT", on_rcpt},
	{"DATA", on_data}, {"BDAT", on_bdat},    {"AUTH", on_auth},    {"GET", on_http},
	{"POST", on_http}, {"CONNECT", on_http}, {"OPTIONS", on_http}, {"PUT", on_http},
};

static enum proto_action smtp_command(struct proto *proto, struct buf *out)
{
	struct str rest = buf_str(&proto->line.text), word;
	size_t i;

	if (proto->line.flaw != LINE_GOOD) {
		buf_printf(out, "500 5.5.2 %s\r\n", line_flaw_text(proto->line.flaw));
		return proto_refused(proto, out, last_words);
	}
	while (rest.n && (rest.p[rest.n - 1] == ' ' || rest.p[rest.n - 1] == '\t'))
		rest.n--; /* RFC 5321 4.1.1: blanks at the end are tolerated */
	word = line_word(&rest);
	for (i = 0; i < ARRAY_LEN(commands); i++) {
		if (line_is(word, commands[i].word))
			return commands[i].run(proto, rest, out);
	}
	return refuse(proto, out, "500 5.5.1 Command not recognized");
}

const struct proto_machine proto_smtp = {
	.line_limit = LIMIT_LINE_SMTP,
	.idle = LIMIT_IDLE_SMTP,
	.greet = smtp_greet,
	.command = smtp_command,
	.end = smtp_end,
};

const struct proto_machine proto_lmtp = {
	.line_limit = LIMIT_LINE_SMTP,
	.idle = LIMIT_IDLE_SMTP,
	.greet = lmtp_greet,
	.command = smtp_command,
	.end = smtp_end,
};
