#include "FaultyVFS.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct faulty_disk {
    char *folder;
    bool has_shared_memory;
    bool is_recording;
    // The fault; `number` is 0 if there is none.
    faulty_operation operation;
    long number;
    bool forever;
    int code;
    bool writes_half;
    // What has happened.
    long operations[FAULTY_ANY + 1];
    long faults;
    long open_files;
    faulty_change *changes;
    size_t change_count;
    size_t change_capacity;
    bool is_released;
    faulty_disk *next;
};

/// An open file of a watched folder; the file of the VFS underneath follows it in memory.
typedef struct {
    sqlite3_file base;
    faulty_disk *disk;
    const char *path;
} faulty_file;

/// Guards the list of disks and everything in them.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static faulty_disk *disks;

static sqlite3_vfs *underneath;

static sqlite3_file *real(sqlite3_file *file) {
    return (sqlite3_file *)((faulty_file *)file + 1);
}

static const char *name_in_folder(const char *path) {
    return strrchr(path, '/') + 1;
}

/// The disk of a path; null if nobody watches it. The mutex is held.
static faulty_disk *find(const char *path) {
    if (!path) return NULL;
    for (faulty_disk *disk = disks; disk; disk = disk->next) {
        size_t length = strlen(disk->folder);
        if (strncmp(path, disk->folder, length) == 0 && path[length] == '/') return disk;
    }
    return NULL;
}

static int usual_code(faulty_operation operation) {
    switch (operation) {
    case FAULTY_OPEN: return SQLITE_CANTOPEN;
    case FAULTY_READ: return SQLITE_IOERR_READ;
    case FAULTY_WRITE: return SQLITE_IOERR_WRITE;
    case FAULTY_SYNC: return SQLITE_IOERR_FSYNC;
    case FAULTY_TRUNCATE: return SQLITE_IOERR_TRUNCATE;
    case FAULTY_DELETE: return SQLITE_IOERR_DELETE;
    case FAULTY_ACCESS: return SQLITE_IOERR_ACCESS;
    case FAULTY_FILE_SIZE: return SQLITE_IOERR_FSTAT;
    case FAULTY_LOCK: return SQLITE_IOERR_LOCK;
    case FAULTY_SHARED_MEMORY: return SQLITE_IOERR_SHMMAP;
    case FAULTY_ANY: break;
    }
    return SQLITE_IOERR;
}

/// Counts an operation; returns the code that it is to fail with, or SQLITE_OK. The mutex is held.
static int count(faulty_disk *disk, faulty_operation operation) {
    disk->operations[operation] += 1;
    disk->operations[FAULTY_ANY] += 1;
    if (disk->number == 0) return SQLITE_OK;
    if (disk->operation != operation && disk->operation != FAULTY_ANY) return SQLITE_OK;
    long number = disk->operations[disk->operation];
    if (number < disk->number || (number > disk->number && !disk->forever)) return SQLITE_OK;
    disk->faults += 1;
    return disk->code ? disk->code : usual_code(operation);
}

static int count_on_file(sqlite3_file *file, faulty_operation operation) {
    pthread_mutex_lock(&mutex);
    int result = count(((faulty_file *)file)->disk, operation);
    pthread_mutex_unlock(&mutex);
    return result;
}

/// Adds an entry to the log, with a copy of the bytes.
static void record(faulty_disk *disk, faulty_change change, const char *path) {
    pthread_mutex_lock(&mutex);
    if (disk->is_recording && !disk->is_released) {
        if (disk->change_count == disk->change_capacity) {
            disk->change_capacity = disk->change_capacity ? disk->change_capacity * 2 : 64;
            disk->changes = realloc(disk->changes, disk->change_capacity * sizeof(faulty_change));
            if (!disk->changes) abort();
        }
        change.name = strdup(name_in_folder(path));
        if (!change.name) abort();
        if (change.count > 0) {
            uint8_t *copy = malloc(change.count);
            if (!copy) abort();
            memcpy(copy, change.bytes, change.count);
            change.bytes = copy;
        }
        disk->changes[disk->change_count++] = change;
    }
    pthread_mutex_unlock(&mutex);
}

static void record_on_file(sqlite3_file *file, faulty_change change) {
    record(((faulty_file *)file)->disk, change, ((faulty_file *)file)->path);
}

/// Frees a disk that nobody needs any more. The mutex is held.
static void free_if_unused(faulty_disk *disk) {
    if (!disk->is_released || disk->open_files > 0) return;
    for (size_t index = 0; index < disk->change_count; index++) {
        free((void *)disk->changes[index].name);
        free((void *)disk->changes[index].bytes);
    }
    free(disk->changes);
    free(disk->folder);
    free(disk);
}

