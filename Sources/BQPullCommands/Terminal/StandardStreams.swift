import Foundation

/// The three streams that every program takes to be open.
enum StandardStreams {
    /// Opens those that are closed. Else a socket would get the number of one, and what is said would be sent there.
    ///
    /// For reading only, so that writing fails as it does on a stream that is closed.
    static func fill() {
        // Each time the lowest number that is free is taken.
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
            _ = open("/dev/null", O_RDONLY)
        }
    }
}
