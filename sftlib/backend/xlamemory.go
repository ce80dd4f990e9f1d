//go:build linux && cgo && !noxla

package backend

// XLA's CPU plugin asks the C library for the inner values of a program anew at each call, 264 MB in a training step of MiniLM,
// and gives them back after it. The C library hands such blocks to the kernel, which clears them page by page for the next
// call: a sixth of a step's time with pages of 4 kB, a twelfth with pages of 2 MB. So the functions that the plugin calls are
// defined here, and the dynamic linker takes a program's own function before the C library's: a block of 32 MB or more, for
// which the C library would ask the kernel in any case, has pages of 2 MB and is kept for the next call of about its size.
// [FreeUnused] gives up those that wait, as closing a model does. Where huge pages are off in the system, madvise fails and
// nothing else changes.

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)
#define LEAST ((size_t)32 << 20)
#define PLACES 16
#define MOST_WAITING 4

struct block {
	char *start;
	size_t size;
	unsigned long freed; // when it was given back: 0 while it is in use
};

static struct block blocks[PLACES];
static unsigned long clock_;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void drop(struct block *b) {
	munmap(b->start, b->size);
	b->start = NULL;
}

// oldest returns the block that waits longest, and how many wait.
static struct block *oldest(int *waiting) {
	struct block *found = NULL;
	*waiting = 0;
	for (struct block *b = blocks; b < blocks + PLACES; b++) {
		if (b->start != NULL && b->freed != 0) {
			++*waiting;
			if (found == NULL || b->freed < found->freed) found = b;
		}
	}
	return found;
}

// take returns a block of at least n bytes that starts at a huge page, or NULL where there is none.
static char *take(size_t n) {
	if (n < LEAST || n > SIZE_MAX - 2 * HUGE_PAGE) return NULL;
	n = (n + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	char *result = NULL;
	pthread_mutex_lock(&lock);
	struct block *best = NULL, *empty = NULL;
	for (struct block *b = blocks; b < blocks + PLACES; b++) {
		if (b->start == NULL) {
			empty = b;
		} else if (b->freed != 0 && b->size >= n && b->size <= n + n / 4 && (best == NULL || b->size < best->size)) {
			best = b;
		}
	}
	if (best != NULL) {
		best->freed = 0;
		result = best->start;
	} else {
		int waiting;
		if (empty == NULL && (empty = oldest(&waiting)) != NULL) drop(empty);
		char *p = empty == NULL ? MAP_FAILED : mmap(NULL, n + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p != MAP_FAILED) {
			result = (char *)(((uintptr_t)p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
			if (result > p) munmap(p, result - p);
			if (result < p + HUGE_PAGE) munmap(result + n, p + HUGE_PAGE - result);
			madvise(result, n, MADV_HUGEPAGE);
			*empty = (struct block){result, n, 0};
		}
	}
	pthread_mutex_unlock(&lock);
	return result;
}

// find returns the block that starts at p, or NULL. The lock is held.
static struct block *find(void *p) {
	for (struct block *b = blocks; b < blocks + PLACES; b++) {
		if (b->start == p) return b;
	}
	return NULL;
}

// may_be_ours is false for all but a few pointers, without the lock.
static int may_be_ours(void *p) { return p != NULL && ((uintptr_t)p & (HUGE_PAGE - 1)) == 0; }

// size_of returns the size of a block, 0 for what is none.
static size_t size_of(void *p) {
	if (!may_be_ours(p)) return 0;
	pthread_mutex_lock(&lock);
	struct block *b = find(p);
	size_t size = b == NULL ? 0 : b->size;
	pthread_mutex_unlock(&lock);
	return size;
}

// give_back lets a block wait for the next call and says whether p was one.
static int give_back(void *p) {
	if (!may_be_ours(p)) return 0;
	int saved = errno, waiting;
	pthread_mutex_lock(&lock);
	struct block *b = find(p);
	if (b != NULL) {
		b->freed = ++clock_;
		struct block *longest = oldest(&waiting);
		if (waiting > MOST_WAITING) drop(longest);
	}
	pthread_mutex_unlock(&lock);
	errno = saved;
	return b != NULL;
}

static void free_unused(void) {
	pthread_mutex_lock(&lock);
	for (int i = 0; i < PLACES; i++) {
		if (blocks[i].start != NULL && blocks[i].freed != 0) drop(&blocks[i]);
	}
	pthread_mutex_unlock(&lock);
}

void *aligned_alloc(size_t alignment, size_t n) {
	void *p = alignment <= HUGE_PAGE ? take(n) : NULL;
	return p != NULL ? p : memalign(alignment, n);
}

int posix_memalign(void **result, size_t alignment, size_t n) {
	if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
	int saved = errno;
	void *p = aligned_alloc(alignment, n);
	errno = saved;
	if (p == NULL) return ENOMEM;
	*result = p;
	return 0;
}

void free(void *p) {
	static void (*next)(void *);
	if (give_back(p)) return;
	if (next == NULL) next = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	next(p);
}

void *realloc(void *p, size_t n) {
	static void *(*next)(void *, size_t);
	size_t size = size_of(p);
	if (size != 0) {
		void *moved = malloc(n);
		if (moved != NULL) {
			memcpy(moved, p, size < n ? size : n);
			free(p);
		}
		return moved;
	}
	if (next == NULL) next = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	return next(p, n);
}

size_t malloc_usable_size(void *p) {
	static size_t (*next)(void *);
	size_t size = size_of(p);
	if (size != 0) return size;
	if (next == NULL) next = (size_t (*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
	return next(p);
}
*/
import "C"

// FreeUnused gives memory back to the system that XLA's CPU plugin does not use now and that is kept for its next call.
func FreeUnused() { C.free_unused() }
