/* What the main role itself reads of an image; roles read the rest from the same image. */
#ifndef STW_RUNTIME_SETTINGS_H
#define STW_RUNTIME_SETTINGS_H

#include "engine/decide.h"
#include "libstw/stw.h"
#include "runtime/secrets.h"
#include "runtime/shared.h"
#include "runtime/sockets.h"

struct listener_setting {
	uint64_t id;
	struct str name;
	uint16_t protocol; /* STW_ENUM_NetworkListenerProtocol_... */
	bool use_tls, tls_implicit;
	struct socket_options options;
	struct net_socket *binds;
	size_t bind_count;
};

/* A certificate: its two secrets, by index in .secrets. */
struct certificate_setting {
	uint64_t id;
	struct str identity;
	size_t chain, key;
};

struct settings {
	struct arena arena;
	struct str hostname;      /* SystemSettings.defaultHostname, may be empty */
	uint64_t threads;         /* SystemSettings.threadPoolSize; 0: not set */
	uint64_t max_connections; /* SystemSettings.maxConnections */
	struct net_network *proxies;
	size_t proxy_count;
	struct listener_setting *listeners;
	size_t listener_count;
	struct secret_wish *secrets;
	size_t secret_count;
	struct certificate_setting *certificates;
	size_t certificate_count;
};

/* Reads what main needs. Strings point into the image, which has to outlive out. False: out of
 * memory, or a record does not follow its form; error says which. */
bool settings_read(struct stw_image *image, struct settings *out, char *error,
		   size_t error_size) WARN_UNUSED;
void settings_free(struct settings *settings);

/* The role that serves a protocol. */
enum role protocol_role(uint16_t protocol);
/* Has the role a listener with TLS? */
bool settings_role_uses_tls(const struct settings *settings, enum role role);
/* Does the role get this secret? Only what its components need: certificates where it speaks TLS,
 * the secret of the metrics where metrics are served. */
bool settings_role_gets(const struct settings *settings, const struct secret_wish *wish,
			enum role role);
/* "smtp", "imap", ...: the member's name. */
const char *protocol_word(uint16_t protocol);
/* The decider of an image with a live table (NULL: none); settings and image have to outlive it. */
void settings_decider(const struct settings *settings, struct stw_image *image,
		      const struct live_table *live, struct decider *out);

#endif
