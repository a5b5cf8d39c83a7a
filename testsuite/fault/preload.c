/*
 * Preloaded by fault tests: makes one system call of a program fail, kills the program just
 * before it, or changes a file at that moment.
 *
 * Which one is said by a page of a file that the test maps too ($STW_FAULT_PAGE; faulttest.py
 * writes it): the number of calls to let pass, the kinds that count, and the action. Only calls
 * that come from the program itself or from LMDB count, and writes only where they go to a
 * regular file other than the standard streams: what is tested is our handling of a failure,
 * not libc's, and a test must still be able to talk to a daemon whose disk is full. Memory is
 * counted in two kinds: asked for by the program itself, and by any library for it. A sanitizer
 * brings an allocator of its own, so there ALLOCATIONS is not defined.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind {
	KIND_OPEN = 1,
	KIND_WRITE = 2,
	KIND_SYNC = 4,
	KIND_RENAME = 8,
	KIND_TRUNCATE = 16,
	KIND_MAP = 32,
	KIND_COPY = 64,
	KIND_REMOVE = 128,
	KIND_READ = 256,
	KIND_MEMORY = 512,
	KIND_LIBRARY = 1024 /* memory that a library asked for */
};

/* Actions above zero are the errno to fail with. */
enum { ACTION_KILL = -1, ACTION_APPEND = -2, ACTION_CUT = -3 };

struct page {
	_Atomic int32_t armed;
	_Atomic int32_t countdown;
	_Atomic int32_t kinds;
	_Atomic int32_t action;
	_Atomic int32_t calls;
	_Atomic int32_t fired;
	char name[40];    /* of the call that was hit; "malloc in libyaml-0.so.2" for a library */
	char target[512]; /* ACTION_APPEND, ACTION_CUT: the file */
};

static struct page *page;

/* Where the program and LMDB lie: asking dladdr(3) about each of a library's many allocations would
 * take longer than all the rest. */
static struct {
	uintptr_t begin, size;
} ours[16];
static size_t our_count;

static int note_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const char *slash = strrchr(info->dlpi_name, '/');

	(void)size;
	(void)ctx;
	if (*info->dlpi_name && strncmp(slash ? slash + 1 : info->dlpi_name, "liblmdb", 7) != 0)
		return 0;
	for (size_t i = 0; i < info->dlpi_phnum && our_count < sizeof(ours) / sizeof(*ours); i++) {
		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		ours[our_count].begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		ours[our_count++].size = info->dlpi_phdr[i].p_memsz;
	}
	return 0;
}

/* Raw system calls: the wrappers below are not for ourselves. */
__attribute__((constructor)) static void open_page(void)
{
	const char *path = getenv("STW_FAULT_PAGE");
	long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
	long at;

	if (fd < 0)
		return;
	/* all longs: the last one goes by the stack, where half of an int would be undefined */
	at = syscall(SYS_mmap, NULL, sizeof(struct page), (long)(PROT_READ | PROT_WRITE),
		     (long)MAP_SHARED, fd, 0L);
	syscall(SYS_close, fd);
	if (at <= 0)
		return;
	page = (struct page *)at;
	/* of a shell or another helper nothing is ours */
	if (strcmp(program_invocation_short_name, "stwc") == 0 ||
	    strcmp(program_invocation_short_name, "stwd") == 0)
		dl_iterate_phdr(note_object, NULL);
}

/* The file name of the program or library that calls. */
static const char *object_of(const void *caller)
{
	const char *name;
	Dl_info info;

	if (!dladdr(caller, &info) || !info.dli_fname)
		return "";
	name = strrchr(info.dli_fname, '/');
	return name ? name + 1 : info.dli_fname;
}

static bool is_ours(const void *caller)
{
	for (size_t i = 0; i < our_count; i++)
		if ((uintptr_t)caller - ours[i].begin < ours[i].size)
			return true;
	return false;
}

