/* The mail protocols as machines: what goes in as octets, what comes out, and when a session ends.
 * Every script also runs octet by octet, since a network may cut it anywhere. */
#include "unit.h"

#include "runtime/limits.h"
#include "runtime/proto.h"

#define HOST "mx.example.org"

/* What a session said, and how it ended. */
struct talk {
	struct proto proto;
	struct buf out;
	enum proto_action action;
	size_t left; /* octets that were not taken */
};

static void talk_open(struct talk *talk, enum protocol protocol, bool tls_offered, bool secure)
{
	const struct proto_settings settings = {.protocol = protocol,
						.hostname = HOST,
						.tls_offered = tls_offered,
						.secure = secure};

	*talk = (struct talk){.out = BUF_INIT};
	assert_true(proto_open(&talk->proto, &settings));
}

static void talk_close(struct talk *talk)
{
	proto_close(&talk->proto);
	buf_free(&talk->out);
}

static void talk_say(struct talk *talk, const char *bytes, size_t n, size_t at_a_time)
{
	size_t end, used;

	talk->action = PROTO_CONTINUE;
	while (n && talk->action == PROTO_CONTINUE) {
		end = n < at_a_time ? n : at_a_time;
		used = proto_input(&talk->proto, bytes, end, &talk->out, &talk->action);
		assert_true(used > 0 && used <= end);
		bytes += used;
		n -= used;
	}
	talk->left = n;
}

struct script {
	enum protocol protocol;
	bool tls_offered, secure;
	const char *in, *out;
	enum proto_action action;
};

static void play(const struct script *script, size_t at_a_time)
{
	struct talk talk;

	talk_open(&talk, script->protocol, script->tls_offered, script->secure);
	talk_say(&talk, script->in, strlen(script->in), at_a_time);
	buf_putc(&talk.out, '\0');
	assert_string_equal(talk.out.p, script->out);
	assert_int_equal(talk.action, script->action);
	talk_close(&talk);
}

static void play_all(const struct script *scripts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		play(&scripts[i], SIZE_MAX);
		play(&scripts[i], 1);
		play(&scripts[i], 7);
	}
}

#define PLAIN false, false
#define OFFERED true, false
#define SECURE true, true

