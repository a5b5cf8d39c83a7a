# The roles edge and web.
if HAVE_CMOCKA
edge_tests = \
	testsuite/unit/test_caps \
	testsuite/unit/test_conn \
	testsuite/unit/test_http \
	testsuite/unit/test_log \
	testsuite/unit/test_proto \
	testsuite/unit/test_seccomp \
	testsuite/unit/test_session \
	testsuite/unit/test_tls
check_PROGRAMS += $(edge_tests)
TESTS += $(edge_tests)
endif

edge_test_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SSL_CFLAGS)
edge_test_libs = $(EDGE_LIBS) libengine.a libstw.a libbase.a $(LMDB_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)

testsuite_unit_test_caps_SOURCES = testsuite/unit/test_caps.c testsuite/unit/unit.h
testsuite_unit_test_caps_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_caps_LDADD = $(edge_test_libs)
testsuite_unit_test_conn_SOURCES = testsuite/unit/test_conn.c testsuite/unit/unit.h
testsuite_unit_test_conn_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_conn_LDADD = $(edge_test_libs)
testsuite_unit_test_http_SOURCES = testsuite/unit/test_http.c testsuite/unit/unit.h
testsuite_unit_test_http_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_http_LDADD = $(edge_test_libs)
testsuite_unit_test_log_SOURCES = testsuite/unit/test_log.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_log_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_log_LDADD = $(edge_test_libs)
testsuite_unit_test_log_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=time
testsuite_unit_test_proto_SOURCES = testsuite/unit/test_proto.c testsuite/unit/unit.h
testsuite_unit_test_proto_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_proto_LDADD = $(edge_test_libs)
testsuite_unit_test_seccomp_SOURCES = testsuite/unit/test_seccomp.c testsuite/unit/unit.h
testsuite_unit_test_seccomp_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_seccomp_LDADD = $(edge_test_libs)
testsuite_unit_test_session_SOURCES = testsuite/unit/test_session.c testsuite/unit/unit.h
testsuite_unit_test_session_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_session_LDADD = $(edge_test_libs)
testsuite_unit_test_tls_SOURCES = testsuite/unit/test_tls.c testsuite/unit/unit.h
testsuite_unit_test_tls_CPPFLAGS = $(edge_test_cppflags)
testsuite_unit_test_tls_LDADD = $(edge_test_libs)

# a running stwd
edge_scenarios = \
	testsuite/runtime/discovery.py \
	testsuite/runtime/limits.py \
	testsuite/runtime/protocols.py \
	testsuite/runtime/tls.py \
	testsuite/runtime/web.py
TESTS += $(edge_scenarios)
EXTRA_DIST += $(edge_scenarios) testsuite/runtime/talk.py