static void change_target(bool cut)
{
	long fd = syscall(SYS_openat, AT_FDCWD, page->target, O_WRONLY | O_APPEND, 0);

	if (fd < 0)
		return;
	if (cut)
		syscall(SYS_ftruncate, fd, 1);
	else
		syscall(SYS_write, fd, "\n# more\n", 8);
	syscall(SYS_close, fd);
}

/* True: the call must fail; errno says how. */
static bool hit(enum kind kind, const char *name, const void *caller)
{
	int32_t action;

	if (!page || !atomic_load(&page->armed) || !(atomic_load(&page->kinds) & (int32_t)kind) ||
	    is_ours(caller) == (kind == KIND_LIBRARY))
		return false;
	atomic_fetch_add(&page->calls, 1);
	if (atomic_fetch_sub(&page->countdown, 1) != 1)
		return false;
	snprintf(page->name, sizeof(page->name), "%s%s%s", name, kind == KIND_LIBRARY ? " in " : "",
		 kind == KIND_LIBRARY ? object_of(caller) : "");
	action = atomic_load(&page->action);
	atomic_store(&page->fired, 1);
	if (action == ACTION_KILL)
		syscall(SYS_kill, getpid(), SIGKILL);
	if (action < 0) {
		change_target(action == ACTION_CUT);
		return false;
	}
	errno = action;
	return true;
}

