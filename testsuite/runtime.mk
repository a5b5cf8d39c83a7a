include testsuite/runtime-main.mk
include testsuite/runtime-edge.mk
