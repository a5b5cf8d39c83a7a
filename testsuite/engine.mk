if HAVE_CMOCKA
engine_tests = \
	testsuite/unit/test_address_table \
	testsuite/unit/test_decide \
	testsuite/unit/test_interp \
	testsuite/unit/test_netaddr \
	testsuite/unit/test_regex
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
testsuite_unit_test_regex_SOURCES = testsuite/unit/test_regex.c testsuite/unit/unit.h
testsuite_unit_test_regex_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_regex_LDADD = $(engine_test_libs)

# programs come from the compiler
testsuite_unit_test_interp_SOURCES = testsuite/unit/test_interp.c testsuite/unit/unit.h
testsuite_unit_test_interp_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_interp_LDADD = libstwc.a libgrammar.a libschemas.a libengine.a libstw.a \
	libcore.a libbase.a $(YAML_LIBS) $(LMDB_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS) $(PSL_LIBS) \
	$(PCRE2_LIBS) $(CMOCKA_LIBS)
