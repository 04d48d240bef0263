/// Starts measuring, and returns what tells the time since then. Erases the clock's type, so that it need not
/// spread through everything that measures.
package func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
}
