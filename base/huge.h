/* Large blocks of memory on huge pages, where the kernel leaves the choice to the program. */
#ifndef STW_BASE_HUGE_H
#define STW_BASE_HUGE_H

#include <stddef.h>

/* Says that a block of malloc will be filled soon. A hint: small blocks, and systems without huge
 * pages, are left as they are. Reading a large source took a third of its time in page faults. Not
 * for a block that will grow: mremap(2) cannot move what was advised, so realloc(3) would copy. */
void huge_advise(void *block, size_t size);

#endif
