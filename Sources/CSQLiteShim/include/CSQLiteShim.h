#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

/// Turns SQLite's defensive mode on. `sqlite3_db_config` is variadic, so Swift cannot call it.
/// Returns an SQLite result code.
int bqpull_sqlite3_enable_defensive(sqlite3 *database);

#endif
