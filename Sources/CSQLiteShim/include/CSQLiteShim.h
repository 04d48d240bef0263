#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

// `sqlite3_db_config` is variadic, so Swift cannot call it.

/// Turns SQLite's defensive mode on. Returns an SQLite result code.
int bqpull_sqlite3_enable_defensive(sqlite3 *database);

/// Decides whether closing leaves the write-ahead log as it is; -1 for `keep` decides nothing.
/// Returns whether it will.
int bqpull_sqlite3_keep_log(sqlite3 *database, int keep);

#endif
