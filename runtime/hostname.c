#include "runtime/hostname.h"

#include "engine/netaddr.h"

#include <stdlib.h>
#include <unistd.h>

#define LABEL_MAX 63
#define NAME_MAX_OCTETS 253

static void put(struct str s, char out[HOSTNAME_SIZE])
{
	size_t n = s.n < HOSTNAME_SIZE ? s.n : HOSTNAME_SIZE - 1;

	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

static void put_lower(struct str s, char out[HOSTNAME_SIZE])
{
	put(s, out);
	for (char *p = out; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool label_valid(struct str label)
{
	if (label.n == 0 || label.n > LABEL_MAX || !is_alnum(label.p[0]) ||
	    !is_alnum(label.p[label.n - 1]))
		return false;
	for (size_t i = 0; i < label.n; i++)
		if (!is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
			return false;
	return true;
}

bool hostname_valid(struct str name)
{
	size_t start = 0;

	if (name.n > NAME_MAX_OCTETS)
		return false;
	for (size_t i = 0; i <= name.n; i++) {
		if (i < name.n && name.p[i] != '.')
			continue;
		if (!label_valid((struct str){name.p + start, i - start}))
			return false;
		start = i + 1;
	}
	return true;
}

enum hostname_trouble hostname_choose(struct str configured, const char *environment,
				      const char *system, char out[HOSTNAME_SIZE])
{
	enum hostname_trouble trouble = HOSTNAME_FINE;
	struct net_addr address;

	if (configured.n) {
		put(configured, out);
		return HOSTNAME_FINE;
	}
	if (environment && *environment) {
		if (hostname_valid(str_c(environment))) {
			put_lower(str_c(environment), out);
			return HOSTNAME_FINE;
		}
		trouble |= HOSTNAME_BAD_ENVIRONMENT;
	}
	/* an address is no mistake of anybody: machines without a name have one for it */
	if (!system || !*system || net_addr_parse(str_c(system), &address) == NET_OK) {
		put(STR("localhost"), out);
	} else if (hostname_valid(str_c(system))) {
		put_lower(str_c(system), out);
	} else {
		put(STR("localhost"), out);
		trouble |= HOSTNAME_BAD_SYSTEM;
	}
	return trouble;
}

enum hostname_trouble hostname_decide(struct str configured, char out[HOSTNAME_SIZE])
{
	char system[HOSTNAME_SIZE] = "";

	if (gethostname(system, sizeof(system) - 1) != 0)
		system[0] = '\0';
	return hostname_choose(configured, getenv("STALWART_HOSTNAME"), system, out);
}
