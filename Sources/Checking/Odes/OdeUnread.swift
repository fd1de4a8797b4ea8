import NodalDiagnostics

/// What an ode declares and nothing reads: a parameter that a fit can't move, a forgotten term.
struct UnreadMembers: Sendable {
  private struct Member: Sendable {
    var name: String
    var ode: String
    /// A state that stays as it is.
    var isState: Bool
  }

  /// By the place of their declaration.
  private var unread: [Span: Member] = [:]
  private var read: Set<Span> = []

  /// A member that the equations, outputs and events of an ode have read, or not.
  mutating func note(
    _ name: String, at span: Span, of ode: String, isRead: Bool, isState: Bool = false
  ) {
    if isRead {
      read.insert(span)
    } else {
      unread[span] = Member(name: name, ode: ode, isState: isState)
    }
  }

  /// Those that no ode reads, children's included, nor anybody else by their name; each once.
  mutating func take(from sources: [SourceID: SourceFile]) -> [Diagnostic] {
    defer { unread = [:] }
    return unread.filter { !read.contains($0.key) }.sorted { $0.key.start < $1.key.start }
      .compactMap { span, member in
        guard let text = sources[span.source]?.text, !Self.mentions(text, "." + member.name) else {
          return nil
        }
        read.insert(span)
        return Diagnostic(
          .unreadMember,
          member.isState
            ? "nothing reads `\(member.name)` of `\(member.ode)`, and nothing changes it"
            : "nothing in `\(member.ode)` reads `\(member.name)`",
          at: Label(span),
          help: ["leave it out, or put it where it belongs: as it is, no result depends on it"])
      }
  }

  /// Whether a text has a name behind its dot, as a word.
  private static func mentions(_ text: String, _ name: String) -> Bool {
    text.ranges(of: name).contains { range in
      guard range.upperBound < text.endIndex else { return true }
      let next = text[range.upperBound]
      return !(next.isLetter || next.isNumber || next == "_" || next == "'")
    }
  }
}

extension Checker {
  /// Takes down what nothing of a finished ode has read. What is left to elaborate is what nobody has asked for.
  mutating func noteUnread(_ builder: Int, _ ode: OdeInstance) {
    for scope in odeScopes where scope.builder == builder {
      for name in scope.order {
        guard let member = scope.members[name], member.module == environment.userModule else {
          continue
        }
        switch member.kind {
        case .param, .const, .let, .known, .learned, .layer, .input: break
        case .part, .output: continue
        }
        let isRead = if case .pending = member.status { false } else { true }
        unreadMembers.note(name, at: member.span, of: ode.name, isRead: isRead)
      }
    }
    let changed = Set(
      ode.events.flatMap { $0.assignments.map(\.state) } + ode.noise.flatMap(\.states))
    let (delays, delayed) = (odeBuilders[builder].delays, odeBuilders[builder].delayed)
    let shared =
      ode.implicit.map(\.value) + ode.outputs.map(\.value) + ode.events.flatMap(\.values)
      + ode.noise.map(\.value) + delays.map(\.value)
    for (place, state) in ode.states.enumerated() {
      let isRead =
        !state.derivative.isLiteralZero || state.isFree || changed.contains(place)
        || delayed.contains { $0.state == state.local }
        || shared.contains { reads($0, anyOf: [state.local]) }
        || ode.states.indices.contains {
          $0 != place && reads(ode.states[$0].derivative, anyOf: [state.local])
        }
      unreadMembers.note(
        state.name, at: state.span, of: ode.name, isRead: isRead, isState: true)
    }
  }
}