static bool is_file(int fd)
{
	struct stat st;

	return fd > 2 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

#define CALLER __builtin_return_address(0)

#define WRAP(result, failure, kind, counts, name, params, args)           \
	result name params;                                               \
	result name params                                                \
	{                                                                 \
		static result(*next) params;                              \
                                                                          \
		if (!next)                                                \
			next = (result(*) params)dlsym(RTLD_NEXT, #name); \
		if ((counts) && hit(kind, #name, CALLER))                 \
			return failure;                                   \
		return next args;                                         \
	}

#define WRAP_OPEN(name)                                                                  \
	int name(const char *path, int flags, ...);                                      \
	int name(const char *path, int flags, ...)                                       \
	{                                                                                \
		static int (*next)(const char *, int, ...);                              \
		va_list args;                                                            \
		mode_t mode;                                                             \
                                                                                         \
		va_start(args, flags);                                                   \
		mode = flags & O_CREAT ? (mode_t)va_arg(args, unsigned) : 0;             \
		va_end(args);                                                            \
		if (!next)                                                               \
			next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
		if (hit(KIND_OPEN, #name, CALLER))                                       \
			return -1;                                                       \
		return next(path, flags, mode);                                          \
	}

#define WRAP_OPENAT(name)                                                                     \
	int name(int dir, const char *path, int flags, ...);                                  \
	int name(int dir, const char *path, int flags, ...)                                   \
	{                                                                                     \
		static int (*next)(int, const char *, int, ...);                              \
		va_list args;                                                                 \
		mode_t mode;                                                                  \
                                                                                              \
		va_start(args, flags);                                                        \
		mode = flags & O_CREAT ? (mode_t)va_arg(args, unsigned) : 0;                  \
		va_end(args);                                                                 \
		if (!next)                                                                    \
			next = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, #name); \
		if (hit(KIND_OPEN, #name, CALLER))                                            \
			return -1;                                                            \
		return next(dir, path, flags, mode);                                          \
	}

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

WRAP(ssize_t, -1, KIND_READ, is_file(fd), read, (int fd, void *p, size_t n), (fd, p, n))
WRAP(ssize_t, -1, KIND_READ, is_file(fd), pread, (int fd, void *p, size_t n, off_t at),
     (fd, p, n, at))
WRAP(ssize_t, -1, KIND_READ, is_file(fd), pread64, (int fd, void *p, size_t n, off_t at),
     (fd, p, n, at))
WRAP(ssize_t, -1, KIND_WRITE, is_file(fd), write, (int fd, const void *p, size_t n), (fd, p, n))
WRAP(ssize_t, -1, KIND_WRITE, is_file(fd), pwrite, (int fd, const void *p, size_t n, off_t at),
     (fd, p, n, at))
WRAP(ssize_t, -1, KIND_WRITE, is_file(fd), pwrite64, (int fd, const void *p, size_t n, off_t at),
     (fd, p, n, at))
WRAP(ssize_t, -1, KIND_WRITE, is_file(fd), writev, (int fd, const struct iovec *v, int n),
     (fd, v, n))
WRAP(ssize_t, -1, KIND_WRITE, is_file(fd), pwritev,
     (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
WRAP(ssize_t, -1, KIND_WRITE, is_file(fd), pwritev64,
     (int fd, const struct iovec *v, int n, off_t at), (fd, v, n, at))
WRAP(ssize_t, -1, KIND_COPY, true, copy_file_range,
     (int from, off_t *at, int to, off_t *to_at, size_t n, unsigned flags),
     (from, at, to, to_at, n, flags))
WRAP(int, -1, KIND_SYNC, true, fsync, (int fd), (fd))
WRAP(int, -1, KIND_SYNC, true, fdatasync, (int fd), (fd))
WRAP(int, -1, KIND_RENAME, true, rename, (const char *from, const char *to), (from, to))
WRAP(int, -1, KIND_RENAME, true, renameat,
     (int from_dir, const char *from, int to_dir, const char *to), (from_dir, from, to_dir, to))
WRAP(int, -1, KIND_RENAME, true, renameat2,
     (int from_dir, const char *from, int to_dir, const char *to, unsigned flags),
     (from_dir, from, to_dir, to, flags))
WRAP(int, -1, KIND_RENAME, true, linkat,
     (int from_dir, const char *from, int to_dir, const char *to, int flags),
     (from_dir, from, to_dir, to, flags))
WRAP(int, -1, KIND_OPEN, true, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, -1, KIND_TRUNCATE, true, ftruncate, (int fd, off_t size), (fd, size))
WRAP(int, -1, KIND_TRUNCATE, true, ftruncate64, (int fd, off_t size), (fd, size))
WRAP(int, -1, KIND_REMOVE, true, unlinkat, (int dir, const char *name, int flags),
     (dir, name, flags))
WRAP(int, -1, KIND_OPEN, true, memfd_create, (const char *name, unsigned flags), (name, flags))
WRAP(void *, MAP_FAILED, KIND_MAP, true, mmap,
     (void *at, size_t n, int protection, int flags, int fd, off_t offset),
     (at, n, protection, flags, fd, offset))
WRAP(void *, MAP_FAILED, KIND_MAP, true, mmap64,
     (void *at, size_t n, int protection, int flags, int fd, off_t offset),
     (at, n, protection, flags, fd, offset))

/* stwd clears the environment of its roles, and this library with it: STW_FAULT_ROLES keeps what
 * makes them obey the page too. */
int execve(const char *path, char *const argv[], char *const env[])
{
	static const char *const kept[] = {"LD_PRELOAD=", "STW_FAULT_", "ASAN_OPTIONS="};
	static int (*next)(const char *, char *const[], char *const[]);
	char *ours[8] = {NULL};
	size_t count = 0;

	if (!next)
		next = (int (*)(const char *, char *const[], char *const[]))dlsym(RTLD_NEXT,
										  "execve");
	for (char **at = environ; *at && count < 7; at++)
		for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
			if (strncmp(*at, kept[i], strlen(kept[i])) == 0 && count < 7)
				ours[count++] = *at;
	return next(path, argv, getenv("STW_FAULT_ROLES") ? ours : env);
}

#ifdef ALLOCATIONS

/* The C library's own, by the names that it has for this; dlsym(3) would ask for memory itself. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *p, size_t n);

static bool no_memory(const char *name, const void *caller)
{
	return hit(KIND_MEMORY, name, caller) || hit(KIND_LIBRARY, name, caller);
}

void *malloc(size_t n)
{
	return no_memory("malloc", CALLER) ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return no_memory("calloc", CALLER) ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
	return no_memory("realloc", CALLER) ? NULL : __libc_realloc(p, n);
}

#endif
