import NodalDiagnostics
import NodalMethods
import NodalSyntax
import NodalTypes

/// What the checker adds to the names that it tells an inquiry: what they are.
extension Checker {
  /// All that can be seen where a name stands that nothing is known of.
  func tellScope(of name: Name) {
    guard Inquiry.isAbout(name), let inquiry = Inquiry.current, !inquiry.isTelling else { return }
    inquiry.isTelling = true
    defer { inquiry.isTelling = false }
    // What reading a name makes (constants that are worked out, weights) is taken back.
    var trial = self
    trial.recorder = nil
    for spelling in namesByNearness {
      guard let known = trial.described(spelling) else {
        inquiry.refuse(spelling)
        continue
      }
      inquiry.describe(known)
    }
  }

  /// The fields of a value of which one is asked for that it doesn't have.
  func tellFields(of base: Meaning, _ name: Name, _ baseSpan: Span) {
    guard Inquiry.isAbout(name), let inquiry = Inquiry.current, !inquiry.isTelling else { return }
    inquiry.isTelling = true
    defer { inquiry.isTelling = false }
    if case .distribution = base {
      inquiry.describe(.init(name: "log_prob", kind: .function, detail: "log_prob(x)"))
    }
    if case .expression(let value) = base, case .dataset = resolve(value.type) {
      for part in ["first", "last"] {
        inquiry.describe(.init(name: part, kind: .function, detail: "\(part)(share)"))
      }
    }
    var trial = self
    trial.recorder = nil
    for candidate in inquiry.found where candidate.kind == .label {
      let own = Name.spelled(candidate.name, at: name.span)
      let meaning = trial.field(base, own, baseSpan, name.span)
      var known = trial.description(of: meaning, named: candidate.name)
      if known.kind == .value { known.kind = .field }
      inquiry.describe(known)
    }
  }

  /// All names that can be seen: what stands nearest first, and what the language itself brings last.
  private var namesByNearness: [String] {
    var members: [String] = []
    if let scope = frame.odeScope {
      for index in odeScopes[scope].states {
        let state = odeBuilders[odeScopes[scope].builder].states[index]
        let name = localName(state, scope)
        members += (0..<max(1, state.order)).map { name + String(repeating: "'", count: $0) }
      }
      members += odeMemberNames(scope).sorted()
      if frame.kind == .ode { members.append("t") }
    }
    let groups: [[String]] = [
      frame.names.keys.sorted(), members, frame.sizes.keys.sorted(),
      environment.modules[frame.module].names.keys.sorted(),
      environment.modules.first?.names.keys.sorted() ?? [],
      Intrinsic.allCases.filter { !$0.isInternal }.map(\.rawValue).sorted(),
      DistributionFamily.rows.keys.sorted(), MethodEntry.names,
    ]
    var seen: Set<String> = []
    return groups.joined().filter {
      !$0.hasPrefix("_") && !$0.hasPrefix("\u{0}") && seen.insert($0).inserted
    }
  }

  /// A name that can be seen, and what it is; nil for what can't be read here.
  private mutating func described(_ spelling: String) -> Inquiry.Candidate? {
    let name = Name.spelled(spelling, at: .none)
    if frame.names[spelling] == nil, name.primes == 0, let id = declaration(named: spelling) {
      let isMember = frame.odeScope.map { odeScopes[$0].members[spelling] != nil } ?? false
      if !isMember { return described(id, spelling) }
    }
    // Apart, as a look may declare what the description then names.
    let meaning = lookUp(name)
    return description(of: meaning, named: spelling)
  }

  private mutating func described(
    _ id: DeclarationID, _ spelling: String
  ) -> Inquiry.Candidate? {
    let declaration = environment.declarations[id.rawValue]
    if case .value = declaration.kind, frame.kind != .top { return nil }
    // Data that nothing needs are not read for a hint.
    if case .data = declaration.kind, environment.caches.data[id] == nil {
      return Inquiry.Candidate(
        name: spelling, kind: .data, documentation: declaration.documentation)
    }
    // Something that is being declared is not to be declared once more.
    let meaning = stack.contains(id) ? Meaning.invalid : value(of: id, .none)
    return declared(id, description(of: meaning, named: spelling))
  }

