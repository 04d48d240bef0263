#include "CBuild.h"

#ifndef BQPULL_COMMIT
#define BQPULL_COMMIT 0
#endif

const char *bqpull_build_commit(void) {
    return BQPULL_COMMIT;
}
