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

  /// What names are is being found out: the name asked about, met again on the way, asks nothing.
  var isTelling = false
  private var order: [String] = []
  private var candidates: [String: Candidate] = [:]
  private var refused: Set<String> = []

  /// In the order in which they were told.
  package var found: [Candidate] { order.compactMap { candidates[$0] } }

  init() {}

  static func isAbout(_ name: Name) -> Bool { name.text == Self.name }

  func hear(_ names: [String], insteadOf name: String) {
    guard name.hasPrefix(Self.name) else { return }
    for name in names where candidates[name] == nil && !refused.contains(name) {
      order.append(name)
      candidates[name] = Candidate(name: name, kind: .label)
    }
  }

  /// What a candidate is, where the checker can tell; a candidate that is not known yet is one from now on.
  func describe(_ candidate: Candidate) {
    if candidates[candidate.name] == nil { order.append(candidate.name) }
    candidates[candidate.name] = candidate
  }

  /// It can be seen, and may not be read.
  func refuse(_ name: String) {
    refused.insert(name)
    candidates[name] = nil
  }
}

extension Check {
  /// What may stand in a program where `Inquiry.name` does. The tree may be that of a text with mistakes.
  ///
  /// - Parameter focus: what of a whole file has to be looked at; nil: all of it.
  package static func inquire(
    _ file: File, source: SourceFile, in environment: Environment, host: CheckerHost,
    focus: InquiryFocus? = nil
  ) -> [Inquiry.Candidate] {
    onThread {
      let inquiry = Inquiry()
      Inquiry.$current.withValue(inquiry) {
        var checker = prepared(for: file, source: source, in: environment, host: host)
        let statements = focus?.statements ?? file.statements
        _ = checker.declareAll(statements, module: checker.frame.module, isUser: true)
        for name in focus?.otherNames ?? [] { checker.declareUnseen(name) }
        _ = checker.statements(statements)
        checker.checkUnused(module: checker.frame.module, only: focus?.declared)
      }
      return inquiry.found
    } ?? []
  }
}
