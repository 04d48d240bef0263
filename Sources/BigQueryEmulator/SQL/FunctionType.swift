/// What the call of a function says about the types of its arguments and its result.
struct FunctionType {
    /// The types that undeclared parameters get as arguments; `nil` for arguments that have no type of their own.
    private(set) var arguments: [GoogleSQLType?] = []
    /// The indices of the arguments that have the type of the result.
    private(set) var common: Range<Int> = 0..<0
    private(set) var result: GoogleSQLType?
    /// Whether SQLite returns values in the stored form of the type.
    private(set) var isStored = false

    /// The type of a function, by its name in upper case.
    ///
    /// The types of arguments are those of the first signature in GoogleSQL that has this number of arguments.
    static func named(_ name: String, argumentCount count: Int) -> FunctionType {
        if commonTypeFunctions.contains(name) { return FunctionType(common: 0..<count) }
        if ["IF", "IIF"].contains(name) { return FunctionType(arguments: [.bool], common: 1..<max(count, 1)) }
        if ["MIN", "MAX", "ANY_VALUE"].contains(name), count == 1 { return FunctionType(common: 0..<1) }
        // SQLite's function of this name has a DATE's form.
        if name == "DATE", count == 1 { return FunctionType(arguments: [.timestamp], result: .date, isStored: true) }
        if count > 2, ["DATE", "DATETIME", "TIME"].contains(name) {
            return FunctionType(
                arguments: Array(repeating: .int64, count: count), result: GoogleSQLType(name: name))
        }
        return signatures[name] ?? FunctionType()
    }

    private static let commonTypeFunctions: Set = ["COALESCE", "IFNULL", "NULLIF", "GREATEST", "LEAST"]

    private static let signatures: [String: FunctionType] = {
        var signatures: [String: FunctionType] = [
            "DATETIME": FunctionType(arguments: [.timestamp, .string], result: .datetime),
            "TIME": FunctionType(arguments: [.timestamp, .string], result: .time),
            "TIMESTAMP": FunctionType(arguments: [.string, .string], result: .timestamp),
            "STRING": FunctionType(arguments: [.timestamp, .string], result: .string),
            "UNIX_DATE": FunctionType(arguments: [.date], result: .int64),
            "DATE_FROM_UNIX_DATE": FunctionType(arguments: [.int64], result: .date),
            "LAST_DAY": FunctionType(arguments: [.date], result: .date),
            "CURRENT_DATE": FunctionType(arguments: [.string], result: .date),
            "CURRENT_DATETIME": FunctionType(arguments: [.string], result: .datetime),
            "CURRENT_TIME": FunctionType(arguments: [.string], result: .time),
            "CURRENT_TIMESTAMP": FunctionType(result: .timestamp),
            "LENGTH": FunctionType(arguments: [.string], result: .int64),
            "COUNT": FunctionType(result: .int64), "COUNTIF": FunctionType(arguments: [.bool], result: .int64),
            "AVG": FunctionType(result: .float64),
        ]
        for unit in ["SECONDS", "MILLIS", "MICROS"] {
            signatures["TIMESTAMP_\(unit)"] = FunctionType(arguments: [.int64], result: .timestamp)
            signatures["UNIX_\(unit)"] = FunctionType(arguments: [.timestamp], result: .int64)
        }
        for type in [GoogleSQLType.date, .time, .datetime, .timestamp] {
            let name = type.rawValue
            for operation in ["ADD", "SUB", "TRUNC"] {
                signatures["\(name)_\(operation)"] = FunctionType(arguments: [type], result: type)
            }
            signatures["\(name)_DIFF"] = FunctionType(arguments: [type, type], result: .int64)
            signatures["FORMAT_\(name)"] = FunctionType(arguments: [.string, type], result: .string)
            signatures["PARSE_\(name)"] = FunctionType(arguments: [.string, .string], result: type)
        }
        for name in ["LOWER", "UPPER", "TRIM", "LTRIM", "RTRIM", "REPLACE", "CONCAT"] {
            signatures[name] = FunctionType(arguments: Array(repeating: .string, count: 3), result: .string)
        }
        for name in ["STARTS_WITH", "ENDS_WITH", "REGEXP_CONTAINS"] {
            signatures[name] = FunctionType(arguments: [.string, .string], result: .bool)
        }
        signatures["SUBSTR"] = FunctionType(arguments: [.string, .int64, .int64], result: .string)
        return signatures
    }()
}
