import Foundation

/// An axis from 0 to a value, in steps of 1, 2 or 5 times a power of ten.
struct PlotAxis {
    /// The values to be marked; the last one is not below the highest of all.
    let ticks: [Double]
    private let start: Double
    private let end: Double

    /// - Parameters:
    ///   - highest: the highest value.
    ///   - start: the place of 0.
    ///   - end: the place of the last tick.
    init(upTo highest: Double, from start: Double, to end: Double) {
        let highest = max(highest, 1)
        let power = pow(10, log10(highest / 5).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 * 5 >= highest } ?? highest
        let count = (highest / step).rounded(.up)
        ticks = stride(from: 0, through: count, by: 1).map { $0 * step }
        self.start = start
        self.end = end
    }

    /// Where a value is.
    func place(of value: Double) -> Double {
        start + (end - start) * value / (ticks.last ?? 1)
    }
}
