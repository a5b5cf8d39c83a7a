# The main role of stwd, and stwctl.
noinst_LIBRARIES += libmain.a
libmain_a_SOURCES = \
	runtime/check.c \
	runtime/confirm.c \
	runtime/control.c runtime/control.h runtime/control_peer.h \
	runtime/control_live.c \
	runtime/control_reload.c \
	runtime/control_status.c \
	runtime/generations.c runtime/generations.h \
	runtime/hostname.c runtime/hostname.h \
	runtime/ipc.c runtime/ipc.h \
	runtime/live.c \
	runtime/main.c runtime/main.h \
	runtime/notes.c runtime/notes.h \
	runtime/notify.c runtime/notify.h \
	runtime/plan.c runtime/plan.h \
	runtime/prepare.c \
	runtime/privileges.c runtime/privileges.h \
	runtime/reload.c runtime/reload.h \
	runtime/reload_file.c \
	runtime/secrets.c runtime/secrets.h \
	runtime/settings.c runtime/settings.h \
	runtime/sockets.c runtime/sockets.h \
	runtime/spawn.c runtime/spawn.h \
	runtime/start.c \
	runtime/state.c runtime/state.h \
	runtime/state_check.c runtime/state_check.h \
	runtime/supervise.c \
	runtime/threads.c runtime/threads.h \
	runtime/watch.c runtime/watch.h
libmain_a_CPPFLAGS = $(AM_CPPFLAGS) $(LMDB_CFLAGS) $(CAP_CFLAGS) $(SYSTEMD_CFLAGS)

sbin_PROGRAMS += stwd
stwd_SOURCES = runtime/stwd.c
stwd_LDADD = libmain.a $(EDGE_LIBS) libmain.a libengine.a libstw.a libbase.a \
	$(LMDB_LIBS) $(CAP_LIBS) $(SYSTEMD_LIBS) $(CRYPTO_LIBS)

# what stwctl asks the DNS
noinst_LIBRARIES += libzone.a
libzone_a_SOURCES = \
	runtime/zone_check.c runtime/zone_check.h \
	runtime/zone_dns.c \
	runtime/zone_file.c \
	runtime/tls_dns.c runtime/tls_dns.h
libzone_a_CPPFLAGS = $(AM_CPPFLAGS) $(CARES_CFLAGS) $(JANSSON_CFLAGS) $(SSL_CFLAGS)

bin_PROGRAMS += stwctl
stwctl_SOURCES = runtime/stwctl.c runtime/control.h
stwctl_LDADD = libzone.a libengine.a libbase.a $(CARES_LIBS) $(JANSSON_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)
