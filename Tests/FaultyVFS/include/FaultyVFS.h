#ifndef FAULTY_VFS_H
#define FAULTY_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A layer between SQLite and the file system that can fail, and that remembers what was written.
//
// It becomes the VFS of every connection that is opened after `faulty_vfs_register`, and steps aside for all
// files but those in folders for which there is a `faulty_disk`: tests beside each other do not meet.

/// What SQLite asks of a file system.
typedef enum {
    FAULTY_OPEN,
    FAULTY_READ,
    FAULTY_WRITE,
    FAULTY_SYNC,
    FAULTY_TRUNCATE,
    FAULTY_DELETE,
    FAULTY_ACCESS,
    FAULTY_FILE_SIZE,
    FAULTY_LOCK,
    FAULTY_SHARED_MEMORY,
    /// All of the above, in the order in which they come.
    FAULTY_ANY,
} faulty_operation;

/// Something that an operation did to a file.
typedef enum {
    FAULTY_CREATED,
    FAULTY_WRITTEN,
    FAULTY_TRUNCATED,
    FAULTY_SYNCED,
    FAULTY_SYNC_FAILED,
    FAULTY_DELETED,
} faulty_change_kind;

/// One entry of a disk's log; the pointers live as long as the disk.
typedef struct {
    faulty_change_kind kind;
    /// The file, without its folder.
    const char *name;
    /// Where the bytes were written, or the length after truncation.
    int64_t offset;
    const uint8_t *bytes;
    size_t count;
    /// Whether a deletion was to be on the disk before going on.
    bool is_durable;
} faulty_change;

/// The disk under one folder.
typedef struct faulty_disk faulty_disk;

/// Makes the layer the default VFS, once; returns an SQLite result code.
int faulty_vfs_register(void);

/// Begins to watch a folder that exists; null if it does not.
///
/// Nothing is synced for real, since no real power failure is waited for.
///
/// - has_shared_memory: whether WAL is possible.
/// - is_recording: whether a log is kept.
faulty_disk *faulty_disk_create(const char *folder, bool has_shared_memory, bool is_recording);

/// Stops watching. Files that are still open work on, without faults.
void faulty_disk_release(faulty_disk *disk);

/// Lets the operation of this number, counted from 1, fail; if `forever`, all later ones of its kind as well.
///
/// - code: the SQLite result code; 0 for the usual one of the operation.
/// - writes_half: whether a write that fails leaves half of its bytes.
void faulty_disk_fail(
    faulty_disk *disk, faulty_operation operation, long number, bool forever, int code, bool writes_half);

/// The operations so far, those that failed included.
long faulty_disk_operations(faulty_disk *disk, faulty_operation operation);

/// The operations that failed on purpose.
long faulty_disk_faults(faulty_disk *disk);

/// The files that SQLite has open.
long faulty_disk_open_files(faulty_disk *disk);

/// The length of the log.
size_t faulty_disk_change_count(faulty_disk *disk);

/// An entry of the log.
faulty_change faulty_disk_change(faulty_disk *disk, size_t index);

#endif
