import Foundation

/// The file beside a data file that describes its columns: a list of fields, an object that has one under `fields`,
/// or a table as `bq show --format=json` prints it.
struct SchemaFile {
    let fields: [Field]
    /// What a table's description tells besides, which the emulator tells again and does not act upon.
    private(set) var properties: JSONObject = [:]

    private static let toldAgain = [
        "description", "timePartitioning", "rangePartitioning", "requirePartitionFilter", "clustering",
    ]

    /// Reads the file beside a data file; `nil` if there is none.
    init?(beside dataFile: String) throws {
        let path = Self.path(beside: dataFile)
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do {
            let json = try JSONParser.parse(Array(data))
            fields = try Field.schema(json: json.object?["schema"] ?? json)
            for name in Self.toldAgain {
                if let value = json.object?[name] { properties[name] = value }
            }
        } catch let error as JSONError {
            throw EmulatorError(code: .invalidData, message: "\(path): \(error)")
        } catch let error as SchemaError {
            throw EmulatorError(code: .invalidData, message: "\(path): \(error.message)")
        }
    }

    /// Where the schema of a data file is looked for: `data/flights.csv` has `data/flights.schema.json`.
    static func path(beside dataFile: String) -> String {
        (dataFile as NSString).deletingPathExtension + ".schema.json"
    }
}
