package import Testing

/// The faults covered by a test or a suite, by their IDs in `Faults.md`.
///
/// `Tests/faults.sh` compares them with the article.
package struct FaultRows: TestTrait, SuiteTrait {
    /// The IDs, for example `N1`.
    package let ids: [String]

    /// Not inherited by the tests of a suite: the suite as a whole covers them.
    package var isRecursive: Bool { false }
}

extension Trait where Self == FaultRows {
    /// The test covers these faults.
    package static func faults(_ ids: String...) -> Self { FaultRows(ids: ids) }
}
