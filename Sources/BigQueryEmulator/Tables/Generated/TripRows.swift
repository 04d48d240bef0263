/// Synthetic taxi trips: a column of every type, with values at the limits of their ranges.
struct TripRows: RowShape {
    let typicalRowBytes: Int64 = 330

    let fields: [SchemaField] = [
        SchemaField(name: "trip_id", type: .int64, mode: .required, description: "The row's position"),
        SchemaField(name: "vendor", type: .string, mode: .required),
        SchemaField(name: "pickup_at", type: .timestamp),
        SchemaField(name: "pickup_date", type: .date),
        SchemaField(name: "pickup_time", type: .time),
        SchemaField(name: "pickup_local", type: .datetime),
        SchemaField(name: "passengers", type: .int64),
        SchemaField(name: "distance_km", type: .float64),
        SchemaField(name: "fare", type: .numeric),
        SchemaField(name: "fare_exact", type: .bignumeric),
        SchemaField(name: "paid_by_card", type: .bool),
        SchemaField(name: "note", type: .string),
        SchemaField(name: "receipt", type: .bytes),
        SchemaField(name: "details", type: .json),
        SchemaField(name: "pickup_point", type: .geography),
        SchemaField(name: "waiting", type: .interval),
        SchemaField(name: "tariff", type: .range, rangeElement: .date),
        SchemaField(
            name: "rider", type: .structure,
            fields: [
                SchemaField(name: "name", type: .string), SchemaField(name: "rating", type: .float64),
                SchemaField(
                    name: "home", type: .structure,
                    fields: [SchemaField(name: "city", type: .string), SchemaField(name: "zip", type: .int64)]),
            ]),
        SchemaField(name: "tags", type: .string, mode: .repeated),
        SchemaField(
            name: "stops", type: .structure, mode: .repeated,
            fields: [
                SchemaField(name: "at", type: .timestamp), SchemaField(name: "place", type: .string),
                SchemaField(name: "boarded", type: .int64, mode: .repeated),
            ]),
    ]
}

extension TripRows {
    func writeRow(_ position: Int64, into row: inout [SQLValue]) {
        var random = SplitMix64(state: UInt64(bitPattern: position))
        let start = pickup(&random)
        let (day, time) = CivilTime.split(microseconds: start)

        row.append(.integer(position))
        row.append(.text(random.element(of: Self.vendors)))
        row.append(.integer(start))
        row.append(random.isRare(40) ? .null : .text(CivilTime.dateText(day: day)))
        row.append(.text(CivilTime.timeText(microseconds: time)))
        row.append(.text(CivilTime.datetimeText(microseconds: start)))
        row.append(passengers(&random))
        row.append(distance(&random))
        row.append(random.isRare(25) ? .null : .decimal(random.number(below: 20_000), scale: 2))
        row.append(random.isRare(30) ? .null : .text(exactFare(&random)))
        row.append(random.isRare(20) ? .null : .bool(random.number(below: 3) > 0))
        row.append(random.isRare(3) ? .null : .text(random.element(of: Self.notes)))
        row.append(receipt(&random))
        row.append(random.isRare(8) ? .null : .text(random.element(of: Self.documents)))
        row.append(.text(random.element(of: Self.places)))
        row.append(random.isRare(10) ? .null : .text(interval(&random)))
        row.append(random.isRare(10) ? .null : .text(Self.tariff(day: day, days: random.number(below: 90))))
        row.append(rider(&random))
        row.append(.list((0..<random.number(below: 4)).map { _ in .text(random.element(of: Self.tags)) }))
        row.append(.list((0..<random.number(below: 3)).map { stop($0, after: start, &random) }))
    }

    private func pickup(_ random: inout SplitMix64) -> Int64 {
        if random.isRare(500) { return random.element(of: Self.extremeTimes) }
        let seconds = Self.firstPickup + random.number(below: 400_000_000)
        let fraction = random.isRare(2) ? 0 : random.number(below: CivilTime.microsecondsPerSecond)
        return seconds * CivilTime.microsecondsPerSecond + fraction
    }

    private func passengers(_ random: inout SplitMix64) -> SQLValue {
        if random.isRare(15) { return .null }
        return .integer(random.isRare(500) ? random.element(of: [.min, .max, 0, -1]) : 1 + random.number(below: 6))
    }

    private func distance(_ random: inout SplitMix64) -> SQLValue {
        if random.isRare(50) { return .null }
        if random.isRare(200) { return .double(random.element(of: Self.extremeDoubles)) }
        return .double(Double(random.number(below: 4_000_000)) / 1e5)
    }

    private func exactFare(_ random: inout SplitMix64) -> String {
        if random.isRare(100) { return random.element(of: Self.extremeDecimals) }
        return "\(random.number(below: 1000)).\(random.number(below: .max))7"
    }

