#include "runtime/hostname.h"

#include "engine/netaddr.h"

#include <stdlib.h>
#include <unistd.h>

static void put(struct str s, char out[HOSTNAME_SIZE])
{
	size_t n = s.n < HOSTNAME_SIZE ? s.n : HOSTNAME_SIZE - 1;

	if (n)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

void hostname_choose(struct str configured, const char *environment, const char *system,
		     char out[HOSTNAME_SIZE])
{
	struct net_addr address;

	if (configured.n) {
		put(configured, out);
	} else if (environment && *environment) {
		put(str_c(environment), out);
		lower(out);
	} else if (!system || !*system || net_addr_parse(str_c(system), &address) == NET_OK) {
		put(STR("localhost"), out);
	} else {
		put(str_c(system), out);
		lower(out);
	}
}

void hostname_decide(struct str configured, char out[HOSTNAME_SIZE])
{
	char system[HOSTNAME_SIZE] = "";

	if (gethostname(system, sizeof(system) - 1) != 0)
		system[0] = '\0';
	hostname_choose(configured, getenv("STALWART_HOSTNAME"), system, out);
}
