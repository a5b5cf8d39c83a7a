#!/bin/sh
# Runs the fuzz targets under libFuzzer, one after another: make fuzz [FUZZ_SECONDS=N] [FUZZ='toml json']
#
# Builds with clang, ASan and UBSan in $builddir/fuzzing. What a run finds new stays in
# fuzzing/corpus/TARGET for the next run; what breaks a target goes to fuzzing/findings/TARGET, and
# ends that target. FUZZ_MINIMIZE=1 reduces what was found to the inputs that cover code which the
# corpus of the source tree does not: fuzzing/minimal/TARGET, which takes the place of the one in
# testsuite/fuzz/minimal.
set -u
: "${srcdir:=.}" "${builddir:=.}" "${FUZZ_SECONDS:=60}" "${FUZZ_MINIMIZE:=0}"
srcdir=$(cd "$srcdir" && pwd) || exit 99
work=$builddir/fuzzing
clang=${FUZZ_CC:-clang}

# shellcheck disable=SC2086 # FUZZ_CC may be several words
if ! echo 'int LLVMFuzzerTestOneInput(const void *p, unsigned long n){return p&&n>9;}' |
	$clang -x c -fsanitize=fuzzer -o /dev/null - 2>/dev/null; then
	echo 'fuzz: clang with libFuzzer is needed (Debian: clang)' >&2
	exit 2
fi
mkdir -p "$work" && cd "$work" || exit 2
if [ ! -e config.status ]; then
	"$srcdir/configure" -q CC="$clang" CFLAGS='-O1 -g' \
		--enable-sanitize=fuzzer-no-link,address,undefined >configure.out 2>&1 || {
		tail -n 20 configure.out
		exit 2
	}
fi
# what is generated first
{ make -s -j"$(nproc 2>/dev/null || echo 2)" all && make -s testsuite/fuzz/libfuzzer; } >make.out 2>&1 || {
	tail -n 40 make.out
	exit 2
}

# shellcheck disable=SC2046 # words
[ $# -gt 0 ] || set -- $(grep -o '{"[a-z]*", fuzz_' "$srcdir/testsuite/fuzz/fuzz_targets.c" |
	sed 's/{"\([a-z]*\)".*/\1/')
status=0
for target; do
	mkdir -p "corpus/$target" "findings/$target"
	ln -sf testsuite/fuzz/libfuzzer "libfuzzer-$target"
	seeds=$srcdir/testsuite/fuzz/corpus/$target
	bundle=$srcdir/testsuite/fuzz/minimal/$target
	[ ! -e "$bundle" ] || python3 "$srcdir/testsuite/fuzz/bundle.py" unpack "$bundle" "corpus/$target" || exit 2
	if [ "$FUZZ_MINIMIZE" = 1 ]; then
		rm -rf "cover/$target" && mkdir -p "cover/$target" minimal && cp "$seeds"/* "cover/$target"
		"./libfuzzer-$target" -set_cover_merge=1 -use_counters=0 -max_len=600 "cover/$target" \
			"corpus/$target" >"$target.out" 2>&1 || status=1
		python3 "$srcdir/testsuite/fuzz/bundle.py" pack "cover/$target" "$seeds" >"minimal/$target" || exit 2
		echo "$target: $(wc -l <"minimal/$target") inputs beside the corpus"
		continue
	fi
	dictionary=$srcdir/testsuite/fuzz/dictionaries/$target.dict
	set --
	[ ! -e "$dictionary" ] || set -- "-dict=$dictionary"
	# a slow unit is a finding too: nothing here may take more than ten seconds
	"./libfuzzer-$target" "$@" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 \
		-max_len=8192 -artifact_prefix="findings/$target/" -print_final_stats=1 \
		"corpus/$target" "$seeds" >"$target.out" 2>&1 || {
		status=1
		echo "$target: a finding; see $work/$target.out"
	}
	awk -v target="$target" '/cov:/ { cov = $0; sub(/.*cov: /, "", cov); sub(/ .*/, "", cov) }
		/number_of_executed_units/ { n = $2 }
		END { printf "%s: %s runs, coverage %s\n", target, n, cov }' "$target.out"
done
exit $status
