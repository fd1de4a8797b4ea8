import NodalDiagnostics
package import NodalSyntax
import NodalTypes

/// What of a file has to be looked at to tell what may stand at a place: the statement there, what it needs, and what tells the
/// types of its parameters. The other names are only known to be there.
///
/// Which statements need which is told by the words in them: that is more than enough, and costs no look at what they mean.
package struct InquiryFocus: Sendable {
  /// In the order of the text.
  package var statements: [Statement] = []
  /// Names of statements that are left out, and can be seen from the place.
  package var otherNames: [Name] = []
  /// What the statement at the place declares.
  package var declared: Set<String> = []

  /// - Parameters:
  ///   - words: those of the text, with where they stand, in its order.
  package init(_ file: File, at offset: Int, words: [(text: String, start: Int)]) {
    let all = file.statements
    guard let place = all.firstIndex(where: { $0.span.start <= offset && offset <= $0.span.end })
    else {
      statements = all
      return
    }
    var next = 0
    let wordsOf = all.map { statement -> Set<String> in
      var own: Set<String> = []
      while next < words.count, words[next].start < statement.span.end {
        if words[next].start >= statement.span.start { own.insert(words[next].text) }
        next += 1
      }
      return own
    }
    declared = Set(all[place].declaredNames.map(\.text))
    var kept: Set<Int> = [place]
    var needed = wordsOf[place]
    // Calls tell the types of parameters, and training what a loss's example is.
    if all[place].hasParameters {
      for index in all.indices where !declared.isDisjoint(with: wordsOf[index]) {
        kept.insert(index)
        needed.formUnion(wordsOf[index])
      }
    }
    var grew = true
    while grew {
      grew = false
      for index in all.indices where !kept.contains(index) {
        if all[index].declaredNames.contains(where: { needed.contains($0.text) }) {
          kept.insert(index)
          needed.formUnion(wordsOf[index])
          grew = true
        }
      }
    }
    for (index, statement) in all.enumerated() {
      if kept.contains(index) || statement.isElaboratedWhenRead {
        statements.append(statement)
      } else if index < place || statement.isDeclaration {
        otherNames += statement.declaredNames
      }
    }
  }
}

extension Statement {
  /// What costs next to nothing as long as nothing reads it.
  fileprivate var isElaboratedWhenRead: Bool {
    switch self {
    case .import, .precision, .seed, .const, .param, .function, .layer, .ode, .solver, .loss: true
    case .data, .test, .bench, .let, .study, .explain, .check, .plot, .print, .transfer, .assert,
      .expression, .invalid:
      false
    }
  }

  fileprivate var hasParameters: Bool {
    switch self {
    case .function, .layer, .loss, .ode: true
    case .import, .precision, .seed, .const, .param, .solver, .data, .test, .bench, .let, .study,
      .explain, .check, .plot, .print, .transfer, .assert, .expression, .invalid:
      false
    }
  }
}

extension Checker {
  /// A name of which nothing more is looked at.
  mutating func declareUnseen(_ name: Name) {
    if name.isWildcard || environment.modules[frame.module].names[name.spelling] != nil { return }
    redeclare(
      name.spelling, .value(.error, .fixed(.invalid)), module: frame.module, documentation: nil,
      span: name.span)
  }
}