  /// A meaning in a few words: its type, or how it is called.
  func description(of meaning: Meaning, named name: String) -> Inquiry.Candidate {
    func candidate(_ kind: Inquiry.Kind, _ detail: String) -> Inquiry.Candidate {
      Inquiry.Candidate(name: name, kind: kind, detail: detail)
    }
    switch meaning {
    case .expression(let value):
      if value.kind.weight != nil { return candidate(.parameter, typeInWords(value.type)) }
      if case .dataset = resolve(value.type) { return candidate(.data, typeInWords(value.type)) }
      return candidate(.value, typeInWords(value.type))
    case .function(let id): return candidate(.function, signature(of: id))
    case .template(let id): return candidate(.layer, signature(of: id))
    case .instance(let instance): return candidate(.layer, signature(of: instance.declaration))
    case .closure(let closure):
      let names = closure.closure.parameters.map(\.name.spelling).joined(separator: ", ")
      return candidate(.function, "(\(names)) -> …")
    case .intrinsic(let intrinsic): return candidate(.function, intrinsic.callText)
    case .family(let family):
      return candidate(
        .distribution, "\(family.name)(\(family.parameters.joined(separator: ", ")))")
    case .distribution: return candidate(.distribution, meaning.kindText)
    case .method(let entry):
      return Inquiry.Candidate(
        name: name, kind: .solver, detail: "a method", documentation: entry.summary)
    case .solver: return candidate(.solver, meaning.kindText)
    case .ode: return candidate(.ode, meaning.kindText)
    case .part: return candidate(.ode, meaning.kindText)
    case .loss: return candidate(.loss, meaning.kindText)
    case .record(let fields):
      return candidate(.value, "{" + fields.map(\.name).joined(separator: ", ") + "}")
    case .range, .tuple, .openWidth, .term: return candidate(.value, meaning.kindText)
    case .invalid: return candidate(.value, "")
    }
  }

  /// As in a type, with what a name would leave out.
  func typeInWords(_ type: Type) -> String { resolve(type).isError ? "" : text(type) }

  /// Empty also for what was declared in a trial that was taken back since.
  private func signature(of id: DeclarationID) -> String {
    environment.declarations.indices.contains(id.rawValue)
      ? signature(of: environment.declarations[id.rawValue]) : ""
  }

  /// `kinetic(m, v) -> Real`, as it is declared.
  func signature(of declaration: Declaration) -> String {
    let start: Span
    let end: Int
    switch declaration.kind {
    case .function(let node): (start, end) = (node.name.span, node.body.span.start)
    case .layer(let node): (start, end) = (node.name.span, node.body.span.start)
    case .const, .param, .ode, .solver, .data, .loss, .value: return ""
    }
    let text = sourceText(Span(source: start.source, start: start.start, end: end))
    var head = Substring(text)
    while let last = head.last, last == "=" || last == "{" || last == " " { head.removeLast() }
    return String(head)
  }
}

extension Intrinsic {
  /// Whether no program has a use for it, now or at all.
  fileprivate var isInternal: Bool {
    switch kind {
    case .special(.later), .special(.openWidth), .special(.rate): true
    case .special, .ordinary: rawValue.hasPrefix("_")
    }
  }

  /// `linspace(from, to, count)`; what may be left out in brackets. Empty where the arguments are read in a way of its own.
  var callText: String {
    let (names, required) = signature
    if names.isEmpty { return "\(rawValue)(…)" }
    let shown = names.enumerated().map { $0.offset < required ? $0.element : "[\($0.element)]" }
    return "\(rawValue)(\(shown.joined(separator: ", ")))"
  }
}

extension Name {
  /// A name of its text with primes: `θ'`.
  static func spelled(_ spelling: String, at span: Span) -> Name {
    let text = spelling.prefix { $0 != "'" }
    return Name(String(text), primes: spelling.count - text.count, span: span)
  }
}
