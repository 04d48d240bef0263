/// Synthetic measurements: narrow, mostly numeric columns; about 308 bytes of REST JSON per row.
struct NumberRows: RowShape {
    let typicalRowBytes: Int64 = 132

    let fields: [SchemaField] = [
        SchemaField(name: "id", type: .int64, mode: .required, description: "The row's position"),
        SchemaField(name: "device", type: .int64),
        SchemaField(name: "station", type: .int64),
        SchemaField(name: "batch", type: .int64),
        SchemaField(name: "fingerprint", type: .int64),
        SchemaField(name: "samples", type: .int64),
        SchemaField(name: "drift", type: .int64),
        SchemaField(name: "measured_at", type: .timestamp),
        SchemaField(name: "day", type: .date),
        SchemaField(name: "temperature", type: .float64),
        SchemaField(name: "humidity", type: .float64),
        SchemaField(name: "latitude", type: .float64),
        SchemaField(name: "longitude", type: .float64),
        SchemaField(name: "is_valid", type: .bool),
        SchemaField(name: "cost", type: .numeric),
        SchemaField(name: "unit", type: .string),
    ]

    func writeRow(_ position: Int64, into row: inout [SQLValue]) {
        var random = SplitMix64(state: UInt64(bitPattern: position))
        let time = Self.firstTime + position % 100_000_000 * 1_700_000 + random.number(below: 1_000_000)
        let (day, _) = CivilTime.split(microseconds: time)

        row.append(.integer(position))
        row.append(.integer(7_200_000_000_000_000 + random.number(below: 20_000)))
        row.append(.integer(40_000_000_000 + random.number(below: 5000)))
        row.append(.integer(1_000_000 + position / 1000))
        row.append(.integer(Int64(bitPattern: random.next())))
        row.append(random.isRare(20) ? .null : .integer(random.number(below: 100_000)))
        row.append(random.isRare(50) ? .null : .integer(random.number(below: 2001) - 1000))
        row.append(.integer(time))
        row.append(.text(CivilTime.dateText(day: day)))
        row.append(random.isRare(30) ? .null : .double(Double(random.number(below: 6000) - 2000) / 100))
        row.append(random.isRare(30) ? .null : .double(Self.fraction(&random)))
        row.append(.double(Double(random.number(below: 180_000_000) - 90_000_000) / 1e6))
        row.append(.double(Double(random.number(below: 360_000_000) - 180_000_000) / 1e6))
        row.append(random.isRare(100) ? .null : .bool(random.number(below: 5) > 0))
        row.append(random.isRare(25) ? .null : .decimal(random.number(below: 10_000_000), scale: 4))
        row.append(random.isRare(40) ? .null : .text(random.element(of: Self.units)))
    }

    /// Returns a number in 0..<1 with full precision.
    private static func fraction(_ random: inout SplitMix64) -> Double {
        Double(random.next() >> 11) * 0x1p-53
    }

    /// 2024-01-01 in microseconds since 1970.
    private static let firstTime: Int64 = 1_704_067_200_000_000
    private static let units = [
        "degree Celsius", "kilopascal", "lux", "metre per second", "millimetre", "parts per million", "percent", "volt",
    ]
}
