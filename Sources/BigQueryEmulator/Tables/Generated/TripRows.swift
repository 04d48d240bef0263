/// Invented taxi trips with a column of every type, and values at the ends of their ranges.
struct TripRows: RowShape {
    let typicalRowBytes: Int64 = 330

    let fields: [Field] = [
        Field(name: "trip_id", type: .int64, mode: .required, description: "The row's position"),
        Field(name: "vendor", type: .string, mode: .required),
        Field(name: "pickup_at", type: .timestamp),
        Field(name: "pickup_date", type: .date),
        Field(name: "pickup_time", type: .time),
        Field(name: "pickup_local", type: .datetime),
        Field(name: "passengers", type: .int64),
        Field(name: "distance_km", type: .float64),
        Field(name: "fare", type: .numeric),
        Field(name: "fare_exact", type: .bignumeric),
        Field(name: "paid_by_card", type: .bool),
        Field(name: "note", type: .string),
        Field(name: "receipt", type: .bytes),
        Field(name: "details", type: .json),
        Field(name: "pickup_point", type: .geography),
        Field(name: "waiting", type: .interval),
        Field(name: "tariff", type: .range, rangeElement: .date),
        Field(
            name: "rider", type: .structure,
            fields: [
                Field(name: "name", type: .string), Field(name: "rating", type: .float64),
                Field(
                    name: "home", type: .structure,
                    fields: [Field(name: "city", type: .string), Field(name: "zip", type: .int64)]),
            ]),
        Field(name: "tags", type: .string, mode: .repeated),
        Field(
            name: "stops", type: .structure, mode: .repeated,
            fields: [
                Field(name: "at", type: .timestamp), Field(name: "place", type: .string),
                Field(name: "boarded", type: .int64, mode: .repeated),
            ]),
    ]
}
