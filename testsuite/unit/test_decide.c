/* Live entries, and the order of the rules that decide about an address. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/decide.h"

#define NOW 1000

static const struct hash_key key = {1, 2};

static struct net_network network_of(const char *text)
{
	struct net_network network = {.prefix = 0};

	assert_int_equal(net_network_parse(str_c(text), &network), NET_OK);
	return network;
}

static void put(struct live_table *table, enum live_kind kind, const char *network, int64_t until)
{
	struct live_entry entry = {
		.network = network_of(network), .kind = (uint8_t)kind, .until = until};

	assert_true(live_table_put(table, &entry));
}

static bool match(const struct live_table *table, enum live_kind kind, const char *peer,
		  const char *expected)
{
	struct net_network at = network_of(peer);
	struct live_entry entry;
	char text[NET_TEXT_SIZE];

	if (!live_table_match(table, kind, &at.addr, NOW, &entry))
		return expected == NULL;
	(void)net_network_format(&entry.network, text);
	return expected && strcmp(text, expected) == 0;
}

static void live_matching(void **state)
{
	struct live_table *t = live_table_new(&key);

	(void)state;
	put(t, LIVE_BAN, "10.1.2.3/8", 0);
	put(t, LIVE_BAN, "10.1.0.0/16", NOW); /* ended this very second */
	put(t, LIVE_BAN, "10.1.2.3", NOW + 1);
	put(t, LIVE_ALLOW, "10.1.2.0/24", 0);
	put(t, LIVE_BAN, "::ffff:192.0.2.0/120", 0);
	put(t, LIVE_BAN, "::/8", 0);
	put(t, LIVE_BAN, "2001:db8::/32", 0);
	assert_true(match(t, LIVE_BAN, "10.1.2.3", "10.1.2.3"));
	assert_true(match(t, LIVE_BAN, "::ffff:10.1.2.3", "10.1.2.3"));
	assert_true(match(t, LIVE_BAN, "10.1.2.4", "10.0.0.0/8"));
	assert_true(match(t, LIVE_ALLOW, "10.1.2.4", "10.1.2.0/24"));
	assert_true(match(t, LIVE_ALLOW, "10.1.3.4", NULL));
	assert_true(match(t, LIVE_BAN, "192.0.2.9", "192.0.2.0/24"));
	assert_true(match(t, LIVE_BAN, "203.0.113.1", "::/8"));
	assert_true(match(t, LIVE_BAN, "2001:db8::1", "2001:db8::/32"));
	assert_true(match(t, LIVE_BAN, "2001:db9::1", NULL));
	live_table_free(t);
}

static void live_removal(void **state)
{
	struct live_table *t = live_table_new(&key);
	struct net_network network = network_of("10.1.2.3");

	(void)state;
	put(t, LIVE_BAN, "10.1.2.3", 0);
	put(t, LIVE_BAN, "10.1.2.3", NOW + 5); /* replaces */
	assert_int_equal(live_table_count(t), 1);
	assert_false(live_table_remove(t, LIVE_ALLOW, &network));
	assert_true(live_table_remove(t, LIVE_BAN, &network));
	assert_false(live_table_remove(t, LIVE_BAN, &network));
	assert_true(match(t, LIVE_BAN, "10.1.2.3", NULL));
	assert_int_equal(live_table_count(t), 0);
	put(t, LIVE_BAN, "10.1.2.3", NOW);
	put(t, LIVE_BAN, "10.1.2.4", NOW + 1);
	put(t, LIVE_BAN, "10.1.2.5", 0);
	assert_int_equal(live_table_expire(t, NOW), 1);
	assert_int_equal(live_table_count(t), 2);
	live_table_free(t);
}

static struct net_network numbered(uint32_t n)
{
	return (struct net_network){{4, {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}},
				    32};
}

struct order {
	uint32_t next;
	size_t seen;
};

static bool in_order(void *ctx, const struct live_entry *entry)
{
	struct order *order = ctx;
	uint32_t n = (uint32_t)entry->network.addr.b[1] << 16 |
		     (uint32_t)entry->network.addr.b[2] << 8 | entry->network.addr.b[3];

	assert_true(n >= order->next);
	order->next = n + 1;
	order->seen++;
	return true;
}

