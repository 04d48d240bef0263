import ArgumentParser

/// A number of bytes on the command line: `128MB`, `1.5 GB`, `64MiB`, `100000`.
struct ByteCount: ExpressibleByArgument, Sendable {
    let bytes: Int

    init(_ bytes: Int) {
        self.bytes = bytes
    }

    /// Parses a number and an optional unit, in any case: B, kB, MB, GB, TB (powers of 1000; the B is optional), KiB, MiB,
    /// GiB, TiB (powers of 1024).
    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let unit = argument.dropFirst(number.count).trimmingPrefix(" ").lowercased()
        guard let value = Double(number), let factor = Self.units[unit] else { return nil }
        let bytes = (value * factor).rounded()
        guard bytes >= 1, bytes < 0x1p62 else { return nil }
        self.bytes = Int(bytes)
    }

    var defaultValueDescription: String { Self.text(bytes) }

    private static let units: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
        "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
    ]

    /// The shortest text that parses as this number.
    private static func text(_ bytes: Int) -> String {
        for (unit, factor) in [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
        where bytes % factor == 0 && bytes > 0 {
            return "\(bytes / factor)\(unit)"
        }
        return "\(bytes)"
    }
}
