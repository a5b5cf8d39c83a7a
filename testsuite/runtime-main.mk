# Tests of the main role and of stwctl.
runtime_main_tests = \
	testsuite/runtime/confirm.py \
	testsuite/runtime/live.py \
	testsuite/runtime/reload.py \
	testsuite/runtime/roles.py \
	testsuite/runtime/start.py \
	testsuite/runtime/systemd.py
TESTS += $(runtime_main_tests)
EXTRA_DIST += $(runtime_main_tests) testsuite/runtime/stwtest.py
