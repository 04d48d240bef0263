#ifndef CBUILD_H
#define CBUILD_H

// Build facts that Swift cannot express. A separate target, so that a new commit recompiles one small file only.

/// The commit of the build, from the environment variable BQPULL_COMMIT (see Package.swift); NULL if it was not set.
const char *bqpull_build_commit(void);

/// The version of the Swift compiler, which defines __swift__ for imported C headers: 60301 is 6.3.1.
#define BQPULL_BUILD_SWIFT_VERSION __swift__

#endif
