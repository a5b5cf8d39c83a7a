# the compiler: what it accepts, refuses and says
stwc_tests = \
	testsuite/stwc/binding.py \
	testsuite/stwc/corpus.py \
	testsuite/stwc/options.py \
	testsuite/stwc/outputs.py \
	testsuite/stwc/plans.py \
	testsuite/stwc/rules.py \
	testsuite/stwc/secrets.py \
	testsuite/stwc/seeds.py
TESTS += $(stwc_tests)
EXTRA_DIST += $(stwc_tests) testsuite/stwc/stwctest.py testsuite/stwc/validator.py testsuite/bench/wide.py

include testsuite/stwc-view.mk
