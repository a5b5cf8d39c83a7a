/*
 * stwctl zone-check: are the records that a configuration implies the ones that the DNS answers?
 * What is expected comes as `stwc zone --to json` wrote it, resolver included, so that the question
 * can be asked from any machine and needs no configuration there. Asks no stwd, changes nothing.
 */
#ifndef STW_RUNTIME_ZONE_CHECK_H
#define STW_RUNTIME_ZONE_CHECK_H

#include "base/arena.h"
#include "base/buf.h"

/* Numbers of RFC 1035 section 3.2.2 and its successors. */
enum zone_rr {
	RR_A = 1,
	RR_CNAME = 5,
	RR_MX = 15,
	RR_TXT = 16,
	RR_AAAA = 28,
	RR_SRV = 33,
	RR_TLSA = 52,
	RR_CAA = 257
};

/* A record, expected or answered. */
struct zone_entry {
	struct str name; /* in lower case, without the last dot; NUL-terminated, as all of these */
	enum zone_rr type;
	struct str data; /* as a zone file has it; TXT: the whole text, not quoted */
};

#define RESOLVER_SERVERS_MAX 16

enum zone_transport { ZONE_UDP, ZONE_TCP, ZONE_TLS };

struct zone_resolver {
	struct zone_server {
		char address[64];
		uint16_t port;
		enum zone_transport transport;
	} servers[RESOLVER_SERVERS_MAX]; /* none: those of the system */
	size_t count;
	const char *refused; /* why it cannot be asked, a sentence; NULL: it can */
	uint32_t attempts;   /* after the first one */
	uint32_t timeout;    /* ms, of one */
	bool edns, tcp_on_error, tcp;
};

struct zone_file {
	struct str domain;
	struct zone_resolver resolver;
	struct zone_entry
		*entries; /* SOA and NS are left out: they are the zone's, not the mail's */
	size_t count;
};

/* zone_file.c: reads what `stwc zone --to json` wrote; texts are in the arena. False: *why, which
 * holds `size` bytes, says what is wrong. */
bool zone_file_read(struct arena *arena, const char *path, struct zone_file *out, char *why,
		    size_t size) WARN_UNUSED;
/* The type of that name; false: one that is not compared. */
bool zone_rr_find(struct str word, enum zone_rr *out);
const char *zone_rr_word(enum zone_rr type);

enum zone_answer { ANSWER_NONE, ANSWER_GIVEN, ANSWER_FAILED };

struct zone_question {
	struct str name;
	enum zone_rr type;
	enum zone_answer answer;
	const char *failure;        /* ANSWER_FAILED: why */
	struct zone_entry *answers; /* of the type, under whatever name an alias leads to */
	size_t count;
	bool alias; /* the name is one */
};

/* zone_dns.c: asks all questions at once and waits for the last answer, at most `limit` ms. False:
 * nothing could be asked at all, as *why says. */
bool zone_ask(struct arena *arena, const struct zone_resolver *resolver,
	      struct zone_question *questions, size_t count, int64_t limit,
	      const char **why) WARN_UNUSED;

/* A message of the DNS (RFC 1035 section 4.1), of `size` bytes, as answers to the question. False:
 * it is not well formed, or there is no memory. */
bool zone_answer_read(struct arena *arena, const unsigned char *bytes, int size,
		      struct zone_question *question) WARN_UNUSED;

/* zone_check.c: puts a line for each difference. False: out of memory. */
bool zone_compare(struct arena *arena, const struct zone_file *file,
		  const struct zone_question *questions, size_t count, struct buf *out,
		  size_t *differences, size_t *failures) WARN_UNUSED;
/* The questions that a file asks. NULL: out of memory. */
struct zone_question *zone_questions(struct arena *arena, const struct zone_file *file,
				     size_t *count) WARN_UNUSED;
/* What goes to standard output and standard error. */
struct zone_said {
	struct buf out, err;
};

/* The whole command: `server` is --server or NULL, `timeout` in seconds for all of it. The exit
 * status of stwctl: 0 the same, 1 different, 2 not to be known. */
int zone_check(const char *path, const char *server, bool tcp, uint64_t timeout,
	       struct zone_said *said);

#endif
