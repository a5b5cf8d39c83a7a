/* Zones that somebody else wrote, and answers of name servers. */
#include "fuzz.h"

#include "runtime/zone_check.h"
#include "stwc/zone.h"

static void put_zone(const struct zone_old *old, struct buf *out)
{
	size_t i;

	for (i = 0; i < old->count; i++)
		buf_printf(out, "%.*s. %u IN %s %.*s\n", STR_ARG(old->records[i].owner),
			   old->records[i].ttl, zone_type_word(old->records[i].type),
			   STR_ARG(old->records[i].rdata));
	FUZZ_WANT(!out->failed);
}

static void same_zone(const struct zone_old *old, const struct zone_old *again)
{
	size_t i;

	FUZZ_WANT(old->count == again->count);
	for (i = 0; i < old->count; i++)
		FUZZ_WANT(old->records[i].type == again->records[i].type &&
			  old->records[i].ttl == again->records[i].ttl &&
			  str_eq(old->records[i].owner, again->records[i].owner) &&
			  str_eq(old->records[i].rdata, again->records[i].rdata));
}

/* What was read and is written again is read as the same records. */
void fuzz_zone(const uint8_t *data, size_t n)
{
	struct hash_key key = {0};
	struct zone_old old, again;
	struct buf text = BUF_INIT;
	struct arena arena;

	arena_init(&arena, 0);
	if (zone_old_read(&arena, &key, STR("example.org"), (struct str){(const char *)data, n},
			  &old)) {
		put_zone(&old, &text);
		FUZZ_WANT(zone_old_read(&arena, &key, STR_NONE, buf_str(&text), &again));
		same_zone(&old, &again);
		zone_old_free(&again);
	} else {
		FUZZ_WANT(old.fault[0]);
	}
	buf_free(&text);
	zone_old_free(&old);
	arena_free(&arena);
}

/* The first byte chooses the type that was asked for. */
void fuzz_dns(const uint8_t *data, size_t n)
{
	static const enum zone_rr types[] = {RR_A,    RR_CNAME, RR_MX,   RR_TXT,
					     RR_AAAA, RR_SRV,   RR_TLSA, RR_CAA};
	struct zone_question question = {.name = STR("a.example")};
	struct arena arena;
	size_t i;

	if (!n)
		return;
	question.type = types[data[0] % ARRAY_LEN(types)];
	arena_init(&arena, 0);
	if (zone_answer_read(&arena, data + 1, (int)n - 1, &question)) {
		for (i = 0; i < question.count; i++)
			FUZZ_WANT(question.answers[i].type == question.type &&
				  question.answers[i].data.p);
	}
	arena_free(&arena);
}
