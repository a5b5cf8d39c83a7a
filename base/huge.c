#include "base/huge.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

void huge_advise(void *block, size_t size)
{
	uintptr_t begin = ((uintptr_t)block + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	uintptr_t end = ((uintptr_t)block + size) & ~(HUGE_PAGE - 1);
	int kept = errno;

	/* whole huge pages only, so that a small block never pins more than it asked for */
	if (end > begin && end - begin >= 2 * HUGE_PAGE)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* a hint may fail */
	errno = kept;
}
