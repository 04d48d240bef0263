import Foundation
import GoogleOAuth
import TestSupport
import Testing

@testable import CredentialStore

/// The probable reason that a refresh token has stopped working.
@Suite struct ProbableEndTests {
    private func explained(
        _ code: OAuthError.Code, age: Double, lastUse: Double?, end: Double? = nil, isOwnGrant: Bool = true
    ) throws -> OAuthError {
        var stored = StoredCredential(try Fake.credential(), stored: Fake.day)
        stored.lastUse = lastUse.map { Fake.day.adding(days: $0) }
        stored.refreshTokenEnd = end.map { Fake.day.adding(days: $0) }
        stored.isOwnGrant = isOwnGrant
        return OAuthError(code: code, message: "m", detail: .workforcePool)
            .explained(by: stored, at: Fake.day.adding(days: age))
    }

    private static func day(_ days: Double) -> Date { Fake.day.adding(days: days) }

    /// Ages in days since the token was stored.
    @Test(
        arguments: [
            (8, 6.9, 7, .tokenExpired(day(7))), (7.5, nil, 7, .tokenExpired(day(7))),
            (8, 6, nil, .tokenStopped(stored: day(0), lastUse: day(6))),
            (100, 6, nil, .tokenStopped(stored: day(0), lastUse: day(6))),
            (8, 7.9, nil, nil), (3, 2.9, nil, nil), (3, 2.9, 7, nil),
            (200, 17, nil, .tokenUnused(since: day(17))), (190, nil, nil, .tokenUnused(since: day(0))),
            (200, 100, nil, nil),
        ] as [(Double, Double?, Double?, OAuthError.Detail?)])
    func theReasonFollowsFromTheMetadata(
        age: Double, lastUse: Double?, end: Double?, detail: OAuthError.Detail?
    ) throws {
        #expect(try explained(.expiredOrRevoked, age: age, lastUse: lastUse, end: end).detail == detail)
    }

    /// Google does not recognize tokens some time after their expiry. A token from a consent here is never damaged.
    @Test func anUnrecognizedOwnTokenHasExpired() throws {
        #expect(try explained(.damagedToken, age: 8, lastUse: 6).code == .expiredOrRevoked)
        #expect(try explained(.damagedToken, age: 8, lastUse: 6, isOwnGrant: false).code == .damagedToken)
        #expect(try explained(.wrongClientID, age: 8, lastUse: 6).detail == .workforcePool)
    }

    @Test func theEndIsTheEarlierOfLifetimeAndIdleLimit() throws {
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
