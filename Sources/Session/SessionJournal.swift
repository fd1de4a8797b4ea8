import NodalDiagnostics
import NodalSyntax

/// What was entered in a session, statement by statement: what a file of it is made of.
package struct SessionJournal: Sendable {
  /// A statement, or one binding of it: a name that is declared again leaves its neighbours alone.
  struct Record: Sendable {
    var text: String
    /// What it gives a meaning to; a later record of the same names takes its place.
    var names: [String]
    var role: Role
  }

  enum Role: Sendable {
    /// `import`, `precision`, `seed`: they come first in a file.
    case heading
    case declaration
    /// `train` by itself: what came of it is in the weights.
    case training
    /// `let run = train …`: a name holds how it went.
    case namedTraining
    /// `load f from "f.safetensors"`
    case loading
    case command
  }

  private(set) var records: [Record] = []

  /// - Parameter isDone: whether a command at this place has run to its end.
  mutating func add(
    _ statements: [Statement], of source: SourceFile, where isDone: (Span) -> Bool
  ) {
    for statement in statements {
      records += Self.records(of: statement, in: source).filter {
        $0.role == .heading || $0.role == .declaration || isDone(statement.span)
      }
    }
  }

  /// What is left where each name has its last meaning: headings, then the rest in the order in which it was entered.
  var latest: [Record] {
    var seen: Set<String> = []
    var kept: [Record] = []
    for record in records.reversed() {
      if !record.names.isEmpty, seen.isSuperset(of: record.names) { continue }
      seen.formUnion(record.names)
      kept.append(record)
    }
    kept.reverse()
    return kept.filter { $0.role == .heading } + kept.filter { $0.role != .heading }
  }

  // MARK: statements

  private static func records(of statement: Statement, in source: SourceFile) -> [Record] {
    func declared(_ name: Name, _ documentation: Documentation?) -> [Record] {
      [record(statement.span, [name.spelling], .declaration, documentation)]
    }
    func record(
      _ span: Span, _ names: [String], _ role: Role, _ documentation: Documentation? = nil,
      word: String = ""
    ) -> Record {
      let comment =
        documentation.map { $0.text.split(separator: "\n", omittingEmptySubsequences: false) } ?? []
      let text = comment.map { "/// \($0)\n" }.joined() + word + source.text(of: span)
      return Record(text: text, names: names, role: role)
    }
    func heading(_ key: String) -> [Record] {
      // A key that no name is like.
      [record(statement.span, ["%" + key], .heading)]
    }
    switch statement {
    case .import(let node): return heading(source.text(of: node.span))
    case .precision: return heading("precision")
    case .seed: return heading("seed")
    case .const(let node):
      return node.bindings.map {
        record($0.span, [$0.name.spelling], .declaration, node.documentation, word: "const ")
      }
    case .param(let node):
      return node.bindings.map {
        record($0.span, [$0.name.spelling], .declaration, node.documentation, word: "param ")
      }
    case .let(let node):
      return node.bindings.map { binding in
        var role = Role.command
        if case .study(let study) = binding.value, case .train = study.kind {
          role = .namedTraining
        }
        return record(
          binding.span, [binding.name.spelling], role, node.documentation, word: "let ")
      }
    case .function(let node): return declared(node.name, node.documentation)
    case .layer(let node): return declared(node.name, node.documentation)
    case .ode(let node): return declared(node.name, node.documentation)
    case .solver(let node): return declared(node.name, node.documentation)
    case .data(let node): return declared(node.name, node.documentation)
    case .loss(let node): return declared(node.name, node.documentation)
    case .test(let node):
      return [record(node.span, ["%test " + node.title], .command, node.documentation)]
    case .bench(let node):
      return [record(node.span, ["%bench " + node.title], .command, node.documentation)]
    case .study(let study):
      if case .train = study.kind { return [record(study.span, [], .training)] }
      return [record(study.span, [], .command)]
    case .transfer(let node):
      return [record(node.span, [], node.kind == .load ? .loading : .command)]
    case .plot(let node) where node.destination == nil: return []
    case .explain, .check, .plot, .print, .assert: return [record(statement.span, [], .command)]
    // A look.
    case .expression, .invalid: return []
    }
  }
}