static void smtp(void **state)
{
	static const struct script scripts[] = {
		{PROTOCOL_SMTP, PLAIN, "EHLO client.example\r\n",
		 "250-" HOST "\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, OFFERED, "ehlo [192.0.2.1]\r\n",
		 "250-" HOST "\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, SECURE, "EHLO x\r\n",
		 "250-" HOST "\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "HELO x\r\n", "250 " HOST "\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "EHLO\r\n", "501 5.5.4 A host name is required\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "EHLO a b\r\n", "501 5.5.4 A host name is required\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "LHLO x\r\n", "500 5.5.1 This is not LMTP: say EHLO\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "NOOP what ever\r\nRSET\r\nQUIT\r\n",
		 "250 2.0.0 OK\r\n250 2.0.0 OK\r\n221 2.0.0 " HOST " Bye\r\n", PROTO_CLOSE},
		{PROTOCOL_SMTP, PLAIN, "MAIL FROM:<a@example.org>\r\n",
		 "503 5.5.1 Say EHLO or HELO first\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "HELO x\r\nMAIL FROM:<a@example.org> SIZE=5\r\n",
		 "250 " HOST "\r\n451 4.3.2 This server does not accept mail now\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "HELO x\r\nMAIL TO:<a@example.org>\r\n",
		 "250 " HOST "\r\n501 5.5.4 Syntax: MAIL FROM:<address>\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "RCPT TO:<a@example.org>\r\nDATA\r\n",
		 "503 5.5.1 Say MAIL first\r\n503 5.5.1 Say MAIL and RCPT first\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "VRFY a\r\nEXPN a\r\n",
		 "252 2.0.0 Addresses are not verified here\r\n502 5.5.1 Lists are not shown\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "HELO x\r\nAUTH PLAIN AGEAYg==\r\n",
		 "250 " HOST "\r\n538 5.7.11 Encryption is required to log in\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, SECURE, "HELO x\r\nAUTH PLAIN AGEAYg==\r\n",
		 "250 " HOST "\r\n454 4.7.0 Logging in is not possible now\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, OFFERED, "STARTTLS now\r\n",
		 "501 5.5.4 STARTTLS takes no parameters\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "STARTTLS\r\n", "502 5.5.1 TLS is not offered\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, SECURE, "STARTTLS\r\n", "503 5.5.1 TLS is active already\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "XYZZY\r\n\r\n",
		 "500 5.5.1 Command not recognized\r\n500 5.5.1 Command not recognized\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "NOOP\nNOOP\r\n",
		 "500 5.5.2 Lines must end with CR LF\r\n250 2.0.0 OK\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "NO\rOP\r\n", "500 5.5.2 CR without LF\r\n", PROTO_CONTINUE},
		{PROTOCOL_SMTP, PLAIN, "BDAT 4 LAST\r\nQUIT",
		 "502 5.5.1 CHUNKING is not offered\r\n", PROTO_CLOSE},
		{PROTOCOL_SMTP, PLAIN, "GET / HTTP/1.1\r\nNOOP\r\n",
		 "421 4.7.0 This is not a web server\r\n", PROTO_CLOSE},
		{PROTOCOL_LMTP, OFFERED, "LHLO x\r\n",
		 "250-" HOST "\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 ENHANCEDSTATUSCODES\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_LMTP, PLAIN, "HELO x\r\nEHLO x\r\nMAIL FROM:<>\r\n",
		 "500 5.5.1 This is LMTP: say LHLO\r\n500 5.5.1 This is LMTP: say LHLO\r\n"
		 "503 5.5.1 Say LHLO first\r\n",
		 PROTO_CONTINUE},
	};

	(void)state;
	play_all(scripts, ARRAY_LEN(scripts));
}

static void imap(void **state)
{
	static const struct script scripts[] = {
		{PROTOCOL_IMAP, PLAIN, "a1 CAPABILITY\r\n",
		 "* CAPABILITY IMAP4rev2 IMAP4rev1 ID LITERAL- LOGINDISABLED\r\na1 OK CAPABILITY "
		 "completed\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, OFFERED, "a1 capability\r\n",
		 "* CAPABILITY IMAP4rev2 IMAP4rev1 ID LITERAL- STARTTLS LOGINDISABLED\r\n"
		 "a1 OK CAPABILITY completed\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, SECURE, "a1 CAPABILITY\r\n",
		 "* CAPABILITY IMAP4rev2 IMAP4rev1 ID LITERAL-\r\na1 OK CAPABILITY completed\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x NOOP\r\ny LOGOUT\r\n",
		 "x OK NOOP completed\r\n* BYE " HOST " Bye\r\ny OK LOGOUT completed\r\n",
		 PROTO_CLOSE},
		{PROTOCOL_IMAP, PLAIN, "x NOOP y\r\n", "x BAD NOOP takes no arguments\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x ID NIL\r\n",
		 "* ID (\"name\" \"stw\")\r\nx OK ID completed\r\n", PROTO_CONTINUE},
		{PROTOCOL_IMAP, OFFERED, "x LOGIN a b\r\n",
		 "x NO [PRIVACYREQUIRED] Encryption is required to log in\r\n", PROTO_CONTINUE},
		{PROTOCOL_IMAP, SECURE, "x AUTHENTICATE PLAIN AGEAYg==\r\n",
		 "x NO [UNAVAILABLE] Logging in is not possible now\r\n", PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x STARTTLS\r\n", "x BAD TLS is not offered\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, SECURE, "x STARTTLS\r\n", "x BAD TLS is active already\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x SELECT INBOX\r\nx FROB\r\nx\r\n\r\n",
		 "x BAD Log in first\r\nx BAD Command not recognized\r\nx BAD A command is "
		 "missing\r\n"
		 "* BAD Invalid tag\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x\"y NOOP\r\n+ NOOP\r\n",
		 "* BAD Invalid tag\r\n* BAD Invalid tag\r\n", PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x NOOP\n", "x BAD Lines must end with CR LF\r\n",
		 PROTO_CONTINUE},
		/* a synchronizing literal is refused at once and never sent */
		{PROTOCOL_IMAP, PLAIN, "x LOGIN {5}\r\ny NOOP\r\n",
		 "x NO [PRIVACYREQUIRED] Encryption is required to log in\r\ny OK NOOP "
		 "completed\r\n",
		 PROTO_CONTINUE},
		/* others are data, whatever they look like */
		{PROTOCOL_IMAP, PLAIN, "x LOGIN {8+}\r\ny NOOP\r\n {3+}\r\nabc\r\nz NOOP\r\n",
		 "x NO [PRIVACYREQUIRED] Encryption is required to log in\r\nz OK NOOP "
		 "completed\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x LOGIN {0+}\r\n {0+}\r\n\r\nz NOOP\r\n",
		 "x NO [PRIVACYREQUIRED] Encryption is required to log in\r\nz OK NOOP "
		 "completed\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_IMAP, OFFERED, "x STARTTLS {3+}\r\nabc\r\n",
		 "x BAD STARTTLS takes no arguments\r\n", PROTO_CONTINUE},
		{PROTOCOL_IMAP, OFFERED, "x STARTTLS {3}\r\n",
		 "x BAD STARTTLS takes no arguments\r\n", PROTO_CONTINUE},
		{PROTOCOL_IMAP, PLAIN, "x APPEND INBOX {4097+}\r\n",
		 "* BYE [TOOBIG] Literal too large before a login\r\n", PROTO_CLOSE},
		{PROTOCOL_IMAP, PLAIN, "x APPEND INBOX {99999999999999999999999999+}\r\n",
		 "* BYE [TOOBIG] Literal too large before a login\r\n", PROTO_CLOSE},
		{PROTOCOL_IMAP, PLAIN, "x LOGIN \"{5+\"}\r\n",
		 "x NO [PRIVACYREQUIRED] Encryption is required to log in\r\n", PROTO_CONTINUE},
	};

	(void)state;
	play_all(scripts, ARRAY_LEN(scripts));
}

static void pop3(void **state)
{
	static const struct script scripts[] = {
		{PROTOCOL_POP3, PLAIN, "CAPA\r\n",
		 "+OK Capability list follows\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
		 "IMPLEMENTATION stw\r\n.\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_POP3, OFFERED, "capa\r\n",
		 "+OK Capability list "
		 "follows\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nSTLS\r\n"
		 "IMPLEMENTATION stw\r\n.\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_POP3, PLAIN, "NOOP\r\nQUIT\r\n", "+OK\r\n+OK " HOST " Bye\r\n",
		 PROTO_CLOSE},
		{PROTOCOL_POP3, OFFERED, "USER a\r\n",
		 "-ERR Encryption is required: say STLS first\r\n", PROTO_CONTINUE},
		{PROTOCOL_POP3, PLAIN, "PASS b\r\n", "-ERR Encryption is required to log in\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_POP3, SECURE, "USER a\r\n",
		 "-ERR [SYS/TEMP] Logging in is not possible now\r\n", PROTO_CONTINUE},
		{PROTOCOL_POP3, PLAIN, "STAT\r\nHELO\r\n",
		 "-ERR Log in first\r\n-ERR Command not recognized\r\n", PROTO_CONTINUE},
		{PROTOCOL_POP3, PLAIN, "STLS\r\n", "-ERR TLS is not offered\r\n", PROTO_CONTINUE},
		{PROTOCOL_POP3, SECURE, "STLS\r\n", "-ERR TLS is active already\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_POP3, OFFERED, "STLS x\r\n", "-ERR STLS takes no arguments\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_POP3, PLAIN, "NOOP\n", "-ERR Lines must end with CR LF\r\n",
		 PROTO_CONTINUE},
	};

	(void)state;
	play_all(scripts, ARRAY_LEN(scripts));
}

#define SIEVE_CAPABILITIES "\"IMPLEMENTATION\" \"stw\"\r\n\"SASL\" \"\"\r\n\"SIEVE\" \"\"\r\n"
#define SIEVE_VERSION "\"VERSION\" \"1.0\"\r\n"

static void sieve(void **state)
{
	static const struct script scripts[] = {
		{PROTOCOL_SIEVE, PLAIN, "CAPABILITY\r\n",
		 SIEVE_CAPABILITIES SIEVE_VERSION "OK \"CAPABILITY completed\"\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SIEVE, OFFERED, "capability\r\n",
		 SIEVE_CAPABILITIES "\"STARTTLS\"\r\n" SIEVE_VERSION
				    "OK \"CAPABILITY completed\"\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "NOOP\r\nLOGOUT\r\n",
		 "OK \"NOOP completed\"\r\nOK \"Bye\"\r\n", PROTO_CLOSE},
		{PROTOCOL_SIEVE, PLAIN, "NOOP \"sync \\\"1\\\" \\\\\"\r\n",
		 "OK (TAG \"sync \\\"1\\\" \\\\\") \"NOOP completed\"\r\n", PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "NOOP {6+}\r\nab\r\n\"c\r\n",
		 "OK (TAG {6}\r\nab\r\n\"c) \"NOOP completed\"\r\n", PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "NOOP {0+}\r\n\r\n", "OK (TAG \"\") \"NOOP completed\"\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "NOOP x\r\nNOOP \"a\" \"b\"\r\nNOOP \"a\\\"\r\n",
		 "NO \"NOOP takes one string\"\r\nNO \"NOOP takes one string\"\r\nNO \"NOOP takes "
		 "one string\"\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "AUTHENTICATE \"PLAIN\" \"AGEAYg==\"\r\n",
		 "NO (ENCRYPT-NEEDED) \"Encryption is required to log in\"\r\n", PROTO_CONTINUE},
		{PROTOCOL_SIEVE, SECURE, "AUTHENTICATE \"PLAIN\" {8+}\r\nAGEAYg==\r\n",
		 "NO (TRYLATER) \"Logging in is not possible now\"\r\n", PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "PUTSCRIPT \"x\" {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n",
		 "NO \"Authenticate first\"\r\nOK \"NOOP completed\"\r\n", PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "PUTSCRIPT \"x\" {65537+}\r\n",
		 "BYE \"Literal too large before a login\"\r\n", PROTO_CLOSE},
		{PROTOCOL_SIEVE, PLAIN, "PUTSCRIPT \"x\" {5}\r\n",
		 "BYE \"Literals end with '+}'\"\r\n", PROTO_CLOSE},
		{PROTOCOL_SIEVE, PLAIN, "FROB\r\n", "NO \"Command not recognized\"\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "STARTTLS\r\n", "NO \"TLS is not offered\"\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SIEVE, SECURE, "STARTTLS\r\n", "NO \"TLS is active already\"\r\n",
		 PROTO_CONTINUE},
		{PROTOCOL_SIEVE, PLAIN, "NOOP\n", "NO \"Lines must end with CR LF\"\r\n",
		 PROTO_CONTINUE},
	};

	(void)state;
	play_all(scripts, ARRAY_LEN(scripts));
}

/* The command that begins TLS, what answers it, and what the same session says afterwards. */
static const struct {
	enum protocol protocol;
	const char *before, *answer, *injected, *after, *after_answer;
} upgrades[] = {
	{PROTOCOL_SMTP, "EHLO x\r\nSTARTTLS\r\n", "220 2.0.0 Ready to start TLS\r\n", "RSET\r\n",
	 "MAIL FROM:<>\r\n", "503 5.5.1 Say EHLO or HELO first\r\n"},
	{PROTOCOL_LMTP, "STARTTLS\r\n", "220 2.0.0 Ready to start TLS\r\n", "RSET\r\n",
	 "LHLO x\r\n", "250-" HOST "\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"},
	{PROTOCOL_IMAP, "a STARTTLS\r\n", "a OK Begin TLS negotiation now\r\n", "b NOOP\r\n",
	 "c CAPABILITY\r\n",
	 "* CAPABILITY IMAP4rev2 IMAP4rev1 ID LITERAL-\r\nc OK CAPABILITY completed\r\n"},
	{PROTOCOL_POP3, "STLS\r\n", "+OK Begin TLS negotiation\r\n", "NOOP\r\n", "STLS\r\n",
	 "-ERR TLS is active already\r\n"},
	{PROTOCOL_SIEVE, "STARTTLS\r\n", "OK \"Begin TLS negotiation now\"\r\n", "NOOP\r\n",
	 "NOOP\r\n", "OK \"NOOP completed\"\r\n"},
};

/* What follows in the clear is left to the caller, who throws it away; nothing of it is kept. */
static void upgrade(void **state)
{
	struct talk talk;
	char script[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(upgrades); i++) {
		talk_open(&talk, upgrades[i].protocol, true, false);
		snprintf(script, sizeof(script), "%s%s", upgrades[i].before, upgrades[i].injected);
		talk_say(&talk, script, strlen(script), SIZE_MAX);
		assert_int_equal(talk.action, PROTO_START_TLS);
		assert_int_equal(talk.left, strlen(upgrades[i].injected));
		assert_true(str_ends(buf_str(&talk.out), str_c(upgrades[i].answer)));

		buf_clear(&talk.out);
		proto_secured(&talk.proto, &talk.out);
		if (upgrades[i].protocol ==
		    PROTOCOL_SIEVE) /* RFC 5804 2.2: capabilities come again */
			assert_true(str_eq_c(buf_str(&talk.out), SIEVE_CAPABILITIES SIEVE_VERSION
					     "OK \"TLS is active\"\r\n"));
		else
			assert_int_equal(talk.out.n, 0);
		buf_clear(&talk.out);
		talk_say(&talk, upgrades[i].after, strlen(upgrades[i].after), SIZE_MAX);
		assert_true(str_eq_c(buf_str(&talk.out), upgrades[i].after_answer));
		talk_close(&talk);
	}
}

/* Half a line before STARTTLS' own end must not survive either. */
static void upgrade_forgets(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, PROTOCOL_SIEVE, true, false);
	talk_say(&talk, "PUTSCRIPT \"x\" {10+}\r\nabc", 24, SIZE_MAX);
	proto_secured(&talk.proto, &talk.out);
	buf_clear(&talk.out);
	talk_say(&talk, "NOOP\r\n", 6, SIZE_MAX);
	assert_true(str_eq_c(buf_str(&talk.out), "OK \"NOOP completed\"\r\n"));
	talk_close(&talk);
}

