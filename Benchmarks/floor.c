/*
 * The floor: what cannot be avoided. libz inflating the pages, and SQLite inserting cells that are decoded already.
 *
 *   floor inflate FOLDER [--passes N]
 *   floor insert STAGED.db TABLE OUT.db --rows-per-transaction N --page-sizes N[,N…]
 *   floor versions
 *
 * Each prints one JSON object. Reading the pages or the staged table into memory is not timed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("floor: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void *grown(void *memory, size_t bytes) {
    void *larger = realloc(memory, bytes);
    if (!larger) fail("out of memory for %zu bytes", bytes);
    return larger;
}

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Inflate */

typedef struct {
    unsigned char *bytes;
    size_t length;
} Page;

static Page read_page(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) fail("cannot read %s", path);
    fseek(file, 0, SEEK_END);
    Page page = {NULL, (size_t)ftell(file)};
    rewind(file);
    page.bytes = grown(NULL, page.length);
    if (fread(page.bytes, 1, page.length, file) != page.length) fail("cannot read %s", path);
    fclose(file);
    return page;
}

static size_t inflate_page(z_stream *stream, Page page, unsigned char *buffer, size_t buffer_length) {
    if (inflateReset(stream) != Z_OK) fail("inflateReset");
    stream->next_in = page.bytes;
    stream->avail_in = (uInt)page.length;
    int result;
    do {
        stream->next_out = buffer;
        stream->avail_out = (uInt)buffer_length;
        result = inflate(stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END) fail("inflate: %d", result);
    } while (result != Z_STREAM_END);
    return stream->total_out;
}

static void inflate_folder(const char *folder, int passes) {
    Page *pages = NULL;
    size_t count = 0, compressed = 0, inflated = 0;
    DIR *entries = opendir(folder);
    if (!entries) fail("cannot open %s", folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        size_t length = strlen(entry->d_name);
        if (length < 3 || strcmp(entry->d_name + length - 3, ".gz")) continue;
        pages = grown(pages, (count + 1) * sizeof *pages);
        pages[count] = read_page(folder, entry->d_name);
        compressed += pages[count++].length;
    }
    closedir(entries);
    if (!count) fail("no .gz files in %s", folder);

    /* Small enough to stay in the cache, as in a decoder that takes the bytes as they come. */
    static unsigned char buffer[1 << 18];
    z_stream stream = {0};
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) fail("inflateInit2");
    printf("{\"passes\":[");
    for (int pass = 0; pass < passes; pass++) {
        double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        inflated = 0;
        for (size_t i = 0; i < count; i++) inflated += inflate_page(&stream, pages[i], buffer, sizeof buffer);
        wall = seconds(CLOCK_MONOTONIC) - wall;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        printf("%s{\"wall\":%.6f,\"cpu\":%.6f}", pass ? "," : "", wall, cpu);
    }
    printf("],\"pages\":%zu,\"compressed\":%zu,\"inflated\":%zu}\n", count, compressed, inflated);
}

/* Insert */

typedef struct {
    /* The integer, the bits of the double, or where the bytes begin. */
    int64_t value;
    uint32_t length;
    uint32_t type;
} Cell;

typedef struct {
    char *create;
    char *insert;
    Cell *cells;
    char *bytes;
    int columns;
    int64_t rows;
} Table;

static void check(sqlite3 *db, int result, const char *what) {
    if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE) fail("%s: %s", what, sqlite3_errmsg(db));
}

static void run(sqlite3 *db, const char *sql) { check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql); }

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    check(db, sqlite3_prepare_v2(db, sql, -1, &statement, NULL), sql);
    return statement;
}

static Table read_table(const char *path, const char *name) {
    Table table = {0};
    sqlite3 *db;
    check(db, sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), path);
    sqlite3_stmt *statement = prepared(db, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?");
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_ROW) fail("no table %s in %s", name, path);
    table.create = strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);

    char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", name);
    statement = prepared(db, sql);
    check(db, sqlite3_step(statement), sql);
    table.rows = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_free(sql);

    sql = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
    statement = prepared(db, sql);
    table.columns = sqlite3_column_count(statement);
    table.cells = grown(NULL, (size_t)table.rows * (size_t)table.columns * sizeof *table.cells + 1);
    size_t used = 0, room = 0;
    Cell *cell = table.cells;
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int column = 0; column < table.columns; column++, cell++) {
            cell->type = (uint32_t)sqlite3_column_type(statement, column);
            cell->length = 0;
            if (cell->type == SQLITE_INTEGER) {
                cell->value = sqlite3_column_int64(statement, column);
            } else if (cell->type == SQLITE_FLOAT) {
                double number = sqlite3_column_double(statement, column);
                memcpy(&cell->value, &number, sizeof number);
            } else if (cell->type != SQLITE_NULL) {
                const void *from = sqlite3_column_blob(statement, column);
                cell->length = (uint32_t)sqlite3_column_bytes(statement, column);
                if (used + cell->length > room) {
                    room = (used + cell->length) * 3 / 2 + (1 << 20);
                    table.bytes = grown(table.bytes, room);
                }
                cell->value = (int64_t)used;
                if (cell->length) memcpy(table.bytes + used, from, cell->length);
                used += cell->length;
            }
        }
    }
    check(db, result, sql);
    if (!table.bytes) table.bytes = grown(NULL, 1);
    sqlite3_finalize(statement);
    sqlite3_free(sql);
    sqlite3_close(db);

    sqlite3_str *insert = sqlite3_str_new(NULL);
    sqlite3_str_appendf(insert, "INSERT INTO \"%w\" VALUES (?", name);
    for (int column = 1; column < table.columns; column++) sqlite3_str_appendall(insert, ",?");
    sqlite3_str_appendall(insert, ")");
    table.insert = sqlite3_str_finish(insert);
    return table;
}

