if HAVE_CMOCKA
engine_tests = \
	testsuite/unit/test_address_table \
	testsuite/unit/test_decide \
	testsuite/unit/test_netaddr
check_PROGRAMS += $(engine_tests)
TESTS += $(engine_tests)
endif

engine_test_libs = libengine.a libstw.a libbase.a $(LMDB_LIBS) $(PCRE2_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)

testsuite_unit_test_address_table_SOURCES = testsuite/unit/test_address_table.c testsuite/unit/unit.h
testsuite_unit_test_address_table_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_address_table_LDADD = $(engine_test_libs)
testsuite_unit_test_decide_SOURCES = testsuite/unit/test_decide.c testsuite/unit/unit.h
testsuite_unit_test_decide_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_decide_LDADD = $(engine_test_libs)
testsuite_unit_test_netaddr_SOURCES = testsuite/unit/test_netaddr.c testsuite/unit/unit.h
testsuite_unit_test_netaddr_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_netaddr_LDADD = $(engine_test_libs)
