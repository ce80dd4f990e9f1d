//go:build linux && cgo && !noxla

package backend

// XLA's CPU plugin asks the C library for the inner values of a program anew at each call, some hundred MB in a training step,
// and gives them back after it. The kernel then clears them page by page of 4 kB, which is a tenth of a step's time; with pages
// of 2 MB it is next to nothing, and this is what madvise is told here (measured on MiniLM, 16 texts of 128 tokens, two cores:
// 1.62 s a step without, 1.44 s with). glibc has a setting for it, glibc.malloc.hugetlb, but reads it only from the environment
// before the program starts. So the two functions that the plugin calls are defined here: the dynamic linker takes a program's
// own function before the C library's. Where huge pages are off in the system, madvise fails and nothing changes.

/*
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *with_huge_pages(void *p, size_t n) {
	if (p != NULL && n >= (4 << 20)) {
		int saved = errno;
		uintptr_t from = ((uintptr_t)p + 4095) & ~(uintptr_t)4095, end = ((uintptr_t)p + n) & ~(uintptr_t)4095;
		madvise((void *)from, end - from, MADV_HUGEPAGE);
		errno = saved;
	}
	return p;
}

void *aligned_alloc(size_t alignment, size_t n) {
	return with_huge_pages(memalign(alignment, n), n);
}

int posix_memalign(void **result, size_t alignment, size_t n) {
	if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) {
		return EINVAL;
	}
	int saved = errno;
	void *p = memalign(alignment, n);
	errno = saved;
	if (p == NULL) {
		return ENOMEM;
	}
	*result = with_huge_pages(p, n);
	return 0;
}
*/
import "C"