/* As many bans as there can be still leave room for who is to be let in. */
static void live_full(void **state)
{
	struct live_table *t = live_table_new(&key);
	struct live_entry entry = {.kind = LIVE_BAN};
	uint32_t n = 0;

	(void)state;
	for (entry.network = numbered(n); live_table_put(t, &entry); entry.network = numbered(n))
		n++;
	assert_int_equal(n, LIVE_TABLE_LIMIT - LIVE_ALLOW_ROOM);
	entry.network = numbered(0);
	assert_true(live_table_put(t, &entry)); /* it is there already */
	entry.kind = LIVE_ALLOW;
	for (n = 0; live_table_put(t, &entry); entry.network = numbered(n))
		n++;
	assert_int_equal(n, LIVE_ALLOW_ROOM);
	assert_true(match(t, LIVE_ALLOW, "10.0.0.1", "10.0.0.1"));
	live_table_free(t);
}

/* Growth, holes and remaking; the order of insertion stays. */
static void live_many(void **state)
{
	struct live_table *t = live_table_new(&key);
	struct order order = {0, 0};
	uint32_t n = 20000;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		struct live_entry entry = {.network = numbered(i), .kind = LIVE_BAN};

		assert_true(live_table_put(t, &entry));
		if (i % 3 == 0)
			assert_true(live_table_remove(t, LIVE_BAN, &entry.network));
	}
	assert_int_equal(live_table_count(t), n - (n + 2) / 3);
	for (uint32_t i = 0; i < n; i++) {
		struct net_network network = numbered(i);
		struct live_entry entry;

		assert_int_equal(live_table_match(t, LIVE_BAN, &network.addr, NOW, &entry),
				 i % 3 != 0);
	}
	live_table_each(t, in_order, &order);
	assert_int_equal(order.seen, live_table_count(t));
	live_table_free(t);
}

static void live_snapshot(void **state)
{
	struct live_table *a = live_table_new(&key), *b = live_table_new(&key);
	struct buf first = BUF_INIT, second = BUF_INIT;

	(void)state;
	put(a, LIVE_BAN, "10.1.2.3", 12345678901);
	put(a, LIVE_ALLOW, "2001:db8::/32", 0);
	assert_true(live_table_write(a, &first));
	assert_true(live_table_read(b, (struct stw_bytes){(uint8_t *)first.p, first.n}));
	assert_true(live_table_write(b, &second));
	assert_int_equal(first.n, second.n);
	assert_memory_equal(first.p, second.p, first.n);
	for (size_t i = 0; i < first.n; i++) {
		live_table_free(b);
		b = live_table_new(&key);
		assert_false(live_table_read(b, (struct stw_bytes){(uint8_t *)first.p, i}));
		assert_int_equal(live_table_count(b), 0);
	}
	buf_putc(&first, 'x');
	assert_false(live_table_read(b, (struct stw_bytes){(uint8_t *)first.p, first.n}));
	live_table_free(a);
	live_table_free(b);
	buf_free(&first);
	buf_free(&second);
}

struct scene {
	struct buf allowed, blocked;
	struct net_network proxies[2];
	struct decider decider;
};

static void table(struct buf *buf, struct address_table *out, const char *const *networks, size_t n,
		  int64_t expires)
{
	struct address_entry entries[8] = {{.line = 0}};

	for (size_t i = 0; i < n; i++) {
		entries[i].network = network_of(networks[i]);
		entries[i].line = (uint32_t)i + 1;
		entries[i].has_expires = expires != 0;
		entries[i].expires = expires;
	}
	struct address_source source = address_source_of(entries, n);

	assert_true(address_table_build(&source, NULL, buf));
	assert_true(address_table_open((struct stw_bytes){(uint8_t *)buf->p, buf->n}, out));
}

