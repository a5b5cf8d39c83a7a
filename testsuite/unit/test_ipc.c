/* Messages between main and its roles: whole, with their descriptors, or not at all. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/ipc.h"

static int pair[2];
static struct ipc_message message;

static int setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int teardown(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void round_trip(void **state)
{
	int fds[2] = {STDIN_FILENO, STDOUT_FILENO};

	(void)state;
	assert_int_equal(ipc_receive(pair[1], &message), IPC_AGAIN);
	assert_true(ipc_send(pair[0], IPC_PREPARE, 7, "payload", 7, fds, 2));
	assert_true(ipc_send(pair[0], IPC_COMMIT, 8, NULL, 0, NULL, 0));
	assert_int_equal(ipc_receive(pair[1], &message), IPC_OK);
	assert_int_equal(message.header.type, IPC_PREPARE);
	assert_int_equal(message.header.generation, 7);
	assert_int_equal(message.header.length, 7);
	assert_memory_equal(message.payload, "payload", 7);
	assert_int_equal(message.fd_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(fcntl(message.fds[i], F_GETFD) & FD_CLOEXEC);
		close(message.fds[i]);
	}
	assert_int_equal(ipc_receive(pair[1], &message), IPC_OK);
	assert_int_equal(message.header.type, IPC_COMMIT);
	assert_int_equal(message.fd_count, 0);
	assert_int_equal(message.fds[0], -1);
}

static void largest(void **state)
{
	static char payload[IPC_PAYLOAD_MAX + 1];

	(void)state;
	memset(payload, 'x', sizeof(payload));
	assert_true(ipc_send(pair[0], IPC_WARNING, 1, payload, IPC_PAYLOAD_MAX, NULL, 0));
	assert_int_equal(ipc_receive(pair[1], &message), IPC_OK);
	assert_int_equal(message.header.length, IPC_PAYLOAD_MAX);
	assert_int_equal(message.payload[IPC_PAYLOAD_MAX - 1], 'x');
	assert_false(ipc_send(pair[0], IPC_WARNING, 1, payload, IPC_PAYLOAD_MAX + 1, NULL, 0));
	assert_int_equal(errno, EMSGSIZE);
}

static void malformed(void **state)
{
	struct ipc_header header = {.type = IPC_READY, .length = 99};

	(void)state;
	assert_int_equal(send(pair[0], "abc", 3, 0), 3);
	assert_int_equal(ipc_receive(pair[1], &message), IPC_BROKEN);
	assert_int_equal(send(pair[0], &header, sizeof(header), 0), sizeof(header));
	assert_int_equal(ipc_receive(pair[1], &message), IPC_BROKEN);
	/* what follows is not spoiled by it */
	assert_true(ipc_send(pair[0], IPC_READY, 2, NULL, 0, NULL, 0));
	assert_int_equal(ipc_receive(pair[1], &message), IPC_OK);
}

static void closed(void **state)
{
	(void)state;
	close(pair[0]);
	pair[0] = -1;
	assert_int_equal(ipc_receive(pair[1], &message), IPC_CLOSED);
	assert_false(ipc_send(pair[1], IPC_READY, 1, NULL, 0, NULL, 0));
	assert_int_equal(errno, EPIPE);
}

/* Whoever does not read cannot hold up the sender for long. */
static void stuck_reader(void **state)
{
	static char payload[IPC_PAYLOAD_MAX];
	int sent = 0;

	(void)state;
	while (sent < 1000 && ipc_send(pair[0], IPC_WARNING, 1, payload, sizeof(payload), NULL, 0))
		sent++;
	assert_true(sent < 1000);
	assert_int_equal(errno, ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(largest, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed, setup, teardown),
		cmocka_unit_test_setup_teardown(closed, setup, teardown),
		cmocka_unit_test_setup_teardown(stuck_reader, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
