import Foundation

/// An axis from 0 to a value, in steps of 1, 2 or 5 times a power of ten.
struct PlotAxis {
    /// The values of the ticks; the last one is at least the highest value.
    let ticks: [Double]
    private let start: Double
    private let end: Double

    /// - Parameters:
    ///   - highest: The highest value.
    ///   - start: The coordinate of 0.
    ///   - end: The coordinate of the last tick.
    init(upTo highest: Double, from start: Double, to end: Double) {
        let highest = max(highest, 1)
        let power = pow(10, log10(highest / 5).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 * 5 >= highest } ?? highest
        let count = (highest / step).rounded(.up)
        ticks = stride(from: 0, through: count, by: 1).map { $0 * step }
        self.start = start
        self.end = end
    }

    /// The coordinate of a value.
    func position(of value: Double) -> Double {
        start + (end - start) * value / (ticks.last ?? 1)
    }
}
