if HAVE_CMOCKA
base_tests = \
	testsuite/unit/test_arena \
	testsuite/unit/test_buf \
	testsuite/unit/test_digest \
	testsuite/unit/test_fs \
	testsuite/unit/test_map \
	testsuite/unit/test_num \
	testsuite/unit/test_utf8
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
endif

base_test_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
base_test_libs = libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)

testsuite_unit_test_arena_SOURCES = testsuite/unit/test_arena.c testsuite/unit/unit.h
testsuite_unit_test_arena_CPPFLAGS = $(base_test_cppflags)
testsuite_unit_test_arena_LDADD = $(base_test_libs)
testsuite_unit_test_buf_SOURCES = testsuite/unit/test_buf.c testsuite/unit/unit.h
testsuite_unit_test_buf_CPPFLAGS = $(base_test_cppflags)
testsuite_unit_test_buf_LDADD = $(base_test_libs)
testsuite_unit_test_digest_SOURCES = testsuite/unit/test_digest.c testsuite/unit/unit.h
testsuite_unit_test_digest_CPPFLAGS = $(base_test_cppflags)
testsuite_unit_test_digest_LDADD = $(base_test_libs)
testsuite_unit_test_fs_SOURCES = testsuite/unit/test_fs.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_fs_CPPFLAGS = $(base_test_cppflags)
testsuite_unit_test_fs_LDADD = $(base_test_libs)
testsuite_unit_test_map_SOURCES = testsuite/unit/test_map.c testsuite/unit/unit.h
testsuite_unit_test_map_CPPFLAGS = $(base_test_cppflags)
testsuite_unit_test_map_LDADD = $(base_test_libs)
testsuite_unit_test_num_SOURCES = testsuite/unit/test_num.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_num_CPPFLAGS = $(base_test_cppflags)
testsuite_unit_test_num_LDADD = $(base_test_libs)
testsuite_unit_test_utf8_SOURCES = testsuite/unit/test_utf8.c testsuite/unit/unit.h
testsuite_unit_test_utf8_CPPFLAGS = $(base_test_cppflags)
testsuite_unit_test_utf8_LDADD = $(base_test_libs)
