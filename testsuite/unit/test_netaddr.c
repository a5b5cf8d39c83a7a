/* Addresses, networks and socket addresses: what is taken, what is refused and why, how they print.
 */
#include "unit.h"

#include <stdio.h>

#include "engine/netaddr.h"

struct text_case {
	const char *in;
	enum net_status status;
	const char *out; /* canonical text */
};

static void addresses(void **state)
{
	static const struct text_case cases[] = {
		{"203.0.113.7", NET_OK, "203.0.113.7"},
		{"0.0.0.0", NET_OK, "0.0.0.0"},
		{"255.255.255.255", NET_OK, "255.255.255.255"},
		{"256.0.0.1", NET_SYNTAX, NULL},
		{"1.2.3", NET_SYNTAX, NULL},
		{"1.2.3.4.5", NET_SYNTAX, NULL},
		{"1.2.3.", NET_SYNTAX, NULL},
		{"1..2.3", NET_SYNTAX, NULL},
		{" 1.2.3.4", NET_SYNTAX, NULL},
		{"1.2.3.4 ", NET_SYNTAX, NULL},
		{"+1.2.3.4", NET_SYNTAX, NULL},
		{"0x1.2.3.4", NET_SYNTAX, NULL},
		{"010.0.0.1", NET_LEADING_ZERO, NULL},
		{"1.2.3.00", NET_LEADING_ZERO, NULL},
		{"", NET_SYNTAX, NULL},
		{"::", NET_OK, "::"},
		{"::1", NET_OK, "::1"},
		{"1::", NET_OK, "1::"},
		{"2001:DB8::1", NET_OK, "2001:db8::1"},
		{"2001:db8:0:0:1:0:0:1", NET_OK, "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", NET_OK, "2001:db8:0:1:1:1:1:1"},
		{"2001:0db8:0000:0000:0000:0000:0002:0001", NET_OK, "2001:db8::2:1"},
		{"1:2:3:4:5:6:7:8", NET_OK, "1:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7::", NET_OK, "1:2:3:4:5:6:7:0"},
		{"::2:3:4:5:6:7:8", NET_OK, "0:2:3:4:5:6:7:8"},
		{"1::3:4:5:6:7:8", NET_OK, "1:0:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7:8::", NET_SYNTAX, NULL},
		{"1:2:3:4::5:6:7:8", NET_SYNTAX, NULL},
		{"1:2:3:4:5:6:7", NET_SYNTAX, NULL},
		{"1:2:3:4:5:6:7:8:9", NET_SYNTAX, NULL},
		{"1::2::3", NET_SYNTAX, NULL},
		{":::", NET_SYNTAX, NULL},
		{":1", NET_SYNTAX, NULL},
		{"1:", NET_SYNTAX, NULL},
		{"12345::", NET_SYNTAX, NULL},
		{"g::", NET_SYNTAX, NULL},
		{"::ffff:192.0.2.1", NET_OK, "::ffff:192.0.2.1"},
		{"::ffff:c000:201", NET_OK, "::ffff:192.0.2.1"},
		{"64:ff9b::192.0.2.33", NET_OK, "64:ff9b::c000:221"},
		{"1:2:3:4:5:6:1.2.3.4", NET_OK, "1:2:3:4:5:6:102:304"},
		{"1:2:3:4:5:6:7:1.2.3.4", NET_SYNTAX, NULL},
		{"1.2.3.4::", NET_SYNTAX, NULL},
		{"::1.2.3", NET_SYNTAX, NULL},
		{"::ffff:010.0.0.1", NET_SYNTAX, NULL},
		{"fe80::1%eth0", NET_ZONE, NULL},
		{"[::1]", NET_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_addr addr = {.family = 99};
		char text[NET_TEXT_SIZE];
		enum net_status status = net_addr_parse(str_c(cases[i].in), &addr);

		if (status != cases[i].status)
			fail_msg("'%s': %s", cases[i].in, net_status_text(status));
		if (status != NET_OK) {
			assert_int_equal(addr.family, 99); /* untouched */
			continue;
		}
		assert_int_equal(net_addr_format(&addr, text), strlen(cases[i].out));
		assert_string_equal(text, cases[i].out);
	}
}

static void networks(void **state)
{
	static const struct text_case cases[] = {
		{"10.0.0.1/8", NET_OK, "10.0.0.1/8"}, /* host bits are kept */
		{"10.0.0.0/32", NET_OK, "10.0.0.0"},
		{"10.0.0.0", NET_OK, "10.0.0.0"},
		{"10.0.0.0/0", NET_OK, "10.0.0.0/0"},
		{"10.0.0.0/08", NET_OK, "10.0.0.0/8"},
		{"10.0.0.0/33", NET_PREFIX, NULL},
		{"10.0.0.0/", NET_PREFIX, NULL},
		{"10.0.0.0/-1", NET_PREFIX, NULL},
		{"10.0.0.0/+8", NET_PREFIX, NULL},
		{"10.0.0.0/255.0.0.0", NET_PREFIX, NULL},
		{"10.0.0.0/4294967304", NET_PREFIX, NULL},
		{"10.0.0.0x", NET_SYNTAX, NULL},
		{"010.0.0.0/8", NET_LEADING_ZERO, NULL},
		{"2001:db8::/32", NET_OK, "2001:db8::/32"},
		{"2001:db8::1/128", NET_OK, "2001:db8::1"},
		{"2001:db8::/129", NET_PREFIX, NULL},
		{"::ffff:10.0.0.0/104", NET_OK, "::ffff:10.0.0.0/104"},
		{"fe80::1%eth0/64", NET_ZONE, NULL},
		{"/8", NET_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_network network;
		char text[NET_TEXT_SIZE];
		enum net_status status = net_network_parse(str_c(cases[i].in), &network);

		if (status != cases[i].status)
			fail_msg("'%s': %s", cases[i].in, net_status_text(status));
		if (status != NET_OK)
			continue;
		(void)net_network_format(&network, text);
		assert_string_equal(text, cases[i].out);
	}
}

static void sockets(void **state)
{
	static const struct text_case cases[] = {
		{"0.0.0.0:25", NET_OK, "0.0.0.0:25"},
		{"1.2.3.4:0", NET_OK, "1.2.3.4:0"},
		{"1.2.3.4:0080", NET_OK, "1.2.3.4:80"},
		{"[::]:25", NET_OK, "[::]:25"},
		{"[2001:DB8::1]:65535", NET_OK, "[2001:db8::1]:65535"},
		{"[::ffff:1.2.3.4]:25", NET_OK, "[::ffff:1.2.3.4]:25"},
		{"[::]", NET_NO_PORT, NULL},
		{"[::]:", NET_NO_PORT, NULL},
		{"[::]25", NET_SYNTAX, NULL},
		{"[::", NET_SYNTAX, NULL},
		{"[1.2.3.4]:25", NET_SYNTAX, NULL},
		{"[fe80::1%eth0]:25", NET_ZONE, NULL},
		{"1.2.3.4", NET_NO_PORT, NULL},
		{"1.2.3.4:", NET_NO_PORT, NULL},
		{"1.2.3.4:65536", NET_PORT, NULL},
		{"1.2.3.4:smtp", NET_PORT, NULL},
		{"1.2.3.4:-1", NET_PORT, NULL},
		{"01.2.3.4:25", NET_LEADING_ZERO, NULL},
		{"::1", NET_BRACKETS, NULL},
		{":::25", NET_BRACKETS, NULL},
		{"2001:db8::1:25", NET_BRACKETS, NULL},
		{"2001:db8::1:10025", NET_BRACKETS, NULL},
		{"localhost:25", NET_SYNTAX, NULL},
		{":25", NET_SYNTAX, NULL},
		{"25", NET_SYNTAX, NULL},
		{"", NET_SYNTAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_socket socket;
		char text[NET_TEXT_SIZE];
		enum net_status status = net_socket_parse(str_c(cases[i].in), &socket);

		if (status != cases[i].status)
			fail_msg("'%s': %s", cases[i].in, net_status_text(status));
		if (status != NET_OK)
			continue;
		assert_int_equal(net_socket_format(&socket, text), strlen(cases[i].out));
		assert_string_equal(text, cases[i].out);
	}
}

static struct net_network network_of(const char *text)
{
	struct net_network network = {.prefix = 0};

	assert_int_equal(net_network_parse(str_c(text), &network), NET_OK);
	return network;
}

static void membership(void **state)
{
	static const struct {
		const char *network, *peer;
		bool has;
	} cases[] = {
		{"10.0.0.1/8", "10.255.255.255", true},
		{"10.0.0.1/8", "11.0.0.0", false},
		{"10.0.0.1/8", "::ffff:10.1.2.3", true},
		{"10.0.0.1/8", "::10.1.2.3", false},
		{"0.0.0.0/0", "255.1.2.3", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.128/25", "192.0.2.128", true},
		{"2001:db8::/33", "2001:db8:7fff:ffff::", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
		{"::ffff:10.0.0.0/104", "10.9.9.9", true},
		{"::ffff:10.0.0.0/104", "11.9.9.9", false},
		{"::/8", "10.9.9.9", true},
		{"100::/8", "10.9.9.9", false},
		{"::1", "::1", true},
		{"::1", "::2", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_network network = network_of(cases[i].network);
		struct net_network peer = network_of(cases[i].peer);

		if (net_network_has(&network, &peer.addr) != cases[i].has)
			fail_msg("%s and %s", cases[i].network, cases[i].peer);
	}
}

static void bases(void **state)
{
	static const char *const cases[][2] = {
		{"10.1.2.3/8", "10.0.0.0/8"},
		{"10.1.2.3/32", "10.1.2.3"},
		{"10.1.2.3/0", "0.0.0.0/0"},
		{"10.1.255.3/17", "10.1.128.0/17"},
		{"2001:db8::ffff/124", "2001:db8::fff0/124"},
		{"2001:db8::1/128", "2001:db8::1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct net_network network = network_of(cases[i][0]);
		char text[NET_TEXT_SIZE];

		network.addr = net_network_base(&network);
		(void)net_network_format(&network, text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void mapping(void **state)
{
	struct net_network v4 = network_of("192.0.2.1"), v6 = network_of("::ffff:192.0.2.1");
	struct net_network other = network_of("2001:db8::1");
	struct net_addr unmapped = net_addr_unmap(&v6.addr), mapped = net_addr_map(&v4.addr);
	struct net_addr same = net_addr_unmap(&other.addr);

	(void)state;
	assert_true(net_addr_eq(&unmapped, &v4.addr));
	assert_true(net_addr_eq(&mapped, &v6.addr));
	assert_true(net_addr_eq(&same, &other.addr));
	assert_false(net_addr_eq(&v4.addr, &v6.addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),  cmocka_unit_test(networks), cmocka_unit_test(sockets),
		cmocka_unit_test(membership), cmocka_unit_test(bases),    cmocka_unit_test(mapping),
	};

	return cmocka_run_group_tests_name("netaddr", tests, NULL, NULL);
}
