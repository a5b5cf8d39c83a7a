/*
 * Fuzz targets: one function for each place where bytes that somebody else wrote come in. A
 * target takes any bytes, ends, and aborts where an invariant does not hold; what a sanitizer
 * sees ends it as well.
 *
 * The same table is behind two programs. `replay` runs what stands in testsuite/fuzz/corpus, and
 * a few damaged forms of each file, in `make check`, with every compiler. `libfuzzer` (`make
 * fuzz`, clang) looks for new inputs; a finding becomes a file of the corpus together with its
 * mending. A target has a corpus of its name, and a dictionary of the name in its row.
 */
#ifndef STW_TESTSUITE_FUZZ_H
#define STW_TESTSUITE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"

struct fuzz_target {
	const char *name;
	void (*run)(const uint8_t *data, size_t n);
};

/* By name; NULL: there is none. The last row of the table has no name. */
const struct fuzz_target *fuzz_find(const char *name);
extern const struct fuzz_target fuzz_targets[];

/* What must hold for every input. */
#define FUZZ_WANT(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_broken(const char *condition, const char *file, int line);

static inline bool fuzz_utf8(struct str s)
{
	return utf8_valid_prefix(s) == s.n;
}

/* A memfd with these bytes, and its path under /proc. */
#define FUZZ_PATH_SIZE 32
int fuzz_file(const void *data, size_t n, char path[FUZZ_PATH_SIZE]);

/* fuzz_readers.c */
void fuzz_toml(const uint8_t *data, size_t n);
void fuzz_json(const uint8_t *data, size_t n);
void fuzz_ndjson(const uint8_t *data, size_t n);
void fuzz_yaml(const uint8_t *data, size_t n);
void fuzz_settings(const uint8_t *data, size_t n);

/* fuzz_compile.c: the first byte chooses format and options. */
void fuzz_check(const uint8_t *data, size_t n);
void fuzz_plan(const uint8_t *data, size_t n);
void fuzz_jmap(const uint8_t *data, size_t n);
void fuzz_migrate(const uint8_t *data, size_t n);

/* fuzz_grammar.c */
void fuzz_ldap(const uint8_t *data, size_t n);
void fuzz_sieve(const uint8_t *data, size_t n);
void fuzz_template(const uint8_t *data, size_t n);

/* fuzz_expr.c */
void fuzz_expression(const uint8_t *data, size_t n);
void fuzz_program(const uint8_t *data, size_t n);
void fuzz_regex(const uint8_t *data, size_t n);

/* fuzz_text.c */
void fuzz_scalar(const uint8_t *data, size_t n);
void fuzz_address(const uint8_t *data, size_t n);
void fuzz_name(const uint8_t *data, size_t n);
void fuzz_protocol(const uint8_t *data, size_t n);

/* fuzz_image.c */
void fuzz_record(const uint8_t *data, size_t n);
void fuzz_packed(const uint8_t *data, size_t n);
void fuzz_live(const uint8_t *data, size_t n);
void fuzz_footer(const uint8_t *data, size_t n);
void fuzz_image(const uint8_t *data, size_t n);

/* fuzz_discovery.c */
void fuzz_discovery(const uint8_t *data, size_t n);
void fuzz_web(const uint8_t *data, size_t n);

/* fuzz_zone.c */
void fuzz_zone(const uint8_t *data, size_t n);
void fuzz_dns(const uint8_t *data, size_t n);

/* fuzz_state.c */
void fuzz_state(const uint8_t *data, size_t n);

#endif
