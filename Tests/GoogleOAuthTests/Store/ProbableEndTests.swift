import Foundation
import TestSupport
import Testing

@testable import GoogleOAuth

/// What is said of a refresh token that has stopped working.
@Suite struct ProbableEndTests {
    private func explained(
        _ code: OAuthError.Code, age: Double, lastUse: Double?, end: Double? = nil, isOwnGrant: Bool = true
    ) throws -> OAuthError {
        var stored = StoredCredential(try Fake.credential(), stored: Fake.day)
        stored.lastUse = lastUse.map { Fake.day.adding(days: $0) }
        stored.refreshTokenEnd = end.map { Fake.day.adding(days: $0) }
        stored.isOwnGrant = isOwnGrant
        return OAuthError(code: code, message: "m", hint: "as before")
            .explained(by: stored, at: Fake.day.adding(days: age))
    }

    /// Ages in days since the token was stored.
    @Test(
        arguments: [
            (8, 6.9, 7, "it was to end on 2026-09-28"), (7.5, nil, 7, "seven days"),
            (8, 6, nil, "has not worked since"), (100, 6, nil, "seven days"),
            (8, 7.9, nil, nil), (3, 2.9, nil, nil), (3, 2.9, 7, nil),
            (200, 17, nil, "six months"), (190, nil, nil, "six months"), (200, 100, nil, nil),
        ] as [(Double, Double?, Double?, String?)])
    func isDrawnFromWhatIsKnown(age: Double, lastUse: Double?, end: Double?, mention: String?) throws {
        let hint = try explained(.expiredOrRevoked, age: age, lastUse: lastUse, end: end).hint ?? ""
        if let mention {
            #expect(hint.contains(mention), "\(hint)")
        } else {
            #expect(hint == OAuthError.hint(.expiredOrRevoked))
        }
    }

    /// Google forgets tokens some time after their end; one that came from a consent here was never damaged.
    @Test func aForgottenTokenIsNotCalledDamaged() throws {
        #expect(try explained(.damagedToken, age: 8, lastUse: 6).code == .expiredOrRevoked)
        #expect(try explained(.damagedToken, age: 8, lastUse: 6, isOwnGrant: false).code == .damagedToken)
        #expect(try explained(.wrongClientID, age: 8, lastUse: 6).hint == "as before")
    }

    @Test func theEndIsTheEarlierOfLifetimeAndIdleness() throws {
        var stored = StoredCredential(try Fake.credential(), stored: Fake.day)
        #expect(stored.endWhenUnused == nil)
        stored.isOwnGrant = true
        #expect(stored.endWhenUnused == Fake.day.adding(days: 182))
        stored.lastUse = Fake.day.adding(days: 10)
        #expect(stored.endWhenUnused == Fake.day.adding(days: 192))
        stored.refreshTokenEnd = Fake.day.adding(days: 7)
        #expect(stored.endWhenUnused == Fake.day.adding(days: 7))
    }
}
