import NodalDiagnostics
import NodalSyntax

extension File {
  /// Words that statements which could not be read may have declared. Where they are missed, the mistake has
  /// been told already.
  func damagedNames(in text: SourceFile) -> Set<String> {
    var spans: [Span] = []
    for statement in statements { statement.collectDamage(into: &spans) }
    return spans.reduce(into: []) { names, span in
      // What is declared stands before what it is.
      let head = text.text(of: span).prefix { !"={~\n".contains($0) }
      for word in head.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }) {
        names.insert(String(word))
      }
    }
  }
}

extension Statement {
  fileprivate func collectDamage(into spans: inout [Span]) {
    switch self {
    case .invalid(let span): spans.append(span)
    case .function(let node): node.body.collectDamage(into: &spans)
    case .layer(let node): node.body.collectDamage(into: &spans)
    case .loss(let node): node.body.collectDamage(into: &spans)
    case .ode(let node): for item in node.items { item.collectDamage(into: &spans) }
    case .test(let node): for inner in node.statements { inner.collectDamage(into: &spans) }
    case .bench(let node):
      for inner in node.statements { inner.collectDamage(into: &spans) }
      if case .invalid(let span) = node.work { spans.append(span) }
    case .import, .precision, .seed, .const, .param, .solver, .data, .let, .study, .explain, .check,
      .plot, .print, .transfer, .assert, .expression:
      break
    }
  }
}

extension OdeItem {
  fileprivate func collectDamage(into spans: inout [Span]) {
    switch self {
    case .invalid(let span): spans.append(span)
    case .layer(let node): node.body.collectDamage(into: &spans)
    case .for(let loop): for item in loop.body { item.collectDamage(into: &spans) }
    case .state, .param, .const, .let, .part, .known, .learned, .equation, .input, .noise, .output,
      .event:
      break
    }
  }
}

extension Body {
  fileprivate func collectDamage(into spans: inout [Span]) {
    guard case .block(let block) = self else { return }
    for statement in block.statements { statement.collectDamage(into: &spans) }
  }
}

extension LocalStatement {
  fileprivate func collectDamage(into spans: inout [Span]) {
    switch self {
    case .invalid(let span): spans.append(span)
    case .for(let loop): for inner in loop.body { inner.collectDamage(into: &spans) }
    case .let, .var, .const, .param, .assign, .observe: break
    }
  }
}
