/*
 * The functions of expressions: values, lists and addresses here, texts in interp_texts.c; what
 * they give in odd cases is what the server gives (validation.md 2.4). And how arguments are seen.
 */
#include "engine/interp_library.h"

#include "engine/netaddr.h"

/* Each is called as interp_library.h says; many need no budget. */
#define FUNCTION(name)                                                       \
	static struct interp_value name(struct interp_budget *budget UNUSED, \
					const struct interp_value *v)

/* ---- values ---- */

FUNCTION(count)
{
	if (v->kind == INTERP_LIST)
		return interp_of_integer((int64_t)v->list.count);
	return interp_of_bool(!interp_is_nothing(v));
}

FUNCTION(is_empty)
{
	return interp_of_bool(v->kind == INTERP_LIST ? v->list.count == 0 : interp_is_nothing(v));
}

FUNCTION(is_number)
{
	return interp_of_bool(interp_is_number(v));
}

FUNCTION(length)
{
	if (v->kind == INTERP_LIST)
		return interp_of_integer((int64_t)v->list.count);
	return interp_of_integer((int64_t)interp_text(budget, v).n);
}

FUNCTION(if_then)
{
	return v->integer ? v[1] : v[2];
}

/* ---- lists ---- */

/* Does `b` stand before `a`, which stands before it now? What has no order stays where it is. */
static bool is_before(struct interp_budget *budget, const struct interp_value *b,
		      const struct interp_value *a, bool ascending)
{
	int found = interp_compare(budget, b, a);

	return ascending ? found == -1 : found == 1;
}

/* Two neighbouring runs of `from`, up to `middle` and up to `end`, into one of `to`. */
static void merge(struct interp_budget *budget, const struct interp_value *from,
		  struct interp_value *to, const size_t bounds[3], bool ascending)
{
	size_t a = bounds[0], b = bounds[1];

	for (size_t at = bounds[0]; at < bounds[2]; at++) {
		bool second = a == bounds[1] ||
			      (b < bounds[2] && is_before(budget, &from[b], &from[a], ascending));

		to[at] = second ? from[b++] : from[a++];
	}
}

/* A merge of our own: values of different kinds have no transitive order ('a' is 0, and so is 'b'),
 * which qsort may answer by leaving its array, and its memory would come from no budget. */
FUNCTION(sort)
{
	struct interp_value list = interp_as_list(budget, v);
	size_t n = list.list.count;
	struct interp_value *from = interp_alloc(budget, n, sizeof(*from));
	struct interp_value *to = interp_alloc(budget, n, sizeof(*to)), *done;

	if (!from || !to || !n)
		return list;
	memcpy(from, list.list.items, n * sizeof(*from));
	for (size_t width = 1; width < n; width *= 2) {
		for (size_t at = 0; at < n; at += 2 * width) {
			size_t left = n - at;
			size_t bounds[3] = {at, at + (left < width ? left : width),
					    at + (left < 2 * width ? left : 2 * width)};

			merge(budget, from, to, bounds, v[1].integer != 0);
		}
		done = to;
		to = from;
		from = done;
	}
	return interp_of_list(budget, from, n);
}

static bool among(struct interp_budget *budget, const struct interp_value *items, size_t count,
		  const struct interp_value *wanted)
{
	for (size_t i = 0; i < count && budget->state == INTERP_WITHIN; i++)
		if (interp_equal(budget, &items[i], wanted))
			return true;
	return false;
}

FUNCTION(dedup)
{
	struct interp_value from = interp_as_list(budget, v);
	struct interp_value *items = interp_alloc(budget, from.list.count, sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; items && i < from.list.count; i++)
		if (!among(budget, items, n, &from.list.items[i]))
			items[n++] = from.list.items[i];
	return interp_of_list(budget, items, n);
}

FUNCTION(winnow)
{
	struct interp_value *items;
	size_t n = 0;

	if (v->kind != INTERP_LIST)
		return *v;
	items = interp_alloc(budget, v->list.count, sizeof(*items));
	for (size_t i = 0; items && i < v->list.count; i++)
		if (!interp_is_nothing(&v->list.items[i]))
			items[n++] = v->list.items[i];
	return interp_of_list(budget, items, n);
}

