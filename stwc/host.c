/* Files and variables that the configuration names, opened with --host. */
#include "stwc/host.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#define HOST_FILE_MAX ((size_t)1024 * 1024)

static bool is_body(const struct value_object *holder, const char *name)
{
	const struct schema_structure *body = holder->variant ? holder->variant->body : NULL;

	return body && strcmp(body->name, name) == 0;
}

const struct value *host_name(const struct value_object *holder)
{
	if (is_body(holder, "SecretKeyFile"))
		return value_field_get(holder, "filePath");
	if (is_body(holder, "SecretKeyEnvironmentVariable"))
		return value_field_get(holder, "variableName");
	return NULL;
}

static const struct value *written_text(const struct value_object *holder)
{
	const struct value *text = value_field_get(holder, "secret");

	text = text ? text : value_field_get(holder, "value");
	return text && text->kind == VALUE_STRING ? text : NULL;
}

static enum host_status read_variable(struct str name, struct buf *out, char why[HOST_WHY_SIZE])
{
	char text[256];
	const char *value;

	if (name.n >= sizeof(text) || memchr(name.p, '\0', name.n))
		return (void)snprintf(why, HOST_WHY_SIZE, "that is no name of a variable"),
		       HOST_FAILED;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	value = getenv(text);
	if (!value) {
		(void)snprintf(why, HOST_WHY_SIZE, "the environment variable %s is not set", text);
		return HOST_FAILED;
	}
	buf_puts(out, str_c(value));
	return HOST_READ;
}

/* A pipe or a device is no file that a server could read again. */
static enum host_status read_path(const char *path, struct buf *out, char why[HOST_WHY_SIZE])
{
	struct fs_error error;
	struct stat status;

	if (stat(path, &status) != 0)
		fs_error_set(&error, errno, "open", path);
	else if (!S_ISREG(status.st_mode))
		fs_error_set(&error, S_ISDIR(status.st_mode) ? EISDIR : EINVAL, "read", path);
	else if (fs_read_file(path, HOST_FILE_MAX, out, &error))
		return HOST_READ;
	fs_error_text(&error, why, HOST_WHY_SIZE);
	return HOST_FAILED;
}

static enum host_status read_file(const struct compilation *c, struct str name, struct buf *out,
				  char why[HOST_WHY_SIZE])
{
	const char *places[] = {getenv("CREDENTIALS_DIRECTORY"), c->options.secrets, "."};
	bool absolute = name.n && *name.p == '/';
	enum host_status status = HOST_FAILED;
	struct stat found;
	char path[PATH_MAX];
	size_t i;

	for (i = absolute ? ARRAY_LEN(places) - 1 : 0; i < ARRAY_LEN(places); i++) {
		int n;

		if (!places[i] || !*places[i])
			continue;
		n = absolute || i == ARRAY_LEN(places) - 1
			    ? snprintf(path, sizeof(path), "%.*s", STR_ARG(name))
			    : snprintf(path, sizeof(path), "%s/%.*s", places[i], STR_ARG(name));
		if (n < 0 || (size_t)n >= sizeof(path) || memchr(name.p, '\0', name.n)) {
			(void)snprintf(why, HOST_WHY_SIZE, "that is no path of a file");
			return HOST_FAILED;
		}
		status = read_path(path, out, why);
		if (status == HOST_READ || stat(path, &found) == 0)
			break;
	}
	return status;
}

static void cut_blanks(struct buf *out)
{
	while (out->n && strchr(" \t\r\n", out->p[out->n - 1]))
		out->n--;
}

struct str host_own_name(struct compilation *c)
{
	const char *given = getenv("STALWART_HOSTNAME");
	char system[HOST_NAME_MAX + 1] = "";

	if (!c->options.host)
		return STR_NONE;
	if (given && *given)
		return arena_str(&c->arena, str_c(given));
	if (gethostname(system, sizeof(system) - 1) != 0 || !*system)
		return STR_NONE;
	return arena_str(&c->arena, str_c(system));
}

enum host_status host_text(const struct compilation *c, const struct value_object *holder,
			   struct buf *out, char why[HOST_WHY_SIZE])
{
	const struct value *text = written_text(holder), *name = host_name(holder);
	enum host_status status;

	if (text) {
		buf_puts(out, text->string);
		return HOST_READ;
	}
	if (!name || name->kind != VALUE_STRING || !c->options.host)
		return HOST_NONE;
	status = is_body(holder, "SecretKeyFile") ? read_file(c, name->string, out, why)
						  : read_variable(name->string, out, why);
	if (status != HOST_READ)
		return status;
	cut_blanks(out);
	if (out->n)
		return HOST_READ;
	(void)snprintf(why, HOST_WHY_SIZE, "'%.*s' is empty", (int)(name->string.n % 256),
		       name->string.p);
	return HOST_FAILED;
}
