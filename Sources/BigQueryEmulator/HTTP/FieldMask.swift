/// The `fields` parameter, a partial response selector such as `kind,rows(f/v)`.
struct FieldMask {
    /// The members to keep, each with a nested mask, or `nil` to keep all of it.
    private var members: [String: FieldMask?] = [:]

    init(_ text: String) throws(ServiceError) {
        var rest = Substring(text)
        self = try Self.list(&rest)
        guard rest.isEmpty else { throw Self.invalid(text) }
    }

    private init() {}

    private static func invalid(_ text: some StringProtocol) -> ServiceError {
        ServiceError(
            .invalidParameter, "Invalid field selection \(text)", location: "fields", locationType: "parameter")
    }

    private static func list(_ rest: inout Substring) throws(ServiceError) -> FieldMask {
        var mask = FieldMask()
        repeat {
            let name = String(rest.prefix { !",/()".contains($0) })
            guard !name.isEmpty else { throw invalid(rest) }
            rest.removeFirst(name.count)
            mask.add(name, try inside(&rest))
        } while rest.popFirst(",")
        return mask
    }

    private static func inside(_ rest: inout Substring) throws(ServiceError) -> FieldMask? {
        if rest.popFirst("/") {
            let name = String(rest.prefix { !",/()".contains($0) })
            guard !name.isEmpty else { throw invalid(rest) }
            rest.removeFirst(name.count)
            var mask = FieldMask()
            mask.add(name, try inside(&rest))
            return mask
        }
        guard rest.popFirst("(") else { return nil }
        let mask = try list(&rest)
        guard rest.popFirst(")") else { throw invalid(rest) }
        return mask
    }

    /// Adds a member; merges two masks of the same member, as in `a/b,a/c`.
    private mutating func add(_ name: String, _ inside: FieldMask?) {
        guard let known = members[name] else {
            members[name] = .some(inside)
            return
        }
        guard var merged = known, let inside else {
            members[name] = .some(nil)
            return
        }
        for (name, mask) in inside.members { merged.add(name, mask) }
        members[name] = merged
    }

    func apply(to object: JSONObject) -> JSONObject {
        JSONObject(
            members: object.members.compactMap { member in
                guard let inside = members[member.name] ?? members["*"] else { return nil }
                guard let inside else { return member }
                return JSONObject.Member(name: member.name, value: inside.apply(to: member.value))
            })
    }

    /// Encoded rows are kept whole.
    private func apply(to value: JSON) -> JSON {
        switch value {
        case .object(let object): .object(apply(to: object))
        case .array(let elements): .array(elements.map(apply(to:)))
        default: value
        }
    }
}

extension Substring {
    fileprivate mutating func popFirst(_ character: Character) -> Bool {
        guard first == character else { return false }
        removeFirst()
        return true
    }
}
