#ifndef CBUILD_H
#define CBUILD_H

// What Swift has no words for. A target of its own, so that another commit compiles one small file.

/// The commit that was built, as the environment variable BQPULL_COMMIT named it to Package.swift; else NULL.
const char *bqpull_build_commit(void);

/// The version of the Swift compiler, which defines this for C headers that Swift imports: 60301 is 6.3.1.
#define BQPULL_BUILD_SWIFT_VERSION __swift__

#endif
