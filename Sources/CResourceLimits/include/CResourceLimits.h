#ifndef C_RESOURCE_LIMITS_H
#define C_RESOURCE_LIMITS_H

#include <stdint.h>

// When the program is loaded, this target ends it with status 71 if the address space limit (`ulimit -v`) is too low for
// the threads that every command starts: libdispatch would wait for a thread indefinitely and handle no signal. A check
// in Swift would be too late, since its `main` already needs such a thread.

/// The address space limit of the process in bytes; UINT64_MAX without a limit.
uint64_t bqpull_address_space_limit(void);

/// The address space in use by the process, in bytes; 0 if the system does not report it.
uint64_t bqpull_used_address_space(void);

#endif
