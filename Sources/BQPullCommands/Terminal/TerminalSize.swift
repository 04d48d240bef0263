import Foundation

/// The size of the terminal that standard output is shown on.
enum TerminalSize {
    /// Its columns; `nil` if it is none. 80 if it does not tell.
    static var columns: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
