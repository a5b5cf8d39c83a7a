# house rules: what HACKING.md says and a program can see
house_tests = \
	testsuite/house/binary.py \
	testsuite/house/codes.py \
	testsuite/house/sentences.py \
	testsuite/house/docs.py \
	testsuite/house/examples.py \
	testsuite/house/faults.py \
	testsuite/house/format.test \
	testsuite/house/functions.py \
	testsuite/house/install.test \
	testsuite/house/layering.py \
	testsuite/house/manual.py \
	testsuite/house/quickstart.test \
	testsuite/house/scripts.test \
	testsuite/house/style.py \
	testsuite/house/verdict.py
# what contrib/ offers to others, run as they would
contrib_tests = \
	testsuite/contrib/ci.py \
	testsuite/contrib/recipes.py
TESTS += $(house_tests) $(contrib_tests)
EXTRA_DIST += $(house_tests) $(contrib_tests) testsuite/house/house.py testsuite/checks
