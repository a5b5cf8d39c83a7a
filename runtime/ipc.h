/*
 * Messages between main and its roles, over a SOCK_SEQPACKET pair per role. One message is
 * one packet: a header, a payload of at most IPC_PAYLOAD_MAX bytes, at most IPC_FDS_MAX
 * descriptors. Messages carry the generation they are about; a role answers for the current
 * one and the one before. Integers are host order: both ends are one binary.
 *
 *   main                           role
 *   PREPARE(gen, image, secrets)
 *   LISTENER(gen, …) × n
 *   PREPARE_END(gen)          →    builds everything beside the old
 *                             ←    READY(gen) | FAILED(gen, text)
 *   COMMIT(gen) | ABORT(gen)  →    swaps between two loop turns | releases
 *                             ←    COMMITTED(gen)
 */
#ifndef STW_RUNTIME_IPC_H
#define STW_RUNTIME_IPC_H

#include "base/attr.h"
#include "base/str.h"

#define IPC_PAYLOAD_MAX 65000
#define IPC_FDS_MAX 4

enum ipc_type {
	/* main to role */
	IPC_PREPARE = 1, /* fds: image, secrets memfd; payload: struct ipc_prepare */
	IPC_LISTENER,    /* fd: listening socket; payload: struct ipc_listener */
	IPC_PREPARE_END,
	IPC_COMMIT,
	IPC_ABORT,
	IPC_LIVE_SNAPSHOT, /* fd: memfd in the form of live_table_write; replaces the table */
	IPC_LIVE_PUT,      /* payload: struct live_entry */
	IPC_LIVE_REMOVE,   /* payload: struct live_entry (kind and network count) */
	IPC_CONNECTIONS,   /* payload: uint64_t request number; asks for the open sessions */
	IPC_DRAIN,         /* stop to accept; sessions end when they are done */
	IPC_LOG_LEVEL,     /* payload: uint32_t level, or UINT32_MAX: as configured */
	IPC_TICKET_KEYS,   /* payload: TLS ticket keys after a rotation, as in the secrets memfd */
	/* role to main */
	IPC_READY = 64,
	IPC_FAILED, /* payload: text */
	IPC_COMMITTED,
	IPC_WARNING,  /* payload: text, shown in status until the next commit */
	IPC_SESSIONS, /* payload: uint64_t request number, then text lines; several may follow */
	IPC_SESSIONS_END, /* payload: uint64_t request number */
	IPC_DRAINED,
	IPC_BAN /* payload: struct live_entry; asks main to add an automatic ban */
};

struct ipc_header {
	uint32_t type; /* enum ipc_type */
	uint32_t length;
	uint64_t generation;
};

struct ipc_prepare {
	uint32_t threads;         /* worker threads of this role, decided by main */
	uint32_t listeners;       /* LISTENER messages that follow */
	uint64_t max_connections; /* SystemSettings.maxConnections */
	char hostname[256]; /* decided by main: SystemSettings, STALWART_HOSTNAME, the system */
};

struct ipc_listener {
	uint64_t object; /* NetworkListener id; 0: the address of --health */
	uint32_t bind;   /* index in NetworkListener.bind */
	uint8_t family;  /* 4 or 6: of the socket, after a fallback */
	uint8_t address[16];
	uint16_t port; /* the bound one, also when the configuration says 0 */
};

struct ipc_message {
	struct ipc_header header;
	uint8_t payload[IPC_PAYLOAD_MAX];
	int fds[IPC_FDS_MAX]; /* owned by the receiver; -1 where there is none */
	size_t fd_count;
};

/* Sends one message; blocks at most briefly. False: errno (EPIPE, EMSGSIZE, …). */
bool ipc_send(int fd, enum ipc_type type, uint64_t generation, const void *payload, size_t n,
	      const int *fds, size_t fd_count) WARN_UNUSED;
/* The same without descriptors, and without waiting: errno is EAGAIN where the other end has to
 * read first. */
bool ipc_offer(int fd, enum ipc_type type, const void *payload, size_t n) WARN_UNUSED;
enum ipc_status {
	IPC_OK,
	IPC_AGAIN, /* nothing there now */
	IPC_CLOSED,
	IPC_BROKEN /* malformed or a system error; errno */
};
enum ipc_status ipc_receive(int fd, struct ipc_message *out) WARN_UNUSED;

/* The secrets memfd: entries of (structure u16, field u16, object u64, length u32, bytes), host
 * order, sealed. Structure and field are those of the field that asks for the secret, in the
 * body that has it (Certificate.certificate, Certificate.privateKey,
 * MetricsPrometheusProperties.authSecret); object is the id of the object around it. What the
 * image holds inline is in here too, so that a role looks in one place. A role gets only its own.
 * Entry with structure 0: field 1 = the TLS ticket keys, at most TLS_TICKET_KEYS_MAX of 80 bytes
 * (name 16, AES 32, HMAC 32), newest first; field 2 = self-signed certificate PEM, field 3 = its
 * key PEM, only where no Certificate exists. */
enum ipc_secret_own {
	IPC_SECRET_TICKET_KEYS = 1,
	IPC_SECRET_SELF_SIGNED = 2,
	IPC_SECRET_SELF_SIGNED_KEY = 3
};

#endif
