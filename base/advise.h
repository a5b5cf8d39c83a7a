/* What the kernel is told about large blocks of memory. Hints: small blocks, and systems that do
 * not know them, are left as they are. */
#ifndef STW_BASE_ADVISE_H
#define STW_BASE_ADVISE_H

#include <stddef.h>

#define ADVISE_HUGE_PAGE ((size_t)2 << 20)

/* A block of malloc will be filled soon, all of it: huge pages, where the kernel leaves the choice
 * to the program. Reading a large source took a third of its time in page faults. Not for a block
 * that will grow: mremap(2) cannot move what was advised, so realloc(3) would copy. */
void advise_huge(void *block, size_t size);
/* A block of malloc will be filled soon: its pages are made in one go, and not one fault each. */
void advise_filled(void *block, size_t size);

#endif
