# The roles edge and web: connections, protocols, TLS, log.
noinst_LIBRARIES += libedge.a
libedge_a_SOURCES = \
	runtime/caps.c runtime/caps.h \
	runtime/events.def \
	runtime/io.c runtime/io.h \
	runtime/io_conn.c runtime/io_conn.h \
	runtime/limits.h \
	runtime/line.c runtime/line.h \
	runtime/log.c runtime/log.h \
	runtime/log_repeat.c runtime/log_repeat.h \
	runtime/proto.c runtime/proto.h \
	runtime/proto_http.c \
	runtime/proto_imap.c \
	runtime/proto_pop3.c \
	runtime/proto_sieve.c \
	runtime/proto_smtp.c \
	runtime/tls.c runtime/tls.h runtime/tls_internal.h runtime/tls_pem.c \
	runtime/tracer.c runtime/tracer.h
libedge_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS) $(SECCOMP_CFLAGS)
EDGE_LIBS = libedge.a $(EVENT_LIBS) $(SSL_LIBS) $(SECCOMP_LIBS)