static int file_close(sqlite3_file *file) {
    int result = real(file)->pMethods->xClose(real(file));
    faulty_disk *disk = ((faulty_file *)file)->disk;
    pthread_mutex_lock(&mutex);
    disk->open_files -= 1;
    free_if_unused(disk);
    pthread_mutex_unlock(&mutex);
    return result;
}

static int file_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    int fault = count_on_file(file, FAULTY_READ);
    return fault ? fault : real(file)->pMethods->xRead(real(file), bytes, length, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    int fault = count_on_file(file, FAULTY_WRITE);
    if (fault) {
        pthread_mutex_lock(&mutex);
        length = ((faulty_file *)file)->disk->writes_half ? length / 2 : 0;
        pthread_mutex_unlock(&mutex);
        if (length == 0) return fault;
    }
    int result = real(file)->pMethods->xWrite(real(file), bytes, length, offset);
    if (result == SQLITE_OK) {
        record_on_file(file, (faulty_change){
            .kind = FAULTY_WRITTEN, .offset = offset, .bytes = bytes, .count = (size_t)length,
        });
    }
    return fault ? fault : result;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int fault = count_on_file(file, FAULTY_TRUNCATE);
    if (fault) return fault;
    int result = real(file)->pMethods->xTruncate(real(file), size);
    if (result == SQLITE_OK) record_on_file(file, (faulty_change){.kind = FAULTY_TRUNCATED, .offset = size});
    return result;
}

static int file_sync(sqlite3_file *file, int flags) {
    (void)flags;
    int fault = count_on_file(file, FAULTY_SYNC);
    record_on_file(file, (faulty_change){.kind = fault ? FAULTY_SYNC_FAILED : FAULTY_SYNCED});
    return fault;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    int fault = count_on_file(file, FAULTY_FILE_SIZE);
    return fault ? fault : real(file)->pMethods->xFileSize(real(file), size);
}

static int file_lock(sqlite3_file *file, int level) {
    int fault = count_on_file(file, FAULTY_LOCK);
    return fault ? fault : real(file)->pMethods->xLock(real(file), level);
}

static int file_unlock(sqlite3_file *file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int file_check_reserved_lock(sqlite3_file *file, int *is_locked) {
    return real(file)->pMethods->xCheckReservedLock(real(file), is_locked);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int file_sector_size(sqlite3_file *file) {
    return real(file)->pMethods->xSectorSize(real(file));
}

static int file_device_characteristics(sqlite3_file *file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    int fault = count_on_file(file, FAULTY_SHARED_MEMORY);
    return fault ? fault : real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    // Letting go of a lock does not fail.
    int fault = flags & SQLITE_SHM_LOCK ? count_on_file(file, FAULTY_LOCK) : SQLITE_OK;
    return fault ? fault : real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file) {
    real(file)->pMethods->xShmBarrier(real(file));
}

static int file_shm_unmap(sqlite3_file *file, int deletes) {
    return real(file)->pMethods->xShmUnmap(real(file), deletes);
}

/// Maps nothing, so that every page is read through `file_read`.
static int file_fetch(sqlite3_file *file, sqlite3_int64 offset, int length, void **bytes) {
    (void)file, (void)offset, (void)length;
    *bytes = NULL;
    return SQLITE_OK;
}

static int file_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *bytes) {
    (void)file, (void)offset, (void)bytes;
    return SQLITE_OK;
}

#define METHODS(version) \
    { \
        .iVersion = version, .xClose = file_close, .xRead = file_read, .xWrite = file_write, \
        .xTruncate = file_truncate, .xSync = file_sync, .xFileSize = file_size, .xLock = file_lock, \
        .xUnlock = file_unlock, .xCheckReservedLock = file_check_reserved_lock, \
        .xFileControl = file_control, .xSectorSize = file_sector_size, \
        .xDeviceCharacteristics = file_device_characteristics, .xShmMap = file_shm_map, \
        .xShmLock = file_shm_lock, .xShmBarrier = file_shm_barrier, .xShmUnmap = file_shm_unmap, \
        .xFetch = file_fetch, .xUnfetch = file_unfetch, \
    }

static const sqlite3_io_methods methods = METHODS(3);
/// SQLite takes files of version 1 for such without shared memory, and does not look at the rest.
static const sqlite3_io_methods methods_without_shared_memory = METHODS(1);

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    pthread_mutex_lock(&mutex);
    faulty_disk *disk = find(path);
    int fault = disk ? count(disk, FAULTY_OPEN) : SQLITE_OK;
    bool has_shared_memory = disk && disk->has_shared_memory;
    if (disk && !fault) disk->open_files += 1;
    pthread_mutex_unlock(&mutex);
    if (!disk) return underneath->xOpen(underneath, path, file, flags, out_flags);
    file->pMethods = NULL;
    if (fault) return fault;

    int exists = 1;
    if (flags & SQLITE_OPEN_CREATE) underneath->xAccess(underneath, path, SQLITE_ACCESS_EXISTS, &exists);
    int result = underneath->xOpen(underneath, path, real(file), flags, out_flags);
    ((faulty_file *)file)->disk = disk;
    ((faulty_file *)file)->path = path;
    if (result == SQLITE_OK) {
        file->pMethods = has_shared_memory ? &methods : &methods_without_shared_memory;
        if (!exists) record_on_file(file, (faulty_change){.kind = FAULTY_CREATED});
    } else {
        pthread_mutex_lock(&mutex);
        disk->open_files -= 1;
        free_if_unused(disk);
        pthread_mutex_unlock(&mutex);
    }
    return result;
}

