/// Synthetic orders: nested STRUCTs, ARRAYs of scalars, and ARRAYs of STRUCTs that contain ARRAYs.
struct NestedRows: RowShape {
    let typicalRowBytes: Int64 = 206

    let fields: [SchemaField] = [
        SchemaField(name: "id", type: .int64, mode: .required, description: "The row's position"),
        SchemaField(
            name: "customer", type: .structure,
            fields: [
                SchemaField(name: "name", type: .string), SchemaField(name: "is_new", type: .bool),
                SchemaField(
                    name: "address", type: .structure,
                    fields: [
                        SchemaField(name: "street", type: .string), SchemaField(name: "city", type: .string),
                        SchemaField(
                            name: "location", type: .structure,
                            fields: [
                                SchemaField(name: "latitude", type: .float64),
                                SchemaField(name: "longitude", type: .float64),
                            ]),
                    ]),
            ]),
        SchemaField(name: "labels", type: .string, mode: .repeated),
        SchemaField(name: "ratings", type: .int64, mode: .repeated),
        SchemaField(
            name: "items", type: .structure, mode: .repeated,
            fields: [
                SchemaField(name: "product", type: .string), SchemaField(name: "quantity", type: .int64),
                SchemaField(name: "price", type: .numeric), SchemaField(name: "sizes", type: .float64, mode: .repeated),
                SchemaField(
                    name: "changes", type: .structure, mode: .repeated,
                    fields: [SchemaField(name: "at", type: .timestamp), SchemaField(name: "state", type: .string)]),
            ]),
        SchemaField(
            name: "delivery", type: .structure,
            fields: [SchemaField(name: "day", type: .date), SchemaField(name: "notes", type: .string, mode: .repeated)]),
    ]

    func writeRow(_ position: Int64, into row: inout [SQLValue]) {
        var random = SplitMix64(state: UInt64(bitPattern: position))
        let time = Self.firstTime + position % 10_000_000 * 30_000_000

        row.append(.integer(position))
        row.append(random.isRare(40) ? .null : customer(&random))
        row.append(.list((0..<random.number(below: 5)).map { _ in .text(random.element(of: Self.labels)) }))
        row.append(.list((0..<random.number(below: 6)).map { _ in .integer(1 + random.number(below: 5)) }))
        row.append(.list((0..<random.number(below: 4)).map { _ in item(at: time, &random) }))
        row.append(random.isRare(5) ? .null : delivery(after: time, &random))
    }

    private func customer(_ random: inout SplitMix64) -> SQLValue {
        let name = "\(random.element(of: Self.names)) \(random.element(of: Self.families))"
        let isNew: SQLValue = random.isRare(10) ? .null : .bool(random.isRare(3))
        return .structure([.text(name), isNew, random.isRare(12) ? .null : address(&random)])
    }

    private func address(_ random: inout SplitMix64) -> SQLValue {
        let street = "\(random.element(of: Self.streets)) \(1 + random.number(below: 300))"
        let latitude = Double(random.number(below: 18_000_000) - 9_000_000) / 1e5
        let longitude = Double(random.number(below: 36_000_000) - 18_000_000) / 1e5
        let location: SQLValue = random.isRare(4) ? .null : .structure([.double(latitude), .double(longitude)])
        return .structure([.text(street), .text(random.element(of: Self.cities)), location])
    }

    private func item(at time: Int64, _ random: inout SplitMix64) -> SQLValue {
        .structure([
            .text(random.element(of: Self.products)), .integer(1 + random.number(below: 20)),
            random.isRare(15) ? .null : .decimal(random.number(below: 500_000), scale: 2),
            .list((0..<random.number(below: 4)).map { _ in .double(Double(random.number(below: 10_000)) / 10) }),
            .list((0..<random.number(below: 3)).map { change($0, after: time, &random) }),
        ])
    }

    private func change(_ number: Int64, after time: Int64, _ random: inout SplitMix64) -> SQLValue {
        let delay = (number * 3600 + random.number(below: 3600)) * CivilTime.microsecondsPerSecond
        return .structure([.integer(time + delay), random.isRare(30) ? .null : .text(random.element(of: Self.states))])
    }

    private func delivery(after time: Int64, _ random: inout SplitMix64) -> SQLValue {
        let (day, _) = CivilTime.split(microseconds: time)
        let notes = (0..<random.number(below: 3)).map { _ in SQLValue.text(random.element(of: Self.notes)) }
        return .structure([.text(CivilTime.dateText(day: day + random.number(below: 14))), .list(notes)])
    }
}

extension NestedRows {
    /// 2024-01-01 in microseconds since 1970.
    private static let firstTime: Int64 = 1_704_067_200_000_000
    private static let names = ["Anna", "José", "李雷", "Олег", "मीरा", "محمد", "Søren", "Ελένη", "Mary", "Ken"]
    private static let families = ["Smith", "O'Hara", "García", "Nguyễn", "Müller", "王", "Шевченко", "d'Arc", "Kim"]
    private static let streets = ["Main Street", "Rue de l'Été", "Lindenstraße", "Ringvägen", "Calle Mayor", "中山路"]
    private static let cities = ["New York", "São Paulo", "Zürich", "北京", "Київ", "القاهرة", "Ålesund", "Llanfair"]
    private static let labels = ["gift", "express", "fragile \"glass\"", "B2B", "a,b", "", "<b>sale</b>", "🎁"]
    private static let products = [
        "Lamp", "Desk & chair", "Kettle \\ 1.7 l", "Teppich 200×300", "Mug \"World's best\"", "茶", "Книга", "Shelf",
    ]
    private static let states = ["new", "paid", "packed", "sent", "returned", "lost"]
    private static let notes = ["ring twice", "leave at\nthe door", "beware of the dog 🐕", "3. Stock, links", ""]
}
