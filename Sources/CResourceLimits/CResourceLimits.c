#include "CResourceLimits.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

/// The address space of the threads of the smallest command, with their stacks; measured with `SELECT 1`: 52 MB.
static const uint64_t needed_by_threads = 64 << 20;

uint64_t bqpull_address_space_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}

uint64_t bqpull_used_address_space(void) {
    char text[64] = {0};
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    return length <= 0 ? 0 : strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

__attribute__((constructor)) static void require_threads(void) {
    uint64_t limit = bqpull_address_space_limit();
    if (limit == UINT64_MAX) return;
#ifdef __GLIBC__
    // Each additional malloc arena reserves 64 MiB.
    mallopt(M_ARENA_MAX, 1);
#endif
    if (limit >= bqpull_used_address_space() + needed_by_threads) return;
    static const char text[] =
        "error: the address space limit is too low to start threads\n\n"
        "hint: raise the limit of the shell or the service: ulimit -v 600000\n";
    // If standard error is closed, there is nowhere to report to.
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(EX_OSERR);
    _exit(EX_OSERR);
}
