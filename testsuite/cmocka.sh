#!/bin/sh
# Runs a unit test. Of a case that skips, cmocka 1.1 says "not ok N # SKIP NAME"; TAP says "ok".
exec 4>&1
status=$({ {
	"$@" 3>&- 4>&-
	echo $? >&3
} | sed 's/^not ok \([0-9]*\) # SKIP/ok \1 # SKIP/' >&4; } 3>&1)
exit "$status"
