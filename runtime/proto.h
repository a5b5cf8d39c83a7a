/*
 * The protocols as pure state machines: octets in, octets and an action out. They know no socket,
 * clock or thread, so tests and fuzzers drive them from memory. What a session offers (host name,
 * TLS) is given once; what they need from outside (HTTP's resources) is one callback.
 */
#ifndef STW_RUNTIME_PROTO_H
#define STW_RUNTIME_PROTO_H

#include "base/attr.h"
#include "base/buf.h"
#include "runtime/line.h"

/* In the order of the reference's NetworkListenerProtocol: the index of shared_slot.accepted. */
enum protocol {
	PROTOCOL_SMTP,
	PROTOCOL_LMTP,
	PROTOCOL_HTTP,
	PROTOCOL_IMAP,
	PROTOCOL_POP3,
	PROTOCOL_SIEVE,
	PROTOCOL_COUNT
};

enum proto_action {
	PROTO_CONTINUE,
	PROTO_START_TLS, /* send the output, drop every octet that is already here, handshake */
	PROTO_CLOSE      /* send the output, end the connection */
};

/* Why a session is ended by us. */
enum proto_end {
	PROTO_END_IDLE,
	PROTO_END_SHUTDOWN,
	PROTO_END_CAPPED /* in place of a greeting */
};

struct http_request {
	struct str method, path, query; /* path is not decoded; never empty */
	struct str host;                /* of the target or the field Host, with its port */
	struct str authorization;       /* empty: none */
	struct str body;                /* empty: none, or it is longer than what is kept */
	bool cut;                       /* the latter */
	bool unsent;                    /* the client waits to be told whether to send the body */
	bool head;
};

struct http_response {
	unsigned status;
	const char *type;   /* Content-Type */
	const char *header; /* one more header line with its CR LF, or NULL */
	unsigned max_age;   /* seconds that it may be kept; 0: not at all */
	struct buf body;    /* freed by the caller of respond */
};

struct proto_settings {
	enum protocol protocol;
	const char *hostname; /* outlives the session */
	bool tls_offered;     /* STARTTLS may be used */
	bool secure;          /* TLS is active from the start */
	void (*respond)(void *ctx, const struct http_request *request, struct http_response *out);
	void *ctx;
};

struct http_parser;
struct proto;

struct proto_machine {
	size_t line_limit;
	unsigned idle; /* milliseconds */
	void (*greet)(struct proto *proto, struct buf *out);
	enum proto_action (*command)(struct proto *proto, struct buf *out); /* a line is complete */
	/* after a handshake in the middle of a session; NULL: nothing to say */
	void (*secured)(struct proto *proto, struct buf *out);
	void (*end)(const char *hostname, enum proto_end why, struct buf *out);
};

struct proto {
	const struct proto_machine *machine;
	struct proto_settings settings;
	bool secure;
	bool greeted;      /* SMTP, LMTP: EHLO, HELO or LHLO was taken */
	unsigned errors;   /* in a row */
	uint64_t commands; /* whole commands so far: what resets the idle timer */
	struct line line;
	struct buf held; /* IMAP, ManageSieve: the command so far, its literals as quoted strings */
	uint32_t skip;   /* octets of a literal that are still to come */
	bool keep;       /* its octets go to held; else they are dropped */
	unsigned literals; /* of the command so far */
	struct http_parser *http;
};

/* False: out of memory. */
bool proto_open(struct proto *proto, const struct proto_settings *settings) WARN_UNUSED;
void proto_close(struct proto *proto);
void proto_greet(struct proto *proto, struct buf *out);
/* Takes octets until a command is complete or none is left; how many. To be called again for the
 * rest while the action is PROTO_CONTINUE. */
size_t proto_input(struct proto *proto, const char *bytes, size_t n, struct buf *out,
		   enum proto_action *action) WARN_UNUSED;
/* The handshake that PROTO_START_TLS asked for is done: the session starts anew. */
void proto_secured(struct proto *proto, struct buf *out);
/* The protocol's own last words. */
void proto_end(enum protocol protocol, const char *hostname, enum proto_end why, struct buf *out);
/* Milliseconds that a session may wait for its next command. */
unsigned proto_idle(enum protocol protocol);
/* "smtp", "manageSieve": the reference's names; the ALPN name (IANA), or NULL. */
const char *proto_word(enum protocol protocol);
const char *proto_alpn(enum protocol protocol);

/* For the machines: counts a refused command; PROTO_CLOSE with last words when there were too
 * many in a row. */
enum proto_action proto_refused(struct proto *proto, struct buf *out, const char *last_words);

/* For IMAP and ManageSieve: may a literal of that size, behind `before` octets of a line, go on
 * with the command? Not when it is above `limit`, the last of too many, or when what is held of the
 * command outgrows a line: literals must not make room for more. */
bool proto_literal_fits(const struct proto *proto, size_t before, uint32_t size,
			uint32_t limit) WARN_UNUSED;
/* The command goes on behind a literal of that size; `before` is the line
 * up to its "{". */
void proto_hold(struct proto *proto, struct str before, uint32_t size, bool keep);
/* The whole command: what was held, and its last line. */
struct str proto_assemble(struct proto *proto, struct str line);
/* Forgets it. */
void proto_release(struct proto *proto);

extern const struct proto_machine proto_smtp, proto_lmtp, proto_imap, proto_pop3, proto_sieve,
	proto_http;

/* HTTP reads more than lines: its own reader. */
struct http_parser *http_parser_new(void) WARN_UNUSED;
void http_parser_free(struct http_parser *parser);
size_t http_input(struct proto *proto, const char *bytes, size_t n, struct buf *out,
		  enum proto_action *action) WARN_UNUSED;

#endif