    private func receipt(_ random: inout SplitMix64) -> SQLValue {
        if random.isRare(6) { return .null }
        let length = random.number(below: 9)
        let bits = random.next()
        return .bytes((0..<length).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) })
    }

    private func interval(_ random: inout SplitMix64) -> String {
        random.isRare(100)
            ? random.element(of: Self.extremeIntervals)
            : "0-0 0 0:\(random.number(below: 60)):\(random.number(below: 60))"
    }

    private func rider(_ random: inout SplitMix64) -> SQLValue {
        if random.isRare(10) { return .null }
        let home: SQLValue =
            random.isRare(4)
            ? .null
            : .structure([.text(random.element(of: Self.cities)), .integer(random.number(below: 100_000))])
        let rating = SQLValue.double(Double(random.number(below: 50)) / 10)
        return .structure([.text(random.element(of: Self.names)), random.isRare(5) ? .null : rating, home])
    }

    private func stop(_ number: Int64, after start: Int64, _ random: inout SplitMix64) -> SQLValue {
        .structure([
            .integer(start + (number + 1) * 60 * CivilTime.microsecondsPerSecond),
            random.isRare(9) ? .null : .text(random.element(of: Self.cities)),
            .list((0..<random.number(below: 3)).map(SQLValue.integer)),
        ])
    }

    private static func tariff(day: Int64, days: Int64) -> String {
        let start = CivilTime.dateText(day: min(day, lastDay - 91))
        let end = days == 0 ? "UNBOUNDED" : CivilTime.dateText(day: min(day, lastDay - 91) + days)
        return "[\(start), \(end))"
    }
}

extension TripRows {
    /// 2013-01-01 in seconds since 1970.
    private static let firstPickup: Int64 = 1_356_998_400
    /// 9999-12-31 in days since 1970.
    private static let lastDay: Int64 = 2_932_896
    /// Near the limits of the TIMESTAMP range, with a margin for the stops that follow, and around 1970.
    private static let extremeTimes: [Int64] = [
        -62_135_596_800_000_000, 253_402_300_000_000_000, 0, -1, 1, 999_999, -2_208_988_800_000_000,
    ]
    private static let extremeDoubles: [Double] = [
        .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -0.0, 1e22, 0.1,
    ]
    private static let extremeDecimals = [
        "0", "-0.5", "99999999999999999999999999999999999999.99999999999999999999999999999999999999",
        "-578960446186580977117854925043439539266.34992332820282019728792003956564819968",
    ]
    private static let extremeIntervals = [
        "0-0 0 -0:0:59.999999", "1-2 3 4:5:6.000007", "-10000-0 -3660000 -87840000:0:0",
    ]
    private static let documents = [
        #"{"gate":7,"ok":true}"#, #"{"gate":23,"ok":false}"#, #"{"meter":{"start":10,"end":482}}"#,
        #"{"legs":[1,2.5,-3]}"#,
        #"{"a":[1,{"b":null}],"é":"<&>\n"}"#, #"{}"#, "[]", #""text""#, "12.5", "null",
    ]
    private static let places = [
        "POINT(-73.9857 40.7484)", "POINT(-73.9772 40.7527)", "POINT(-73.7781 40.6413)", "POINT(-74.0445 40.6892)",
        "POINT(-73.9654 40.7829)", "POINT EMPTY", "LINESTRING(-74 40.7, -73.9 40.8)", "POINT(0 0)",
    ]
    private static let vendors = [
        "Yellow", "Green", "Black & White", "Été Cabs", "東京タクシー", "Такси №1", "🚕", "O'Hara \"Fast\"",
    ]
    private static let names = [
        "Anna", "José", "Zoë", "李雷", "Олег", "मीरा", "محمد", "Søren", "O'Brien", "Nguyễn", "Ελένη", "Jürgen",
    ]
    private static let cities = ["New York", "São Paulo", "Zürich", "北京", "Київ", "القاهرة", "Ålesund", "Llanfair"]
    private static let tags = ["airport", "night", "rain ☔", "VIP", "shared", "a,b", "", "quote\"d"]
    private static let notes = [
        "", "none", "back\\slash", "tab\tstop", "two\nlines", "carriage\r\nreturn", "<script>&amp;</script>",
        "nul\0inside", "bell\u{7}", "\u{7F}", "e\u{301}", "👩‍👩‍👧", "zero\u{200B}width", "\u{2028}line", "\u{FEFF}bom",
        "\u{10FFFF}", "it's \"quoted\"", "NULL", "NaN", "1e5", " padded ", "{\"v\":\"x\"}", "…", "ordinary remark",
    ]
}
