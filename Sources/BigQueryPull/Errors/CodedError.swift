// Exported, since a caller sees members only of modules that it imports (SE-0444), and TextSupport is not a product.
@_exported public import protocol TextSupport.CodedError

/// The protocol that the errors of all libraries conform to.
///
/// Importing this module suffices to treat every error of a pull alike:
///
/// ```swift
/// import BigQueryPull
/// import SQLiteStaging
///
/// func stage(_ pull: QueryPull, into target: StagingTarget) async throws -> PullReport? {
///     do {
///         return try await pull.stage(into: target)
///     } catch let error as any CodedError where error.isTransient {
///         print("\(error.code): \(error.message); trying again later")
///         return nil
///     }
/// }
/// ```
public typealias CodedError = TextSupport.CodedError