static void greetings(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *text;
	} cases[] = {
		{PROTOCOL_SMTP, "220 " HOST " ESMTP ready\r\n"},
		{PROTOCOL_LMTP, "220 " HOST " LMTP ready\r\n"},
		{PROTOCOL_IMAP,
		 "* OK [CAPABILITY IMAP4rev2 IMAP4rev1 ID LITERAL- LOGINDISABLED] " HOST
		 " IMAP ready\r\n"},
		{PROTOCOL_POP3, "+OK " HOST " POP3 ready\r\n"},
		{PROTOCOL_SIEVE,
		 SIEVE_CAPABILITIES SIEVE_VERSION "OK \"" HOST " ManageSieve ready\"\r\n"},
		{PROTOCOL_HTTP, ""},
	};
	struct talk talk;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		talk_open(&talk, cases[i].protocol, false, false);
		proto_greet(&talk.proto, &talk.out);
		assert_true(str_eq_c(buf_str(&talk.out), cases[i].text));
		talk_close(&talk);
	}
}

/* Over a cap, too long idle, going down: each protocol has its own words. */
static void ends(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *capped, *idle;
	} cases[] = {
		{PROTOCOL_SMTP, "421 4.3.2 ", "421 4.4.2 "},
		{PROTOCOL_LMTP, "421 4.3.2 ", "421 4.4.2 "},
		{PROTOCOL_IMAP, "* BYE [", "* BYE "},
		{PROTOCOL_POP3, "-ERR [SYS/TEMP] ", "-ERR "},
		{PROTOCOL_SIEVE, "BYE (TRYLATER) ", "BYE "},
		{PROTOCOL_HTTP, "HTTP/1.1 503 ", ""},
	};
	struct buf out = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		proto_end(cases[i].protocol, HOST, PROTO_END_CAPPED, &out);
		assert_true(str_starts(buf_str(&out), str_c(cases[i].capped)));
		buf_clear(&out);
		proto_end(cases[i].protocol, HOST, PROTO_END_IDLE, &out);
		assert_true(str_starts(buf_str(&out), str_c(cases[i].idle)));
		assert_true(out.n == 0 || str_ends(buf_str(&out), STR("\r\n")));
		buf_clear(&out);
	}
	buf_free(&out);
}

