if HAVE_CMOCKA
libstw_tests = \
	testsuite/unit/test_image \
	testsuite/unit/test_record \
	testsuite/unit/test_walk
check_PROGRAMS += $(libstw_tests)
TESTS += $(libstw_tests)
endif

# images come from the compiler
image_test_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LMDB_CFLAGS)
image_test_libs = libstwc.a libgrammar.a libschemas.a libengine.a libstw.a libcore.a libbase.a \
	$(YAML_LIBS) $(LMDB_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS) $(PSL_LIBS) $(PCRE2_LIBS) $(CMOCKA_LIBS)

testsuite_unit_test_image_SOURCES = testsuite/unit/test_image.c \
	testsuite/unit/folder.h testsuite/unit/image_fixture.h testsuite/unit/unit.h
testsuite_unit_test_image_CPPFLAGS = $(image_test_cppflags)
testsuite_unit_test_image_LDADD = $(image_test_libs)
testsuite_unit_test_record_SOURCES = testsuite/unit/test_record.c testsuite/unit/unit.h
testsuite_unit_test_record_CPPFLAGS = $(image_test_cppflags)
testsuite_unit_test_record_LDADD = libstw.a libbase.a $(LMDB_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
testsuite_unit_test_walk_SOURCES = testsuite/unit/test_walk.c \
	testsuite/unit/folder.h testsuite/unit/image_fixture.h testsuite/unit/unit.h
testsuite_unit_test_walk_CPPFLAGS = $(image_test_cppflags)
testsuite_unit_test_walk_LDADD = $(image_test_libs)

# a second reader, written from doc/format.md
TESTS += testsuite/libstw/format.py
EXTRA_DIST += testsuite/libstw/format.py
