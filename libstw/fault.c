#include "libstw/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *stw_error_word(enum stw_error error)
{
	switch (error) {
	case STW_OK: return "ok";
	case STW_NOT_AN_IMAGE: return "not-an-image";
	case STW_DAMAGED: return "damaged";
	case STW_NEWER_FORMAT: return "newer-format";
	case STW_OTHER_SCHEMA: return "other-schema";
	case STW_OTHER_PLATFORM: return "other-platform";
	case STW_SYSTEM: return "system";
	}
	return "unknown";
}

bool stw_fault_set(struct stw_fault *fault, enum stw_error error, const char *format, ...)
{
	va_list args;

	if (!fault)
		return false;
	fault->error = error;
	va_start(args, format);
	(void)vsnprintf(fault->text, sizeof(fault->text), format, args); /* cut is fine */
	va_end(args);
	return false;
}

bool stw_fault_system(struct stw_fault *fault, int code, const char *doing)
{
	char text[128];

	/* the GNU form: strerror is not for threads */
	return stw_fault_set(fault, STW_SYSTEM, "%s: %s", doing,
			     strerror_r(code, text, sizeof(text)));
}
