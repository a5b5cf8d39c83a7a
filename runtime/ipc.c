#include "runtime/ipc.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A role that does not read for this long is as good as dead; main must not wait longer. */
#define IPC_SEND_TIMEOUT_MS 2000

union ipc_control {
	char bytes[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

static bool wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int n;

	do {
		n = poll(&p, 1, IPC_SEND_TIMEOUT_MS);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

static void attach_fds(struct msghdr *message, union ipc_control *control, const int *fds, size_t n)
{
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	message->msg_control = control->bytes;
	message->msg_controllen = CMSG_SPACE(n * sizeof(int));
	c = CMSG_FIRSTHDR(message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
}

static bool send_message(int fd, enum ipc_type type, uint64_t generation,
			 const struct iovec *payload, const int *fds, size_t fd_count, bool patient)
{
	struct ipc_header header = {.type = (uint32_t)type,
				    .length = (uint32_t)payload->iov_len,
				    .generation = generation};
	struct iovec parts[2] = {{&header, sizeof(header)}, *payload};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = payload->iov_len ? 2 : 1};
	union ipc_control control;

	if (payload->iov_len > IPC_PAYLOAD_MAX || fd_count > IPC_FDS_MAX) {
		errno = EMSGSIZE;
		return false;
	}
	if (fd_count)
		attach_fds(&message, &control, fds, fd_count);
	for (;;) {
		if (sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return true;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || !patient || !wait_writable(fd))
			return false;
	}
}

bool ipc_send(int fd, enum ipc_type type, uint64_t generation, const void *payload, size_t n,
	      const int *fds, size_t fd_count)
{
	struct iovec part = {(void *)(uintptr_t)payload, n};

	return send_message(fd, type, generation, &part, fds, fd_count, true);
}

bool ipc_offer(int fd, enum ipc_type type, const void *payload, size_t n)
{
	struct iovec part = {(void *)(uintptr_t)payload, n};

	return send_message(fd, type, 0, &part, NULL, 0, false);
}

static void take_fds(struct msghdr *message, struct ipc_message *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (out->fd_count < IPC_FDS_MAX)
				out->fds[out->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

static void drop_fds(struct ipc_message *out)
{
	for (size_t i = 0; i < out->fd_count; i++) {
		close(out->fds[i]);
		out->fds[i] = -1;
	}
	out->fd_count = 0;
}

enum ipc_status ipc_receive(int fd, struct ipc_message *out)
{
	union ipc_control control;
	struct iovec parts[2] = {{&out->header, sizeof(out->header)},
				 {out->payload, sizeof(out->payload)}};
	struct msghdr message = {.msg_iov = parts,
				 .msg_iovlen = 2,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t n;

	out->fd_count = 0;
	for (size_t i = 0; i < IPC_FDS_MAX; i++)
		out->fds[i] = -1;
	do {
		n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return IPC_AGAIN;
	if (n < 0)
		return errno == ECONNRESET ? IPC_CLOSED : IPC_BROKEN;
	take_fds(&message, out);
	if (n == 0)
		return IPC_CLOSED;
	if ((size_t)n < sizeof(out->header) || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    out->header.length != (size_t)n - sizeof(out->header)) {
		drop_fds(out);
		errno = EBADMSG;
		return IPC_BROKEN;
	}
	return IPC_OK;
}
