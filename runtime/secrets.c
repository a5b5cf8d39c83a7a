#include "runtime/secrets.h"

#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(const struct secret_wish *wish, char *error, size_t size, const char *format,
		   ...) PRINTF_LIKE(4, 5);

static bool refuse(const struct secret_wish *wish, char *error, size_t size, const char *format,
		   ...)
{
	va_list args;
	int n = snprintf(error, size, "%.*s '%.*s' %.*s: ", STR_ARG(wish->type),
			 STR_ARG(wish->identity), STR_ARG(wish->property));

	va_start(args, format);
	if (n > 0 && (size_t)n < size)
		(void)vsnprintf(error + n, size - (size_t)n, format, args);
	va_end(args);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void cut_blanks(struct buf *buf, size_t start)
{
	while (buf->n > start && is_blank(buf->p[buf->n - 1]))
		buf->n--;
}

static bool from_variable(const struct secret_wish *wish, struct buf *out, char *error, size_t size)
{
	char name[256];
	const char *value;

	if (wish->text.n == 0 || wish->text.n >= sizeof(name))
		return refuse(wish, error, size, "'%.*s' is no name of an environment variable",
			      STR_ARG(wish->text));
	memcpy(name, wish->text.p, wish->text.n);
	name[wish->text.n] = '\0';
	value = getenv(name);
	if (!value)
		return refuse(wish, error, size, "the environment variable %s is not set", name);
	buf_puts(out, str_c(value));
	return true;
}

/* Reads one file; ENOENT is left to the caller, who may know another place. */
static bool from_path(const struct secret_wish *wish, const char *path, struct buf *out,
		      bool *missing, char *error, size_t size)
{
	/* nobody may be there to write into a pipe, and main has other things to do than to wait */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct fs_error why;
	char text[700];
	struct stat st;
	bool ok;

	*missing = fd < 0 && errno == ENOENT;
	if (fd < 0)
		return refuse(wish, error, size, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		close(fd);
		return refuse(wish, error, size, "cannot read %s: it is no regular file", path);
	}
	ok = fs_read_fd(fd, path, SECRET_FILE_MAX, out, &why);
	close(fd);
	if (ok)
		return true;
	fs_error_text(&why, text, sizeof(text));
	return refuse(wish, error, size, "%s", text);
}

static bool from_credential(const struct secret_wish *wish, const struct secret_places *places,
			    struct buf *out, char *error, size_t size)
{
	const char *dirs[] = {places->credentials, places->directory};
	char path[PATH_MAX];
	bool missing;

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		int n;

		if (!dirs[i] || !*dirs[i])
			continue;
		n = snprintf(path, sizeof(path), "%s/%.*s", dirs[i], STR_ARG(wish->text));
		if (n < 0 || (size_t)n >= sizeof(path))
			return refuse(wish, error, size, "the path is too long");
		if (from_path(wish, path, out, &missing, error, size))
			return true;
		if (!missing)
			return false;
	}
	return refuse(wish, error, size,
		      "there is no file '%.*s' in $CREDENTIALS_DIRECTORY (%s) or in --secrets (%s)",
		      STR_ARG(wish->text), dirs[0] && *dirs[0] ? dirs[0] : "not set",
		      dirs[1] && *dirs[1] ? dirs[1] : "not set");
}

static bool from_file(const struct secret_wish *wish, const struct secret_places *places,
		      struct buf *out, char *error, size_t size)
{
	char path[PATH_MAX];
	bool missing;

	if (wish->text.n == 0 || wish->text.n >= sizeof(path))
		return refuse(wish, error, size, "the path is empty or too long");
	if (wish->text.p[0] != '/')
		return from_credential(wish, places, out, error, size);
	memcpy(path, wish->text.p, wish->text.n);
	path[wish->text.n] = '\0';
	return from_path(wish, path, out, &missing, error, size);
}

bool secret_resolve(const struct secret_wish *wish, const struct secret_places *places,
		    struct buf *out, char *error, size_t error_size)
{
	size_t start = out->n;
	bool ok = false;

	switch (wish->kind) {
	case SECRET_INLINE:
		buf_puts(out, wish->text);
		ok = true;
		break;
	case SECRET_VARIABLE: ok = from_variable(wish, out, error, error_size); break;
	case SECRET_FILE: ok = from_file(wish, places, out, error, error_size); break;
	}
	if (!ok)
		return false;
	if (out->failed)
		return refuse(wish, error, error_size, "out of memory");
	cut_blanks(out, start);
	if (out->n > start)
		return true;
	if (wish->kind == SECRET_INLINE)
		return refuse(wish, error, error_size, "the value is empty");
	return refuse(wish, error, error_size, "'%.*s' is empty", STR_ARG(wish->text));
}

void secrets_put(struct buf *out, uint16_t structure, uint16_t field, uint64_t object,
		 struct str bytes)
{
	uint32_t length = (uint32_t)bytes.n;

	buf_put(out, &structure, sizeof(structure));
	buf_put(out, &field, sizeof(field));
	buf_put(out, &object, sizeof(object));
	buf_put(out, &length, sizeof(length));
	buf_puts(out, bytes);
}

int secrets_seal(struct str bytes)
{
	int fd = memfd_create("stw-secrets", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	if (fs_write_all(fd, bytes.p, bytes.n) &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	close(fd);
	return -1;
}
