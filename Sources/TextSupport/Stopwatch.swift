/// Starts a measurement, and returns a function for the time since then. Erases the type of the clock.
package func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
    let start = clock.now
    return { start.duration(to: clock.now) }
}