static const struct {
	enum protocol protocol;
	size_t limit;
	const char *before, *good, *long_answer;
} long_lines[] = {
	{PROTOCOL_SMTP, LIMIT_LINE_SMTP, "NOOP ", "250 ", "500 5.5.2 Line too long\r\n"},
	{PROTOCOL_POP3, LIMIT_LINE_POP3, "USER ", "-ERR Enc", "-ERR Line too long\r\n"},
	{PROTOCOL_IMAP, LIMIT_LINE_IMAP, "t LOGIN ", "t NO ", "t BAD Line too long\r\n"},
	{PROTOCOL_SIEVE, LIMIT_LINE_SIEVE, "AUTHENTICATE ", "NO (ENC", "NO \"Line too long\"\r\n"},
};

/* A line may have as many octets as its limit says, CR LF counted, and not one more; memory does
 * not grow with what is too long; the next line is read as usual. */
static void line_limits(void **state)
{
	struct talk talk;
	char *line = malloc(100001);
	size_t i, n;

	(void)state;
	assert_non_null(line);
	for (i = 0; i < ARRAY_LEN(long_lines); i++) {
		for (n = long_lines[i].limit; n <= 100000;
		     n = n > long_lines[i].limit ? n * 10 : n + 1) {
			bool fits = n == long_lines[i].limit;

			memset(line, 'x', n);
			memcpy(line, long_lines[i].before, strlen(long_lines[i].before));
			memcpy(line + n - 2, "\r\n", 2);
			talk_open(&talk, long_lines[i].protocol, false, false);
			talk_say(&talk, line, n, SIZE_MAX);
			assert_true(str_starts(
				buf_str(&talk.out),
				str_c(fits ? long_lines[i].good : long_lines[i].long_answer)));
			assert_true(talk.proto.line.text.cap <= 4 * long_lines[i].limit);
			talk_close(&talk);
		}
	}
	free(line);
}

