#include "runtime/edge.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static bool set(int fd, int level, int option, int value, const char *field,
		const char **out_option)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) == 0)
		return true;
	*out_option = field;
	return false;
}

/* A dual-stack socket carries IPv4 peers too, so both families' options are set there. */
bool edge_socket_options(int fd, const struct listener *listener, const char **out_option)
{
	bool v6 = listener->address.family == 6;

	if (listener->no_delay &&
	    !set(fd, IPPROTO_TCP, TCP_NODELAY, 1, "socketNoDelay", out_option))
		return false;
	if (listener->ttl &&
	    (!set(fd, IPPROTO_IP, IP_TTL, listener->ttl, "socketTtl", out_option) ||
	     (v6 &&
	      !set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, listener->ttl, "socketTtl", out_option))))
		return false;
	if (listener->tos &&
	    (!set(fd, IPPROTO_IP, IP_TOS, listener->tos, "socketTosV4", out_option) ||
	     (v6 && !set(fd, IPPROTO_IPV6, IPV6_TCLASS, listener->tos, "socketTosV4", out_option))))
		return false;
	return true;
}
