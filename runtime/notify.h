/*
 * What the service manager is told and what it hands over: sd_notify(3), socket activation,
 * the watchdog. The only file that knows libsystemd; without a manager every call does nothing.
 */
#ifndef STW_RUNTIME_NOTIFY_H
#define STW_RUNTIME_NOTIFY_H

#include "base/attr.h"

void notify_ready(const char *status);
/* READY is due again after it (systemd.service(5), Type=notify-reload). */
void notify_reloading(void);
void notify_status(const char *status);
void notify_stopping(void);
void notify_watchdog(void);
/* Milliseconds in which notify_watchdog is expected; 0: there is no watchdog. */
uint64_t notify_watchdog_ms(void);
/* Number of sockets passed by the manager, at descriptors *first and up; they are closed on
 * exec from now on, and the variables that announce them are gone. */
size_t notify_listen_fds(int *first);

#endif