/* Neither many literals nor long lines between them make a command that is not logged in cost more
 * memory than a line of its protocol. */
static void held_commands(void **state)
{
	static const struct {
		enum protocol protocol;
		size_t limit;
		const char *command, *answer;
	} cases[] = {
		{PROTOCOL_IMAP, LIMIT_LINE_IMAP, "t LOGIN ", "* BYE [TOOBIG] "},
		{PROTOCOL_SIEVE, LIMIT_LINE_SIEVE, "NOOP ", "BYE "},
	};
	static const size_t lengths[] = {0, 1000, 8000};
	struct talk talk;
	char part[8192], literal[1000] = "";
	size_t i, j, n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		for (j = 0; j < ARRAY_LEN(lengths); j++) {
			talk_open(&talk, cases[i].protocol, false, false);
			talk_say(&talk, cases[i].command, strlen(cases[i].command), SIZE_MAX);
			memset(part, 'x', lengths[j]);
			n = lengths[j] + (size_t)snprintf(part + lengths[j], 16, " {1000+}\r\n");
			do {
				talk_say(&talk, part, n, SIZE_MAX);
				if (talk.action == PROTO_CONTINUE)
					talk_say(&talk, literal, sizeof(literal), SIZE_MAX);
				assert_true(talk.proto.held.n < 3 * cases[i].limit);
			} while (talk.action == PROTO_CONTINUE);
			assert_true(str_starts(buf_str(&talk.out), str_c(cases[i].answer)));
			talk_close(&talk);
		}
	}
}

