package import Testing

/// The faults that a test or a suite shows to be survived, by their ids in `Faults.md`.
///
/// `Tests/faults.sh` reads them in the sources and compares them with the article.
package struct FaultRows: TestTrait, SuiteTrait {
    /// The ids, for example `N1`.
    package let ids: [String]

    /// Not handed on to the tests of a suite: the suite as a whole shows them.
    package var isRecursive: Bool { false }
}

extension Trait where Self == FaultRows {
    /// The test shows what happens on these faults.
    package static func faults(_ ids: String...) -> Self { FaultRows(ids: ids) }
}
