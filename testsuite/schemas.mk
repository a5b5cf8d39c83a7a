if HAVE_CMOCKA
schemas_tests = \
	testsuite/unit/test_records \
	testsuite/unit/test_schemas
check_PROGRAMS += $(schemas_tests)
TESTS += $(schemas_tests)
endif

testsuite_unit_test_records_SOURCES = testsuite/unit/test_records.c testsuite/unit/unit.h
testsuite_unit_test_records_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_records_LDADD = libstw.a libbase.a $(LMDB_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
testsuite_unit_test_schemas_SOURCES = testsuite/unit/test_schemas.c testsuite/unit/unit.h
testsuite_unit_test_schemas_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_schemas_LDADD = libschemas.a libcore.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)

schemas_scripts = \
	testsuite/schemas/completion.test \
	testsuite/schemas/facts.py \
	testsuite/schemas/rows.py
dist_check_SCRIPTS += $(schemas_scripts)
TESTS += $(schemas_scripts)
