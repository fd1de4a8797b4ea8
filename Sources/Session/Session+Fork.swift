import Foundation
import NodalDiagnostics
import NodalExecution
import Synchronization

/// A session that begins as another one stands, for work beside it; what it has to say is kept until the other one tells it.
///
/// Sendable by discipline: it is one thread's at a time, first of whoever makes it, then of whoever works in it, at last of who made it again.
final class Fork: @unchecked Sendable {
  private final class Said { var events: [SessionEvent] = [] }

  let session: Session
  private let said: Said

  /// - Parameter count: How many work at a time: they share threads and memory.
  init(_ other: Session, sharedBy count: Int) {
    let said = Said()
    self.said = said
    var options = other.options
    options.threads = Threads(other.options.threads.count / max(1, count))
    session = Session(
      host: other.host, options: options, directory: other.directory, cancel: other.cancel,
      executor: other.executor
    ) { said.events.append($0) }
    for source in other.sources.values { session.remember(source) }
    session.environment = other.environment
    session.program = other.program
    session.weights = other.weights
    session.values = other.values
    session.lengths = other.lengths
    session.temporaries = other.temporaries
    session.warned = other.warned
    session.compiled = other.compiled
    session.sharers = other.sharers * max(1, count)
  }

  /// What it has said since it was asked last.
  fileprivate func take() -> [SessionEvent] {
    defer { said.events = [] }
    return said.events
  }
}

extension Session {
  /// Something short, for those who want to hear it.
  func say(_ words: String) {
    if !options.isQuiet { sink(.note(words)) }
  }

  /// Says what a fork had to say: what is known already isn't told again.
  func tell(_ fork: Fork, known: inout Set<Diagnostic>) {
    for event in fork.take() {
      if case .diagnostic(let found) = event {
        if let span = found.primary?.span {
          let placed = PlacedWarning(code: found.code, span: span)
          if fork.session.warned.contains(placed), !warned.insert(placed).inserted { continue }
        }
        if !known.insert(found).inserted { continue }
      }
      sink(event)
    }
  }

  /// Does `count` pieces of work, each in a fork of this session, as many at a time as there are threads. `tell` hears here, in the order of their
  /// numbers, what came of each that was begun; after a cancellation, or where it throws, no other is begun.
  ///
  /// Results don't depend on the number of threads: no piece sees what another one leaves.
  func sideBySide<T: Sendable>(
    _ count: Int, _ work: @escaping @Sendable (Int, Session) throws -> T,
    tell: (Int, Fork, Result<T, any Error>) throws -> Void
  ) throws {
    let workers = min(options.threads.count, count)
    guard workers > 1 else {
      for k in 0..<count where !cancel.isSet {
        let fork = Fork(self, sharedBy: 1)
        try tell(k, fork, Result { try work(k, fork.session) })
      }
      return
    }
    let board = Board<T>((0..<count).map { _ in Fork(self, sharedBy: workers) })
    let crew = DispatchGroup()
    for _ in 0..<workers {
      crew.enter()
      let thread = Thread { [cancel] in
        while !cancel.isSet, let (k, fork) = board.next() {
          board.put(k, fork, Result { try work(k, fork.session) })
        }
        crew.leave()
      }
      thread.stackSize = 1 << 26
      thread.start()
    }
    defer {
      board.close()
      crew.wait()
    }
    for k in 0..<count {
      // A piece that was begun comes to an end; one that wasn't, as all were told to stop, never will.
      var found = board.take(k)
      while found == nil, crew.wait(timeout: .now() + 0.005) == .timedOut { found = board.take(k) }
      guard let (fork, result) = found ?? board.take(k) else { continue }
      try tell(k, fork, result)
    }
  }
}

/// What is to be done, and what has come of it.
private final class Board<T: Sendable>: Sendable {
  private struct State {
    var waiting: [(Int, Fork)]
    var done: [Int: (Fork, Result<T, any Error>)] = [:]
  }
  private let state: Mutex<State>

  init(_ forks: [Fork]) {
    state = Mutex(State(waiting: forks.enumerated().map { ($0, $1) }.reversed()))
  }

  func next() -> (Int, Fork)? { state.withLock { $0.waiting.popLast() } }

  func put(_ k: Int, _ fork: Fork, _ result: Result<T, any Error>) {
    state.withLock { $0.done[k] = (fork, result) }
  }

  func take(_ k: Int) -> (Fork, Result<T, any Error>)? {
    state.withLock { $0.done.removeValue(forKey: k) }
  }

  /// Nothing more is begun.
  func close() { state.withLock { $0.waiting = [] } }
}
