# Speed and size beside other programs; doc/performance.md has the figures. make check compiles
# these programs and runs none of them.
bench_programs = \
	testsuite/bench/bench_address \
	testsuite/bench/bench_json \
	testsuite/bench/bench_load \
	testsuite/bench/bench_run \
	testsuite/bench/bench_yaml
check_PROGRAMS += $(bench_programs)
testsuite_bench_bench_address_SOURCES = testsuite/bench/bench_address.c
testsuite_bench_bench_address_LDADD = libengine.a libstw.a libbase.a $(LMDB_LIBS) $(CRYPTO_LIBS)
testsuite_bench_bench_json_SOURCES = testsuite/bench/bench_json.c
testsuite_bench_bench_json_LDADD = $(grammar_test_libs)
testsuite_bench_bench_load_SOURCES = testsuite/bench/bench_load.c
testsuite_bench_bench_load_LDADD = libbase.a $(CRYPTO_LIBS)
testsuite_bench_bench_run_SOURCES = testsuite/bench/bench_run.c
testsuite_bench_bench_run_LDADD = libbase.a $(CRYPTO_LIBS)
testsuite_bench_bench_yaml_SOURCES = testsuite/bench/bench_yaml.c
testsuite_bench_bench_yaml_CPPFLAGS = $(AM_CPPFLAGS) $(YAML_CFLAGS)
testsuite_bench_bench_yaml_LDADD = $(YAML_LIBS)

EXTRA_DIST += \
	testsuite/bench/bench.py \
	testsuite/bench/generate.py \
	testsuite/bench/measure.py \
	testsuite/bench/peers \
	testsuite/bench/render.py \
	testsuite/bench/validate.js \
	testsuite/bench/servers.py \
	testsuite/bench/wide.py

# BENCH='--rounds 3' and the like; the peers are installed by testsuite/bench/peers when missing.
.PHONY: bench
bench: all $(bench_programs)
	$(srcdir)/testsuite/bench/peers '$(abs_builddir)/bench-peers' || echo 'bench: goes on without what is missing'
	srcdir='$(abs_srcdir)' builddir='$(abs_builddir)' PYTHONDONTWRITEBYTECODE=1 \
		$(PYTHON3) $(srcdir)/testsuite/bench/bench.py --json '$(abs_builddir)/bench.json' $(BENCH)
