/* The targets under libFuzzer. Which one is said by the name of the program: libfuzzer-toml. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fuzz_target *chosen;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *dash = strrchr((*argv)[0], '-');

	(void)argc;
	chosen = dash ? fuzz_find(dash + 1) : NULL;
	if (!chosen) {
		fprintf(stderr, "%s: no target of that name\n", (*argv)[0]);
		exit(2);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	chosen->run(data, n);
	return 0;
}
