# house rules: what HACKING.md says and a program can see
house_tests = \
	testsuite/house/codes.py \
	testsuite/house/format.test \
	testsuite/house/functions.py \
	testsuite/house/layering.py \
	testsuite/house/scripts.test \
	testsuite/house/style.py
TESTS += $(house_tests)
EXTRA_DIST += $(house_tests) testsuite/house/house.py testsuite/checks
