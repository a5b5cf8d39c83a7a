#include "runtime/proto.h"

#include "runtime/limits.h"

static const struct {
	const struct proto_machine *machine;
	const char *word, *alpn;
} protocols[PROTOCOL_COUNT] = {
	[PROTOCOL_SMTP] = {&proto_smtp, "smtp", "smtp"},
	[PROTOCOL_LMTP] = {&proto_lmtp, "lmtp", NULL},
	[PROTOCOL_HTTP] = {&proto_http, "http", "http/1.1"},
	[PROTOCOL_IMAP] = {&proto_imap, "imap", "imap"},
	[PROTOCOL_POP3] = {&proto_pop3, "pop3", "pop3"},
	[PROTOCOL_SIEVE] = {&proto_sieve, "manageSieve", "managesieve"},
};

const char *proto_word(enum protocol protocol)
{
	return protocols[protocol].word;
}

const char *proto_alpn(enum protocol protocol)
{
	return protocols[protocol].alpn;
}

unsigned proto_idle(enum protocol protocol)
{
	return protocols[protocol].machine->idle;
}

void proto_end(enum protocol protocol, const char *hostname, enum proto_end why, struct buf *out)
{
	protocols[protocol].machine->end(hostname, why, out);
}

bool proto_open(struct proto *proto, const struct proto_settings *settings)
{
	*proto = (struct proto){.machine = protocols[settings->protocol].machine,
				.settings = *settings,
				.secure = settings->secure,
				.held = {.secret = true}};
	line_init(&proto->line, proto->machine->line_limit);
	if (settings->protocol != PROTOCOL_HTTP)
		return true;
	proto->http = http_parser_new();
	return proto->http != NULL;
}

void proto_close(struct proto *proto)
{
	line_free(&proto->line);
	buf_free(&proto->held);
	http_parser_free(proto->http);
	proto->http = NULL;
}

void proto_greet(struct proto *proto, struct buf *out)
{
	proto->machine->greet(proto, out);
}

enum proto_action proto_refused(struct proto *proto, struct buf *out, const char *last_words)
{
	if (++proto->errors < LIMIT_ERRORS)
		return PROTO_CONTINUE;
	buf_puts(out, str_c(last_words));
	return PROTO_CLOSE;
}

/* Octets of a literal: dropped, or kept as the inside of a quoted string. */
static size_t take_literal(struct proto *proto, const char *bytes, size_t n)
{
	size_t take = n < proto->skip ? n : proto->skip, i;

	for (i = 0; proto->keep && i < take; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			buf_putc(&proto->held, '\\');
		buf_putc(&proto->held, bytes[i]);
	}
	proto->skip -= (uint32_t)take;
	return take;
}

bool proto_literal_fits(const struct proto *proto, size_t before, uint32_t size, uint32_t limit)
{
	size_t room = proto->machine->line_limit, held = proto->held.n;

	return size <= limit && proto->literals < LIMIT_LITERALS && held <= room &&
	       before <= room - held;
}

void proto_hold(struct proto *proto, struct str before, uint32_t size, bool keep)
{
	(void)proto_assemble(proto, before); /* for what it leaves in held */
	buf_putc(&proto->held, '"');
	proto->skip = size;
	proto->keep = keep;
	proto->literals++;
}

struct str proto_assemble(struct proto *proto, struct str line)
{
	if (proto->literals)
		buf_putc(&proto->held, '"'); /* the end of the literal before */
	buf_puts(&proto->held, line);
	return buf_str(&proto->held);
}

void proto_release(struct proto *proto)
{
	buf_free(&proto->held);
	proto->held.secret = true; /* the next command may hold a password too */
	proto->literals = 0;
	proto->skip = 0;
}

size_t proto_input(struct proto *proto, const char *bytes, size_t n, struct buf *out,
		   enum proto_action *action)
{
	bool complete;
	size_t used;

	*action = PROTO_CONTINUE;
	if (proto->http)
		return http_input(proto, bytes, n, out, action);
	if (proto->skip)
		return take_literal(proto, bytes, n);
	used = line_feed(&proto->line, bytes, n, &complete);
	if (!complete)
		return used;
	proto->commands++;
	if (proto->line.flaw == LINE_MEMORY || proto->held.failed) {
		proto->machine->end(proto->settings.hostname, PROTO_END_SHUTDOWN, out);
		*action = PROTO_CLOSE;
	} else {
		*action = proto->machine->command(proto, out);
	}
	line_next(&proto->line);
	return used;
}

void proto_secured(struct proto *proto, struct buf *out)
{
	proto->secure = true;
	proto->greeted = false;
	proto->errors = 0;
	proto_release(proto);
	line_next(&proto->line);
	if (proto->machine->secured)
		proto->machine->secured(proto, out);
}