FUNCTION(is_intersect)
{
	const struct interp_value *a = v, *b = v + 1;
	bool found = false;

	if (a->kind != INTERP_LIST) {
		a = v + 1;
		b = v;
	}
	if (a->kind != INTERP_LIST)
		return interp_of_bool(false);
	if (b->kind != INTERP_LIST)
		return interp_of_bool(among(budget, a->list.items, a->list.count, b));
	for (size_t i = 0; !found && i < a->list.count && budget->state == INTERP_WITHIN; i++)
		found = among(budget, b->list.items, b->list.count, &a->list.items[i]);
	return interp_of_bool(found);
}

/* A list has it as a member, all else within its text. */
FUNCTION(contains)
{
	struct str text, needle;

	if (v->kind == INTERP_LIST)
		return interp_of_bool(among(budget, v->list.items, v->list.count, &v[1]));
	text = interp_text(budget, v);
	needle = interp_text(budget, &v[1]);
	return interp_of_bool(memmem(text.p, text.n, needle.p, needle.n) != NULL);
}

/* ---- addresses ---- */

static struct interp_value is_address(struct str text, uint8_t family)
{
	struct net_addr addr;

	return interp_of_bool(net_addr_parse(text, &addr) == NET_OK &&
			      (!family || addr.family == family));
}

FUNCTION(is_ip_addr)
{
	return is_address(v->text, 0);
}

FUNCTION(is_ipv4_addr)
{
	return is_address(v->text, 4);
}

FUNCTION(is_ipv6_addr)
{
	return is_address(v->text, 6);
}

FUNCTION(is_ip_in_cidr)
{
	struct net_network net;
	struct net_addr addr;

	return interp_of_bool(net_addr_parse(v->text, &addr) == NET_OK &&
			      net_network_parse(v[1].text, &net) == NET_OK &&
			      net.prefix >= NET_PREFIX_LEAST && net_network_has(&net, &addr));
}

/* 4.3.2.1, or the nibbles of IPv6, each with its dot: what a name begins with (RFC 1035 3.5). */
FUNCTION(ip_reverse_name)
{
	static const char digits[] = "0123456789abcdef";
	struct buf name = BUF_INIT;
	struct net_addr addr;
	struct str kept;

	if (net_addr_parse(v->text, &addr) != NET_OK)
		return interp_nothing();
	for (size_t i = addr.family == 4 ? 4 : 16; i-- > 0;) {
		if (addr.family == 4)
			buf_printf(&name, "%u.", addr.b[i]);
		else
			buf_printf(&name, "%c.%c.", digits[addr.b[i] & 15], digits[addr.b[i] >> 4]);
	}
	kept = interp_keep(budget, &name);
	return interp_of_text((struct str){kept.p, kept.n ? kept.n - 1 : 0});
}

/* ---- all of them ---- */

/* By number. Stores and resolvers take texts, but for an amount to add and what a query is given.
 */
