import Foundation
package import NodalDiagnostics
package import NodalSyntax

/// What could stand at a place of a program, asked of the checker by a name that stands there and means nothing: wherever
/// the checker would say what was perhaps meant, it tells what it chose from.
///
/// So there is no second account of scopes, fields and labels, and nothing is offered that the checker would refuse for
/// being unknown. One inquiry serves one check, and its thread.
package final class Inquiry: @unchecked Sendable {
  /// What a candidate stands for.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case value, constant, parameter, function, layer, ode, loss, data, solver, distribution
    case field, label
  }

  package struct Candidate: Sendable, Hashable {
    package var name: String
    package var kind: Kind
    /// The type, or how it is called; empty where neither is known.
    package var detail = ""
    package var documentation: String?
  }

  /// The name that stands at the place. No program has it, and it is too long for a near miss to be looked for.
  package static let name = "completion_" + String(repeating: "x", count: 64)

  /// The inquiry of the check that runs on this thread.
  @TaskLocal static var current: Inquiry?

  private var order: [String] = []
  private var candidates: [String: Candidate] = [:]

  /// In the order in which they were told.
  package var found: [Candidate] { order.compactMap { candidates[$0] } }

  init() {}

  static func isAbout(_ name: Name) -> Bool { name.text == Self.name }

  func hear(_ names: [String], insteadOf name: String) {
    guard name.hasPrefix(Self.name) else { return }
    for name in names where candidates[name] == nil {
      order.append(name)
      candidates[name] = Candidate(name: name, kind: .label)
    }
  }

  /// What a candidate is, where the checker can tell; a candidate that is not known yet is one from now on.
  func describe(_ candidate: Candidate) {
    if candidates[candidate.name] == nil { order.append(candidate.name) }
    candidates[candidate.name] = candidate
  }

  func forget(_ name: String) { candidates[name] = nil }
}

extension Check {
  /// What may stand in a program where `Inquiry.name` does. The tree may be that of a text with mistakes.
  package static func inquire(
    _ file: File, source: SourceFile, in environment: Environment, host: CheckerHost
  ) -> [Inquiry.Candidate] {
    onThread {
      let inquiry = Inquiry()
      _ = Inquiry.$current.withValue(inquiry) {
        run(file, source: source, in: environment, host: host)
      }
      return inquiry.found
    } ?? []
  }
}
