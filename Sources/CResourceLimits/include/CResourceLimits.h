#ifndef C_RESOURCE_LIMITS_H
#define C_RESOURCE_LIMITS_H

#include <stdint.h>

// When the program is loaded, this target ends it with status 71 if a limit of address space (`ulimit -v`) leaves too
// little for the threads that every command starts: libdispatch waits for a thread without end, and serves no signal
// meanwhile. That is too early for Swift, whose `main` needs such a thread already.

/// The limit of the process's address space in bytes; UINT64_MAX if there is none.
uint64_t bqpull_address_space_limit(void);

/// The address space that the process uses, in bytes; 0 where the system does not report it.
uint64_t bqpull_used_address_space(void);

#endif