static const struct interp_function functions[] = {
	[STW_FUNCTION_COUNT] = {{ARGUMENT_VALUE}, count},
	[STW_FUNCTION_DEDUP] = {{ARGUMENT_VALUE}, dedup},
	[STW_FUNCTION_IS_EMPTY] = {{ARGUMENT_VALUE}, is_empty},
	[STW_FUNCTION_IS_NUMBER] = {{ARGUMENT_VALUE}, is_number},
	[STW_FUNCTION_LEN] = {{ARGUMENT_VALUE}, length},
	[STW_FUNCTION_WINNOW] = {{ARGUMENT_VALUE}, winnow},
	[STW_FUNCTION_SORT] = {{ARGUMENT_VALUE, ARGUMENT_TRUTH}, sort},
	[STW_FUNCTION_IS_INTERSECT] = {{ARGUMENT_VALUE, ARGUMENT_VALUE}, is_intersect},
	[STW_FUNCTION_CONTAINS] = {{ARGUMENT_VALUE, ARGUMENT_VALUE}, contains},
	[STW_FUNCTION_IF_THEN] = {{ARGUMENT_TRUTH, ARGUMENT_VALUE, ARGUMENT_VALUE}, if_then},
	[STW_FUNCTION_IS_IP_ADDR] = {{ARGUMENT_TEXT}, is_ip_addr},
	[STW_FUNCTION_IS_IPV4_ADDR] = {{ARGUMENT_TEXT}, is_ipv4_addr},
	[STW_FUNCTION_IS_IPV6_ADDR] = {{ARGUMENT_TEXT}, is_ipv6_addr},
	[STW_FUNCTION_IP_REVERSE_NAME] = {{ARGUMENT_TEXT}, ip_reverse_name},
	[STW_FUNCTION_IS_IP_IN_CIDR] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, is_ip_in_cidr},
	[STW_FUNCTION_IS_LOCAL_DOMAIN] = {{ARGUMENT_TEXT}, NULL},
	[STW_FUNCTION_IS_LOCAL_ADDRESS] = {{ARGUMENT_TEXT}, NULL},
	[STW_FUNCTION_KEY_GET] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, NULL},
	[STW_FUNCTION_KEY_EXISTS] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, NULL},
	[STW_FUNCTION_COUNTER_GET] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, NULL},
	[STW_FUNCTION_DNS_QUERY] = {{ARGUMENT_TEXT, ARGUMENT_TEXT}, NULL},
	[STW_FUNCTION_KEY_SET] = {{ARGUMENT_TEXT, ARGUMENT_TEXT, ARGUMENT_TEXT}, NULL},
	[STW_FUNCTION_COUNTER_INCR] = {{ARGUMENT_TEXT, ARGUMENT_TEXT, ARGUMENT_VALUE}, NULL},
	[STW_FUNCTION_SQL_QUERY] = {{ARGUMENT_TEXT, ARGUMENT_TEXT, ARGUMENT_VALUE}, NULL},
};

const struct interp_function *interp_function_find(unsigned number)
{
	const struct interp_function *text = interp_text_function(number);

	if (text)
		return text;
	return number < ARRAY_LEN(functions) && functions[number].arguments[0] != ARGUMENT_NONE
		       ? &functions[number]
		       : NULL;
}

static struct interp_value seen(struct interp_budget *budget, enum interp_argument as,
				const struct interp_value *value)
{
	int64_t integer = 0;
	size_t size;

	switch (as) {
	case ARGUMENT_NONE:
	case ARGUMENT_VALUE: return *value;
	case ARGUMENT_EACH:
		if (value->kind == INTERP_LIST)
			return *value;
		return interp_of_text(interp_text(budget, value));
	case ARGUMENT_TEXT: return interp_of_text(interp_text(budget, value));
	case ARGUMENT_TRUTH: return interp_of_bool(interp_true(value));
	case ARGUMENT_INTEGER:
		return interp_of_integer(interp_integer(value, &integer) ? integer : 0);
	case ARGUMENT_SIZE:
		size = interp_size(value);
		return interp_of_integer(size > INT64_MAX ? INT64_MAX : (int64_t)size);
	}
	return interp_nothing();
}

void interp_see(struct interp_budget *budget, const struct interp_function *function,
		struct interp_value *arguments)
{
	for (size_t i = 0; i < INTERP_ARGUMENTS && function->arguments[i] != ARGUMENT_NONE; i++)
		arguments[i] =
			seen(budget, (enum interp_argument)function->arguments[i], &arguments[i]);
}

/* Member by member. */
static struct interp_value map_list(struct interp_budget *budget,
				    const struct interp_function *function,
				    struct interp_value *arguments)
{
	const struct interp_value list = arguments[0];
	struct interp_value *items = interp_alloc(budget, list.list.count, sizeof(*items));

	for (size_t i = 0; items && i < list.list.count; i++) {
		arguments[0] = interp_of_text(interp_text(budget, &list.list.items[i]));
		items[i] = function->call(budget, arguments);
	}
	return interp_of_list(budget, items, items ? list.list.count : 0);
}

struct interp_value interp_apply(struct interp_budget *budget,
				 const struct interp_function *function,
				 struct interp_value *arguments)
{
	interp_see(budget, function, arguments);
	if (function->arguments[0] == ARGUMENT_EACH && arguments[0].kind == INTERP_LIST)
		return map_list(budget, function, arguments);
	return function->call(budget, arguments);
}
