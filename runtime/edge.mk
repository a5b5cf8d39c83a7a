# The roles edge and web: connections, protocols, TLS, log.
noinst_LIBRARIES += libedge.a
libedge_a_SOURCES = \
	runtime/caps.c runtime/caps.h \
	runtime/discovery.c \
	runtime/edge.c runtime/edge.h \
	runtime/edge_acceptor.c \
	runtime/edge_generation.c runtime/edge_generation.h \
	runtime/edge_sockets.c \
	runtime/events.def \
	runtime/io.c runtime/io.h \
	runtime/io_conn.c runtime/io_conn.h \
	runtime/limits.h \
	runtime/line.c runtime/line.h \
	runtime/log.c runtime/log.h \
	runtime/log_repeat.c runtime/log_repeat.h \
	runtime/metrics.c \
	runtime/proto.c runtime/proto.h \
	runtime/proto_http.c \
	runtime/proto_imap.c \
	runtime/proto_pop3.c \
	runtime/proto_sieve.c \
	runtime/proto_smtp.c \
	runtime/role.c runtime/role.h \
	runtime/role_control.c runtime/role_control.h \
	runtime/seccomp.c runtime/seccomp.h \
	runtime/session.c \
	runtime/shared.c runtime/shared.h \
	runtime/tls.c runtime/tls.h runtime/tls_internal.h runtime/tls_pem.c \
	runtime/tracer.c runtime/tracer.h \
	runtime/web_respond.c runtime/web_respond.h
libedge_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS) $(SECCOMP_CFLAGS)
EDGE_LIBS = libedge.a $(EVENT_LIBS) $(SSL_LIBS) $(SECCOMP_LIBS)
