if HAVE_CMOCKA
core_tests = \
	testsuite/unit/test_diag \
	testsuite/unit/test_node \
	testsuite/unit/test_render \
	testsuite/unit/test_source \
	testsuite/unit/test_suggest
check_PROGRAMS += $(core_tests)
TESTS += $(core_tests)
endif

core_test_libs = libcore.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)

testsuite_unit_test_diag_SOURCES = testsuite/unit/test_diag.c testsuite/unit/unit.h
testsuite_unit_test_diag_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_diag_LDADD = $(core_test_libs)
testsuite_unit_test_node_SOURCES = testsuite/unit/test_node.c testsuite/unit/unit.h
testsuite_unit_test_node_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_node_LDADD = $(core_test_libs)
testsuite_unit_test_render_SOURCES = testsuite/unit/test_render.c testsuite/unit/unit.h
testsuite_unit_test_render_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
testsuite_unit_test_render_LDADD = $(core_test_libs) $(JANSSON_LIBS)
testsuite_unit_test_source_SOURCES = testsuite/unit/test_source.c testsuite/unit/unit.h
testsuite_unit_test_source_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_source_LDADD = $(core_test_libs)
testsuite_unit_test_suggest_SOURCES = testsuite/unit/test_suggest.c testsuite/unit/unit.h
testsuite_unit_test_suggest_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_suggest_LDADD = $(core_test_libs)
