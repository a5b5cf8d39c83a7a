# The main role and stwctl.
if HAVE_CMOCKA
main_tests = \
	testsuite/unit/test_generations \
	testsuite/unit/test_host \
	testsuite/unit/test_ipc \
	testsuite/unit/test_live_state \
	testsuite/unit/test_secrets \
	testsuite/unit/test_sockets
check_PROGRAMS += $(main_tests)
TESTS += $(main_tests)
endif

main_test_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
main_test_libs = libmain.a $(EDGE_LIBS) libengine.a libstw.a libbase.a \
	$(LMDB_LIBS) $(CAP_LIBS) $(SYSTEMD_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)

testsuite_unit_test_generations_SOURCES = \
	testsuite/unit/test_generations.c testsuite/unit/folder.h testsuite/unit/image_fixture.h testsuite/unit/unit.h
testsuite_unit_test_generations_CPPFLAGS = $(main_test_cppflags)
testsuite_unit_test_generations_LDADD = libmain.a libstwc.a libgrammar.a libschemas.a libengine.a \
	libstw.a libcore.a libbase.a $(YAML_LIBS) $(LMDB_LIBS) $(CRYPTO_LIBS) $(IDN2_LIBS) \
	$(PSL_LIBS) $(PCRE2_LIBS) $(CMOCKA_LIBS)
testsuite_unit_test_host_SOURCES = testsuite/unit/test_host.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_host_CPPFLAGS = $(main_test_cppflags)
testsuite_unit_test_host_LDADD = $(main_test_libs)
testsuite_unit_test_ipc_SOURCES = testsuite/unit/test_ipc.c testsuite/unit/unit.h
testsuite_unit_test_ipc_CPPFLAGS = $(main_test_cppflags)
testsuite_unit_test_ipc_LDADD = $(main_test_libs)
testsuite_unit_test_live_state_SOURCES = testsuite/unit/test_live_state.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_live_state_CPPFLAGS = $(main_test_cppflags)
testsuite_unit_test_live_state_LDADD = $(main_test_libs)
testsuite_unit_test_secrets_SOURCES = testsuite/unit/test_secrets.c testsuite/unit/folder.h testsuite/unit/unit.h
testsuite_unit_test_secrets_CPPFLAGS = $(main_test_cppflags)
testsuite_unit_test_secrets_LDADD = $(main_test_libs)
testsuite_unit_test_sockets_SOURCES = testsuite/unit/test_sockets.c testsuite/unit/unit.h
testsuite_unit_test_sockets_CPPFLAGS = $(main_test_cppflags)
testsuite_unit_test_sockets_LDADD = $(main_test_libs)
testsuite_unit_test_sockets_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=socket

main_scenarios = \
	testsuite/runtime/confirm.py \
	testsuite/runtime/deadlines.py \
	testsuite/runtime/guides.py \
	testsuite/runtime/first.py \
	testsuite/runtime/live.py \
	testsuite/runtime/reload.py \
	testsuite/runtime/roles.py \
	testsuite/runtime/start.py \
	testsuite/runtime/systemd.py \
	testsuite/runtime/zonecheck.py
TESTS += $(main_scenarios)
EXTRA_DIST += $(main_scenarios) testsuite/runtime/stwtest.py
