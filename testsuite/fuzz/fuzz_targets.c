#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fs.h"

const struct fuzz_target fuzz_targets[] = {
	{"toml", fuzz_toml},
	{"json", fuzz_json},
	{"ndjson", fuzz_ndjson},
	{"yaml", fuzz_yaml},
	{"settings", fuzz_settings},
	{"check", fuzz_check},
	{"plan", fuzz_plan},
	{"jmap", fuzz_jmap},
	{"migrate", fuzz_migrate},
	{"ldap", fuzz_ldap},
	{"sieve", fuzz_sieve},
	{"template", fuzz_template},
	{"expression", fuzz_expression},
	{"program", fuzz_program},
	{"regex", fuzz_regex},
	{"scalar", fuzz_scalar},
	{"address", fuzz_address},
	{"name", fuzz_name},
	{"protocol", fuzz_protocol},
	{"record", fuzz_record},
	{"packed", fuzz_packed},
	{"live", fuzz_live},
	{"footer", fuzz_footer},
	{"image", fuzz_image},
	{"discovery", fuzz_discovery},
	{"web", fuzz_web},
	{"state", fuzz_state},
	{"zone", fuzz_zone},
	{"dns", fuzz_dns},
	{NULL, NULL},
};

const struct fuzz_target *fuzz_find(const char *name)
{
	for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

void fuzz_broken(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

int fuzz_file(const void *data, size_t n, char path[FUZZ_PATH_SIZE])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_WANT(fd >= 0 && fs_write_all(fd, data, n));
	(void)snprintf(path, FUZZ_PATH_SIZE, "/proc/self/fd/%d", fd);
	return fd;
}
