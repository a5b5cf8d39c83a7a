LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TEST_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_COMPILER = $(PYTHON3)
TEST_EXTENSIONS = .test .py
TEST_LOG_COMPILER = $(SHELL)
LOG_COMPILER = $(SHELL) $(srcdir)/testsuite/cmocka.sh
EXTRA_DIST += testsuite/cmocka.sh
# what a test prints is for this driver, in a workflow of GitHub Actions too
AM_TESTS_ENVIRONMENT = \
	unset GITHUB_ACTIONS; \
	srcdir='$(abs_srcdir)'; export srcdir; \
	builddir='$(abs_builddir)'; export builddir; \
	CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;

include testsuite/base.mk
include testsuite/core.mk
include testsuite/grammar.mk
include testsuite/schemas.mk
include testsuite/libstw.mk
include testsuite/engine.mk
include testsuite/stwc.mk
include testsuite/runtime.mk
include testsuite/fault.mk
include testsuite/fuzz.mk
include testsuite/contrib.mk
include testsuite/bench.mk