static void nul_octets(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *answer;
	} cases[] = {
		{PROTOCOL_SMTP, "500 5.5.2 NUL octet\r\n"},
		{PROTOCOL_IMAP, "* BAD NUL octet\r\n"},
		{PROTOCOL_POP3, "-ERR NUL octet\r\n"},
		{PROTOCOL_SIEVE, "NO \"NUL octet\"\r\n"},
	};
	struct talk talk;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		talk_open(&talk, cases[i].protocol, false, false);
		talk_say(&talk, "NO\0OP\r\n", 7, SIZE_MAX);
		assert_true(str_eq_c(buf_str(&talk.out), cases[i].answer));
		talk_close(&talk);
	}
}

/* Ten refusals in a row end a session; one good command in between starts the count anew. */
static void too_many_errors(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *bad, *good;
	} cases[] = {
		{PROTOCOL_SMTP, "x\r\n", "NOOP\r\n"},
		{PROTOCOL_IMAP, "x y\r\n", "x NOOP\r\n"},
		{PROTOCOL_POP3, "x\r\n", "NOOP\r\n"},
		{PROTOCOL_SIEVE, "x\r\n", "NOOP\r\n"},
	};
	struct talk talk;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		talk_open(&talk, cases[i].protocol, false, false);
		for (n = 0; n < 2 * LIMIT_ERRORS; n++) {
			talk_say(&talk, cases[i].bad, strlen(cases[i].bad), SIZE_MAX);
			if (n == LIMIT_ERRORS - 2)
				talk_say(&talk, cases[i].good, strlen(cases[i].good), SIZE_MAX);
			if (n == 2 * LIMIT_ERRORS - 2)
				break;
			assert_int_equal(talk.action, PROTO_CONTINUE);
		}
		assert_int_equal(talk.action, PROTO_CLOSE);
		talk_close(&talk);
	}
}

