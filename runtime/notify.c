#include "runtime/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

/*
 * The results of sd_notify are not looked at: the manager may have gone away, and a mail server
 * that stops for want of an audience helps nobody.
 */
void notify_ready(const char *status)
{
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", status);
}

void notify_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
			 (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_status(const char *status)
{
	(void)sd_notifyf(0, "STATUS=%s", status);
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

uint64_t notify_watchdog_ms(void)
{
	uint64_t micros;

	return sd_watchdog_enabled(0, &micros) > 0 ? micros / 1000 : 0;
}

size_t notify_listen_fds(int *first)
{
	int n = sd_listen_fds(1);

	*first = SD_LISTEN_FDS_START;
	return n > 0 ? (size_t)n : 0;
}
