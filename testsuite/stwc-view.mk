# the commands that read: convert, diff, dump, verify, get, ip, schema, explain
stwc_view_tests = \
	testsuite/stwc/cases.py \
	testsuite/stwc/clients.py \
	testsuite/stwc/convert.py \
	testsuite/stwc/diff.py \
	testsuite/stwc/fmt.py \
	testsuite/stwc/foreign.py \
	testsuite/stwc/projects.py \
	testsuite/stwc/reference.py \
	testsuite/stwc/reports.py \
	testsuite/stwc/roundtrip.py \
	testsuite/stwc/view.py \
	testsuite/stwc/zone.py
TESTS += $(stwc_view_tests)
EXTRA_DIST += $(stwc_view_tests) testsuite/stwc/generate.py

if HAVE_CMOCKA
check_PROGRAMS += testsuite/unit/test_services testsuite/unit/test_zone
TESTS += testsuite/unit/test_services testsuite/unit/test_zone
endif
testsuite_unit_test_services_SOURCES = testsuite/unit/test_services.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_services_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_services_LDADD = $(stwc_stwc_LDADD) $(CMOCKA_LIBS)
testsuite_unit_test_zone_SOURCES = testsuite/unit/test_zone.c testsuite/unit/unit.h
testsuite_unit_test_zone_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
testsuite_unit_test_zone_LDADD = $(stwc_stwc_LDADD) $(CMOCKA_LIBS)