static void bind(sqlite3_stmt *statement, int index, const Cell *cell, const char *bytes) {
    switch (cell->type) {
    case SQLITE_INTEGER: sqlite3_bind_int64(statement, index, cell->value); break;
    case SQLITE_FLOAT: {
        double number;
        memcpy(&number, &cell->value, sizeof number);
        sqlite3_bind_double(statement, index, number);
        break;
    }
    case SQLITE_TEXT: sqlite3_bind_text(statement, index, bytes + cell->value, (int)cell->length, SQLITE_STATIC); break;
    case SQLITE_BLOB: sqlite3_bind_blob(statement, index, bytes + cell->value, (int)cell->length, SQLITE_STATIC); break;
    default: sqlite3_bind_null(statement, index);
    }
}

/* As bqpull does it: WAL and NORMAL while rows arrive, at the end everything written back into the one file. */
static void insert_table(const Table *table, const char *path, int page_size, int64_t rows_per_transaction) {
    sqlite3 *db;
    check(db, sqlite3_open(path, &db), path);
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA page_size = %d", page_size);
    run(db, sql);
    run(db, "PRAGMA journal_mode = WAL");
    run(db, "PRAGMA synchronous = NORMAL");
    run(db, table->create);
    sqlite3_stmt *statement = prepared(db, table->insert);
    const Cell *cell = table->cells;
    for (int64_t row = 0; row < table->rows;) {
        int64_t end = row + rows_per_transaction < table->rows ? row + rows_per_transaction : table->rows;
        run(db, "BEGIN IMMEDIATE");
        for (; row < end; row++) {
            for (int column = 1; column <= table->columns; column++) bind(statement, column, cell++, table->bytes);
            if (sqlite3_step(statement) != SQLITE_DONE) check(db, SQLITE_ERROR, "insert");
            sqlite3_reset(statement);
        }
        run(db, "COMMIT");
    }
    sqlite3_finalize(statement);
    run(db, "PRAGMA synchronous = FULL");
    run(db, "PRAGMA journal_mode = DELETE");
    check(db, sqlite3_close(db), "close");
}

static void insert_with_page_sizes(const Table *table, const char *path, int64_t rows_per_transaction, char *sizes) {
    printf("{\"runs\":[");
    const char *separator = "";
    for (char *size = strtok(sizes, ","); size; size = strtok(NULL, ",")) {
        unlink(path);
        sync();
        double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        insert_table(table, path, atoi(size), rows_per_transaction);
        wall = seconds(CLOCK_MONOTONIC) - wall;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        struct stat file;
        if (stat(path, &file)) fail("cannot stat %s", path);
        printf(
            "%s{\"page_size\":%d,\"wall\":%.6f,\"cpu\":%.6f,\"file\":%lld}", separator, atoi(size), wall, cpu,
            (long long)file.st_size);
        separator = ",";
    }
    printf("],\"rows\":%lld,\"columns\":%d}\n", (long long)table->rows, table->columns);
}

/* The value of an option among the arguments, or NULL. */
static char *option(int count, char **arguments, const char *name) {
    for (int i = 0; i + 1 < count; i++) {
        if (!strcmp(arguments[i], name)) return arguments[i + 1];
    }
    return NULL;
}

int main(int count, char **arguments) {
    const char *command = count > 1 ? arguments[1] : "";
    if (!strcmp(command, "inflate") && count > 2) {
        char *passes = option(count, arguments, "--passes");
        inflate_folder(arguments[2], passes ? atoi(passes) : 5);
    } else if (!strcmp(command, "insert") && count > 4) {
        char *rows = option(count, arguments, "--rows-per-transaction");
        char *sizes = option(count, arguments, "--page-sizes");
        if (!rows || atoll(rows) < 1 || !sizes) fail("insert needs --rows-per-transaction and --page-sizes");
        Table table = read_table(arguments[2], arguments[3]);
        insert_with_page_sizes(&table, arguments[4], atoll(rows), sizes);
    } else if (!strcmp(command, "versions")) {
        printf("{\"SQLite\":\"%s\",\"zlib\":\"%s\"}\n", sqlite3_libversion(), zlibVersion());
    } else {
        fail("usage: floor inflate FOLDER | insert STAGED.db TABLE OUT.db … | versions");
    }
    return 0;
}