/* One address for which every rule has a word; rules are taken away from the top. */
static void precedence(void **state)
{
	static const char *const everywhere[] = {"127.0.0.0/8"};
	struct scene s = {.allowed = BUF_INIT, .blocked = BUF_INIT};
	struct live_table *live = live_table_new(&key);
	struct net_network me = network_of("127.0.0.1"), near = network_of("127.0.0.2");
	struct decision d;

	(void)state;
	table(&s.allowed, &s.decider.allowed, everywhere, 1, 0);
	table(&s.blocked, &s.decider.blocked, everywhere, 1, NOW + 9);
	s.proxies[0] = network_of("127.0.0.0/24");
	s.proxies[1] = network_of("127.0.0.0/28");
	s.decider.proxies = s.proxies;
	s.decider.proxy_count = 2;
	s.decider.live = live;
	put(live, LIVE_ALLOW, "127.0.0.0/30", NOW + 3);
	put(live, LIVE_BAN, "127.0.0.0/30", 0);

	decide(&s.decider, &near.addr, NOW, &d);
	assert_int_equal(d.rule, DECIDE_TEMPORARY_ALLOW);
	assert_true(d.accept && d.expires && d.until == NOW + 3);
	decide(&s.decider, &near.addr, NOW + 3, &d); /* has ended */
	assert_int_equal(d.rule, DECIDE_ALLOWED_IP);
	assert_true(d.accept && !d.expires && d.network.prefix == 8 && d.index == 0);
	s.decider.allowed = (struct address_table){.packed = {.content = {NULL, 0}}};
	decide(&s.decider, &me.addr, NOW + 3, &d);
	assert_int_equal(d.rule, DECIDE_LOOPBACK);
	assert_true(d.accept && net_addr_eq(&d.network.addr, &me.addr));
	decide(&s.decider, &near.addr, NOW + 3, &d);
	assert_int_equal(d.rule, DECIDE_TRUSTED_PROXY);
	assert_true(d.accept && d.network.prefix == 28);
	s.decider.proxy_count = 0;
	decide(&s.decider, &near.addr, NOW + 3, &d);
	assert_int_equal(d.rule, DECIDE_BLOCKED_IP);
	assert_true(!d.accept && d.expires && d.until == NOW + 9);
	decide(&s.decider, &near.addr, NOW + 9, &d); /* the entry has expired */
	assert_int_equal(d.rule, DECIDE_BAN);
	assert_true(!d.accept && !d.expires && d.network.prefix == 30);
	s.decider.live = NULL;
	decide(&s.decider, &near.addr, NOW + 9, &d);
	assert_int_equal(d.rule, DECIDE_NO_RULE);
	assert_true(d.accept && net_addr_eq(&d.network.addr, &near.addr) && d.network.prefix == 32);
	buf_free(&s.allowed);
	buf_free(&s.blocked);
	live_table_free(live);
}

static void mapped_peers(void **state)
{
	static const char *const blocked[] = {"192.0.2.0/24", "2001:db8::/32"};
	struct scene s = {.blocked = BUF_INIT};
	struct net_network peer = network_of("::ffff:192.0.2.7"), home = network_of("::1");
	struct net_network mapped_home = network_of("::ffff:127.0.0.1");
	struct decision d;

	(void)state;
	table(&s.blocked, &s.decider.blocked, blocked, 2, 0);
	decide(&s.decider, &peer.addr, NOW, &d);
	assert_int_equal(d.rule, DECIDE_BLOCKED_IP);
	decide(&s.decider, &home.addr, NOW, &d);
	assert_int_equal(d.rule, DECIDE_LOOPBACK);
	decide(&s.decider, &mapped_home.addr, NOW, &d);
	assert_int_equal(d.rule, DECIDE_LOOPBACK);
	buf_free(&s.blocked);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(decide_rule_word(DECIDE_NO_RULE), "no-rule");
	assert_string_equal(decide_rule_word(DECIDE_TEMPORARY_ALLOW), "temporary-allow");
	assert_string_equal(decide_rule_word(DECIDE_ALLOWED_IP), "allowed-ip");
	assert_string_equal(decide_rule_word(DECIDE_LOOPBACK), "loopback");
	assert_string_equal(decide_rule_word(DECIDE_TRUSTED_PROXY), "trusted-proxy");
	assert_string_equal(decide_rule_word(DECIDE_BLOCKED_IP), "blocked-ip");
	assert_string_equal(decide_rule_word(DECIDE_BAN), "ban");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_matching), cmocka_unit_test(live_removal),
		cmocka_unit_test(live_many),     cmocka_unit_test(live_snapshot),
		cmocka_unit_test(live_full),     cmocka_unit_test(precedence),
		cmocka_unit_test(mapped_peers),  cmocka_unit_test(words),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
