package import NodalIR

/// How often right-hand sides were evaluated, over all trajectories: by the node of the program that solves, and apart for
/// the halves of a gradient.
package struct EvaluationCounts: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    /// Of the solve; nil where its maker gave none.
    package var origin: Origin?
    package var forward = 0
    /// By adjoint equations, and by steps that were reversed: each evaluates the right-hand side's derivative too.
    package var backward = 0
    /// Accepted steps, of solves forwards.
    package var steps = 0
  }
  /// Few: one for each solve in the program's text.
  package private(set) var entries: [Entry] = []

  package init() {}

  package mutating func add(_ origin: Origin?, forward: Int = 0, backward: Int = 0, steps: Int = 0)
  {
    guard let place = entries.firstIndex(where: { $0.origin == origin }) else {
      entries.append(
        Entry(origin: origin, forward: forward, backward: backward, steps: steps))
      return
    }
    entries[place].forward += forward
    entries[place].backward += backward
    entries[place].steps += steps
  }

  package mutating func add(_ other: EvaluationCounts) {
    for entry in other.entries {
      add(
        entry.origin, forward: entry.forward, backward: entry.backward, steps: entry.steps)
    }
  }

  /// Forgets, and keeps its memory.
  mutating func clear() { entries.removeAll(keepingCapacity: true) }

  package var forward: Int { entries.reduce(0) { $0 + $1.forward } }
  package var backward: Int { entries.reduce(0) { $0 + $1.backward } }
  package var steps: Int { entries.reduce(0) { $0 + $1.steps } }
}
