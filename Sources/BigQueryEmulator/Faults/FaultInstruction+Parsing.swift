import Foundation

extension FaultInstruction {
    mutating func parseText(_ text: String) -> Bool {
        switch text {
        case "pass": break
        case "return-reset-connection":
            isPerformed = false
            delivery = .end(.reset, after: .start)
        case "return-broken-stream": delivery = .end(.close, after: .half)
        case "return-corrupted-data": delivery = .corrupt
        case "return-garbage": framing = .garbage
        case "gzip-truncated": compression = .truncated
        case "gzip-wrong-checksum": compression = .wrongChecksum
        case "gzip-wrong-length": compression = .wrongLength
        case "gzip-flipped-bit": compression = .flippedBit
        case "gzip-undeclared": compression = .undeclared
        case "gzip-declared-only": compression = .declaredOnly
        case "length-twice": framing = .twoLengths
        case "length-and-chunks": framing = .lengthAndChunks
        case "chunks": framing = .chunks
        case "chunks-unfinished": framing = .unfinishedChunks
        case "chunks-garbage": framing = .garbageChunk
        case "chunks-huge": framing = .hugeChunk
        case "until-close": framing = .untilClose
        case "close-after": framing = .closing
        default: return parseDelivery(text) || parseResponse(text) || parseParameter(text)
        }
        return true
    }

    /// Parses instructions that interrupt a response.
    private mutating func parseDelivery(_ text: String) -> Bool {
        let ends: [(prefix: String, how: FaultDelivery.End)] = [
            ("return-reset-connection-after-", .reset), ("return-broken-stream-after-", .close),
            ("return-half-closed-stream-after-", .halfClose), ("tls-garbage-after-", .garbage),
        ]
        for (prefix, how) in ends {
            guard let place = text.rest(after: prefix) else { continue }
            guard let position = FaultPosition(place) else { return false }
            delivery = .end(how, after: position)
            return true
        }
        guard let match = text.wholeMatch(of: /stall-for-([0-9]+)(ms|s)(?:-after-(.+))?/), let time = Int(match.1)
        else {
            return false
        }
        let position = match.3.map { FaultPosition(String($0)) } ?? .start
        guard let position else { return false }
        delivery = .stall(match.2 == "s" ? .seconds(time) : .milliseconds(time), after: position)
        return true
    }

    /// Parses instructions that replace the response.
    private mutating func parseResponse(_ text: String) -> Bool {
        if let match = text.wholeMatch(of: /return-(html|empty)-([0-5][0-9][0-9])/), let status = Int(match.2) {
            let page = "<!DOCTYPE html><html><body><h1>Error \(status)</h1>Try again later.</body></html>\n"
            response = FaultResponse(
                status: status, headers: [("Content-Type", "text/html; charset=UTF-8")],
                body: match.1 == "html" ? Array(page.utf8) : [])
        } else if let match = text.wholeMatch(of: /redirect-(3[0-9][0-9])-to-(.+)/), let status = Int(match.1) {
            response = FaultResponse(status: status, headers: [("Location", String(match.2))])
        } else if let match = text.wholeMatch(
            of: /return-([2-5][0-9][0-9])(?:-([A-Za-z]+))??(-once-done)?(?:-after-([0-9]+[BKMG]))?/),
            let status = Int(match.1)
        {
            response = FaultResponse(
                status: status, headers: [("Content-Type", "application/json; charset=UTF-8")],
                body: Self.error(status: status, reason: match.2.map(String.init)))
            isPerformed = match.3 != nil
            requestBytes = match.4.flatMap { byteCount(String($0)) }
            return true
        } else {
            return false
        }
        isPerformed = false
        return true
    }

    private static func error(status: Int, reason: String?) -> [UInt8] {
        let message = "Fault: answered with \(status)\(reason.map { ", \($0)" } ?? "")"
        var error: JSONObject = ["code": .number(String(status)), "message": .string(message)]
        if let reason {
            error["errors"] = [["message": .string(message), "domain": "global", "reason": .string(reason)]]
        }
        return Array(JSON.object(["error": .object(error)]).text.utf8)
    }

    /// Parses instructions with a numeric parameter.
    private mutating func parseParameter(_ text: String) -> Bool {
        if let name = text.rest(after: "encoding-"), !name.isEmpty {
            compression = .declared(name)
        } else if let size = text.rest(after: "gzip-bomb-").flatMap(byteCount) {
            compression = .bomb(byteCount: size)
        } else if let count = text.count(after: "gzip-members-"), count > 0 {
            compression = .members(count)
        } else if let count = text.count(after: "length-plus-") {
            framing = .length(offset: count)
        } else if let count = text.count(after: "length-minus-") {
            framing = .length(offset: -count)
        } else if let count = text.count(after: "headers-") {
            framing = .manyHeaders(count)
        } else if let size = text.rest(after: "header-of-").flatMap(byteCount) {
            framing = .largeHeader(byteCount: size)
        } else if let status = text.rest(after: "informational-").flatMap({ Int($0) }), (100..<200).contains(status) {
            framing = .informational(status)
        } else if let size = text.rest(after: "slice-").flatMap(byteCount), size > 0 {
            delivery = .slices(byteCount: size, every: .zero)
        } else if let size = text.rest(after: "drip-").flatMap(byteCount), size > 0 {
            delivery = .slices(byteCount: size, every: .seconds(1))
        } else {
            return false
        }
        return true
    }

    /// Parses instructions in JSON.
    ///
    /// - Returns: whether the text is an instruction; the caller's error quotes it.
    mutating func parseObject(_ text: String) -> Bool {
        guard let object = try? JSONParser.parse(Array(text.utf8)).object else { return false }
        let known = ["status", "headers", "body", "once-done", "merge-patch", "gzip-bomb"]
        guard object.members.allSatisfy({ known.contains($0.name) }) else { return false }
        if let bomb = object["gzip-bomb"] {
            guard let size = bomb.string.flatMap(byteCount) else { return false }
            compression = .bomb(byteCount: size)
        }
        if let patch = object["merge-patch"] {
            self.patch = patch
            return object["status"] == nil && object["body"] == nil
        }
        guard let status = object["status"]?.integer, (200..<600).contains(status) else { return false }
        let body: [UInt8] =
            switch object["body"] {
            case nil: []
            case .string(let text)?: Array(text.utf8)
            case let json?: Array(json.text.utf8)
            }
        let headers = object["headers"]?.object?.members ?? []
        response = FaultResponse(
            status: Int(status), headers: headers.map { ($0.name, $0.value.string ?? $0.value.text) }, body: body)
        isPerformed = object["once-done"]?.bool ?? false
        return true
    }
}

extension FaultPosition {
    init?(_ text: String) {
        switch text {
        case "half": self = .half
        case "all": self = .allBut(0)
        default:
            if let rest = text.rest(after: "all-but-").flatMap(byteCount) {
                self = .allBut(rest)
            } else if let count = byteCount(text) {
                self = .bytes(count)
            } else {
                return nil
            }
        }
    }
}

/// Parses a size such as `10B`, `4K`, `4M` or `4G`.
private func byteCount(_ text: String) -> Int? {
    let shifts: [Character: Int] = ["B": 0, "K": 10, "M": 20, "G": 30]
    guard let shift = text.last.flatMap({ shifts[$0] }), let count = Int(text.dropLast()), count >= 0 else {
        return nil
    }
    let (result, overflow) = count.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : result
}

extension String {
    fileprivate func rest(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }

    /// The number after a prefix, at most 1,000,000,000.
    fileprivate func count(after prefix: String) -> Int? {
        rest(after: prefix).flatMap { Int($0) }.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }
}