/* Whole commands move the idle deadline; octets alone do not. */
static void commands_are_counted(void **state)
{
	struct talk talk;

	(void)state;
	talk_open(&talk, PROTOCOL_SMTP, false, false);
	talk_say(&talk, "NOO", 3, SIZE_MAX);
	assert_int_equal(talk.proto.commands, 0);
	talk_say(&talk, "P\r\n", 3, SIZE_MAX);
	assert_int_equal(talk.proto.commands, 1);
	talk_close(&talk);
}

/* ---- any input ---- */

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* Words that mean something to one of the protocols, so that deep states are reached. */
static const char *const words[] = {
	"\r\n",
	"\n",
	"\r",
	" ",
	"a ",
	"{3}",
	"{3+}",
	"{0+}",
	"{4096+}",
	"abc",
	"\"",
	"\\",
	"NOOP",
	"EHLO x",
	"LHLO x",
	"STARTTLS",
	"STLS",
	"MAIL FROM:<>",
	"RCPT TO:<>",
	"QUIT",
	"AUTH PLAIN",
	"CAPABILITY",
	"CAPA",
	"LOGIN ",
	"USER x",
	"PUTSCRIPT ",
	"AUTHENTICATE ",
	"GET / HTTP/1.1\r\n",
	"Host: h\r\n",
	"Content-Length: 3\r\n",
	"Transfer-Encoding: chunked\r\n",
	"\r\n\r\n",
	"3\r\nabc\r\n",
	"0\r\n\r\n",
	"\xff\x80",
};

