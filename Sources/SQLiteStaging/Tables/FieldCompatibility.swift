import BigQueryRows

extension TableSchema.Field {
    /// A column, or a member of it, that has another type than before.
    struct TypeChange: Equatable {
        /// The path of the member, separated by dots.
        var path: String
        /// The type before.
        var old: String
        /// The type now.
        var new: String
    }

    /// The first difference that makes values of two columns incomparable: another type, a list instead of a single
    /// value, or such a difference in a member of a STRUCT. Members can be added and removed.
    ///
    /// - Parameters:
    ///   - new: the column now.
    ///   - path: the name of the column.
    /// - Returns: `nil` if there is no difference.
    func typeChange(to new: Self, path: String) -> TypeChange? {
        guard type == new.type, rangeElementType == new.rangeElementType,
            (mode == .repeated) == (new.mode == .repeated)
        else {
            return TypeChange(path: path, old: typeName, new: new.typeName)
        }
        for member in fields {
            let counterpart = new.fields.first { SQLiteName($0.name) == SQLiteName(member.name) }
            let change = counterpart.flatMap { member.typeChange(to: $0, path: "\(path).\(member.name)") }
            if let change { return change }
        }
        return nil
    }

    /// The type as GoogleSQL names it, without the members of a STRUCT: `ARRAY<RANGE<DATE>>`.
    private var typeName: String {
        let name = rangeElementType.map { "\(type.name)<\($0.name)>" } ?? type.name
        return mode == .repeated ? "ARRAY<\(name)>" : name
    }
}
