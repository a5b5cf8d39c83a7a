/* Filling a struct stw_fault; a NULL fault is allowed everywhere. */
#ifndef STW_LIBSTW_FAULT_H
#define STW_LIBSTW_FAULT_H

#include "libstw/stw.h"

/* Always false, so that a failing function can return it. */
bool stw_fault_set(struct stw_fault *fault, enum stw_error error, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* STW_SYSTEM with the text of errno value `code` behind what was being done. */
bool stw_fault_system(struct stw_fault *fault, int code, const char *doing);

#endif