static void random_input(uint64_t *seed, struct buf *in)
{
	size_t pieces = 1 + next_random(seed) % 60;

	buf_clear(in);
	while (pieces--) {
		if (next_random(seed) % 16 == 0)
			buf_putc(in, (char)next_random(seed));
		else
			buf_puts(in, str_c(words[next_random(seed) % ARRAY_LEN(words)]));
	}
}

static void ok_response(void *ctx, const struct http_request *request, struct http_response *out)
{
	(void)ctx;
	assert_true(request->method.n > 0 && request->path.n > 0);
	out->status = 200;
}

/* Says it all in steps of up to `most` octets; how often TLS was asked for goes into the output. */
static void run_random(enum protocol protocol, const struct buf *in, size_t most, uint64_t seed,
		       struct buf *out)
{
	const struct proto_settings settings = {.protocol = protocol,
						.hostname = HOST,
						.tls_offered = true,
						.respond = ok_response};
	enum proto_action action = PROTO_CONTINUE;
	struct proto proto;
	size_t at = 0, n, used;

	buf_clear(out);
	assert_true(proto_open(&proto, &settings));
	while (at < in->n && action != PROTO_CLOSE) {
		n = 1 + next_random(&seed) % most;
		n = n < in->n - at ? n : in->n - at;
		used = proto_input(&proto, in->p + at, n, out, &action);
		assert_true(used > 0 && used <= n);
		at += used;
		if (action == PROTO_START_TLS)
			proto_secured(&proto, out);
	}
	proto_close(&proto);
}

/* Dates differ from second to second. */
static void blank_dates(struct buf *out)
{
	char *date = out->p;

	buf_putc(out, '\0');
	while (out->p && (date = strstr(date ? date : out->p, "\r\nDate: ")) != NULL) {
		memset(date + 8, 'x', 29);
		date += 8;
	}
}

/* Whatever comes in: nothing breaks, and where the network cuts it makes no difference. */
static void any_input(void **state)
{
	struct buf in = BUF_INIT, whole = BUF_INIT, cut = BUF_INIT;
	uint64_t seed = 1;
	unsigned round, protocol;

	(void)state;
	for (round = 0; round < 4000; round++) {
		random_input(&seed, &in);
		for (protocol = 0; protocol < PROTOCOL_COUNT; protocol++) {
			run_random((enum protocol)protocol, &in, SIZE_MAX - 1, seed, &whole);
			run_random((enum protocol)protocol, &in, 1 + round % 9, seed, &cut);
			blank_dates(&whole);
			blank_dates(&cut);
			assert_string_equal(whole.p, cut.p);
		}
	}
	buf_free(&in);
	buf_free(&whole);
	buf_free(&cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_input),
		cmocka_unit_test(smtp),
		cmocka_unit_test(imap),
		cmocka_unit_test(pop3),
		cmocka_unit_test(sieve),
		cmocka_unit_test(upgrade),
		cmocka_unit_test(upgrade_forgets),
		cmocka_unit_test(greetings),
		cmocka_unit_test(ends),
		cmocka_unit_test(line_limits),
		cmocka_unit_test(held_commands),
		cmocka_unit_test(nul_octets),
		cmocka_unit_test(too_many_errors),
		cmocka_unit_test(commands_are_counted),
	};

	return cmocka_run_group_tests_name("protocols", tests, NULL, NULL);
}
