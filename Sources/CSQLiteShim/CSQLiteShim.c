#include "CSQLiteShim.h"

int bqpull_sqlite3_enable_defensive(sqlite3 *database) {
    return sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

int bqpull_sqlite3_keep_log(sqlite3 *database, int keep) {
    int is_kept = 0;
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep, &is_kept);
    return is_kept;
}
