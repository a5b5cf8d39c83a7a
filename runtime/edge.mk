# The roles edge and web: connections, protocols, TLS, log.
noinst_LIBRARIES += libedge.a
libedge_a_SOURCES = \
	runtime/io.c runtime/io.h \
	runtime/log.c runtime/log.h \
	runtime/tls.c runtime/tls.h runtime/tls_internal.h runtime/tls_pem.c
libedge_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS) $(SECCOMP_CFLAGS)
EDGE_LIBS = libedge.a $(EVENT_LIBS) $(SSL_LIBS) $(SECCOMP_LIBS)
