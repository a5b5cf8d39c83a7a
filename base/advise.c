#include "base/advise.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define FILLED_LEAST ((size_t)128 * 1024)

/* Whole pages of that size inside the block, so that a small one never pins more than it asked
 * for. The advice is a hint and may fail. */
static void advise(void *block, size_t size, size_t page, size_t least, int advice)
{
	uintptr_t begin = ((uintptr_t)block + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)block + size) & ~(page - 1);
	int kept = errno;

	if (end > begin && end - begin >= least)
		(void)madvise((void *)begin, end - begin, advice);
	errno = kept;
}

void advise_huge(void *block, size_t size)
{
	advise(block, size, ADVISE_HUGE_PAGE, ADVISE_HUGE_PAGE, MADV_HUGEPAGE);
}

void advise_filled(void *block, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	advise(block, size, PAGE, FILLED_LEAST, MADV_POPULATE_WRITE);
#else
	(void)block;
	(void)size;
#endif
}
