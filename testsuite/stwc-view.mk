# the commands that read: convert, diff, dump, verify, get, ip, schema, explain
stwc_view_tests = \
	testsuite/stwc/convert.py \
	testsuite/stwc/diff.py \
	testsuite/stwc/fmt.py \
	testsuite/stwc/foreign.py \
	testsuite/stwc/reference.py \
	testsuite/stwc/roundtrip.py \
	testsuite/stwc/view.py
TESTS += $(stwc_view_tests)
EXTRA_DIST += $(stwc_view_tests) testsuite/stwc/generate.py
