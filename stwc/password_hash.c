/* The one place that knows libargon2. */
#include "stwc/password_hash.h"

#include <argon2.h>
#include <errno.h>
#include <sys/random.h>

#define SALT_SIZE 16
#define HASH_SIZE 32

bool password_hash(const struct password_cost *cost, struct str password, struct buf *out,
		   const char **why)
{
	unsigned char salt[SALT_SIZE];
	char text[256]; /* argon2_encodedlen is 160 at most for these sizes */
	int code;

	if (getrandom(salt, sizeof(salt), 0) != sizeof(salt)) {
		*why = strerror(errno);
		return false;
	}
	code = argon2id_hash_encoded(cost->iterations, cost->memory, cost->lanes, password.p,
				     password.n, salt, sizeof(salt), HASH_SIZE, text, sizeof(text));
	if (code != ARGON2_OK) {
		*why = argon2_error_message(code);
		return false;
	}
	buf_puts(out, str_c(text));
	return true;
}