/// Counts an operation on a path; `disk` is the watched one, or null.
static int count_on_path(const char *path, faulty_operation operation, faulty_disk **disk) {
    pthread_mutex_lock(&mutex);
    *disk = find(path);
    int fault = *disk ? count(*disk, operation) : SQLITE_OK;
    pthread_mutex_unlock(&mutex);
    return fault;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
    (void)vfs;
    faulty_disk *disk;
    int fault = count_on_path(path, FAULTY_DELETE, &disk);
    if (fault) return fault;
    int result = underneath->xDelete(underneath, path, disk ? 0 : syncs_folder);
    if (disk && result == SQLITE_OK) {
        record(disk, (faulty_change){.kind = FAULTY_DELETED, .is_durable = syncs_folder}, path);
    }
    return result;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
    (void)vfs;
    faulty_disk *disk;
    int fault = count_on_path(path, FAULTY_ACCESS, &disk);
    return fault ? fault : underneath->xAccess(underneath, path, flags, result);
}

static int register_result;

static void register_once(void) {
    static sqlite3_vfs vfs;
    register_result = sqlite3_initialize();
    if (register_result != SQLITE_OK) return;
    underneath = sqlite3_vfs_find(NULL);
    // The other methods of SQLite's own VFSs work no matter which VFS they are called for.
    vfs = *underneath;
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(faulty_file) + underneath->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    register_result = sqlite3_vfs_register(&vfs, 1);
}

int faulty_vfs_register(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_once);
    return register_result;
}

faulty_disk *faulty_disk_create(const char *folder, bool has_shared_memory, bool is_recording) {
    // SQLite asks for files by the names that they have without symbolic links.
    char *canonical = realpath(folder, NULL);
    if (!canonical) return NULL;
    faulty_disk *disk = calloc(1, sizeof(faulty_disk));
    if (!disk) abort();
    disk->folder = canonical;
    disk->has_shared_memory = has_shared_memory;
    disk->is_recording = is_recording;
    pthread_mutex_lock(&mutex);
    disk->next = disks;
    disks = disk;
    pthread_mutex_unlock(&mutex);
    return disk;
}

void faulty_disk_release(faulty_disk *disk) {
    pthread_mutex_lock(&mutex);
    faulty_disk **link = &disks;
    while (*link != disk) link = &(*link)->next;
    *link = disk->next;
    disk->number = 0;
    disk->is_released = true;
    free_if_unused(disk);
    pthread_mutex_unlock(&mutex);
}

void faulty_disk_fail(
    faulty_disk *disk, faulty_operation operation, long number, bool forever, int code, bool writes_half
) {
    pthread_mutex_lock(&mutex);
    disk->operation = operation;
    disk->number = number;
    disk->forever = forever;
    disk->code = code;
    disk->writes_half = writes_half;
    pthread_mutex_unlock(&mutex);
}

/// Reads a number of a disk that others may be writing.
#define GUARDED(type, value) \
    pthread_mutex_lock(&mutex); \
    type result = value; \
    pthread_mutex_unlock(&mutex); \
    return result;

long faulty_disk_operations(faulty_disk *disk, faulty_operation operation) {
    GUARDED(long, disk->operations[operation])
}

long faulty_disk_faults(faulty_disk *disk) {
    GUARDED(long, disk->faults)
}

long faulty_disk_open_files(faulty_disk *disk) {
    GUARDED(long, disk->open_files)
}

size_t faulty_disk_change_count(faulty_disk *disk) {
    GUARDED(size_t, disk->change_count)
}

faulty_change faulty_disk_change(faulty_disk *disk, size_t index) {
    GUARDED(faulty_change, disk->changes[index])
}
