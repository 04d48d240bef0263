import ArgumentParser

/// Comma-separated numbers, at least 1; `nil` for `auto`, which leaves the choice to bqpull.
struct NumberList: ExpressibleByArgument {
    var values: [Int?]

    init(_ values: [Int?]) {
        self.values = values
    }

    init?(argument: String) {
        values = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let text = part.trimmingPrefix(" ")
            guard text != "auto" else {
                values.append(nil)
                continue
            }
            guard let number = Int(text), number > 0 else { return nil }
            values.append(number)
        }
    }

    var defaultValueDescription: String { values.map { $0.map(String.init) ?? "auto" }.joined(separator: ",") }
}

/// Comma-separated `on` and `off`.
struct SwitchList: ExpressibleByArgument {
    var values: [Bool]

    init(_ values: [Bool]) {
        self.values = values
    }

    init?(argument: String) {
        values = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            switch part.trimmingPrefix(" ") {
            case "on": values.append(true)
            case "off": values.append(false)
            default: return nil
            }
        }
    }

    var defaultValueDescription: String { values.map { $0 ? "on" : "off" }.joined(separator: ",") }
}

/// The maximum number of rows to fetch: at least 1, or `all`.
struct RowLimit: ExpressibleByArgument {
    /// The maximum; `nil` for all.
    var rows: Int64?

    init(_ rows: Int64?) {
        self.rows = rows
    }

    init?(argument: String) {
        guard argument != "all" else { return }
        guard let rows = Int64(argument), rows > 0 else { return nil }
        self.rows = rows
    }

    var defaultValueDescription: String { rows.map(String.init) ?? "all" }
}
