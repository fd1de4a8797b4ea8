import Foundation
import NodalChecking
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalTransforms

extension Session {
  /// Runs work that polls no flag (checking, compiling, reading and drawing files) on a thread of its own, and waits for it as long as
  /// nobody asks to stop. Then the work goes on alone, and nobody sees what comes of it.
  ///
  /// So it reads values, never the session. The change of threads costs some 50 µs, and more where others want the machine too.
  func alone<T: Sendable>(_ work: @escaping @Sendable () throws -> T) throws -> T {
    let errand = Errand<T>()
    let thread = Thread { errand.finish(Result { try work() }) }
    // Deep programs need more stack than a thread has by itself.
    thread.stackSize = 1 << 29
    thread.start()
    while true {
      if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: nil) }
      if let result = errand.wait(seconds: 0.01) { return try result.get() }
    }
  }
}

extension Session {
  /// A change of threads costs up to a millisecond on a busy machine: what has fewer parts than this is done in not much more.
  static let smallWork = 500

  /// Lowers an expression: alone if it is large.
  func lower<T: Sendable>(
    _ expression: TypedExpression, _ work: @escaping @Sendable () throws -> T
  ) throws -> T {
    var parts = 0
    expression.walk { part in
      parts += 1
      guard case .solve(let solve)? = part.errand, let ode = program.odes[solve.ode] else { return }
      for inner in ode.states.map(\.derivative) + ode.bindings.map(\.value) {
        inner.walk { _ in parts += 1 }
      }
    }
    return parts < Self.smallWork ? try work() : try alone(work)
  }

  /// Runs passes, and compiles what comes out of them: alone, unless it is small work.
  ///
  /// Several fits that compile the same share it: see `CompiledPrograms`.
  ///
  /// - Parameters:
  ///   - runsOnce: Then a program without loops is done sooner than machine code is made of it.
  ///   - lanes: How many it will run with, as a rule: what it needs for them is compiled at once.
  func compile(
    _ region: Region, _ passes: Pipeline, runsOnce: Bool = false, lanes: Int? = nil
  ) throws -> Runner {
    let isRare = runsOnce && !region.hasLoops
    if let compiled {
      return try compiled.runner(
        .init(region, passes, isRare: isRare),
        check: { if cancel.isSet { throw SessionFailure(.cancelled, "stopped", at: nil) } },
        make: { try make(region, passes, isRare: isRare, lanes: lanes) })
    }
    return try make(region, passes, isRare: isRare, lanes: lanes)
  }

  private func make(
    _ region: Region, _ passes: Pipeline, isRare: Bool, lanes: Int?
  ) throws -> Runner {
    let compiler = isRare ? executor.forRareUse : executor
    // Batches are cut into pieces before they run.
    let executor = lanes.map { compiler.expecting(lanes: Threads.chunks($0)[0].count) } ?? compiler
    let work: @Sendable () throws -> Runner = {
      let program = try executor.compile(try passes.run(region))
      guard region.solvesAutomatically else {
        return Runner(program, isWhole: region.solvesTogether)
      }
      return Runner(program, isWhole: region.solvesTogether) {
        guard let stiff = try region.solvingStiffly() else { return nil }
        return try executor.compile(try passes.run(stiff))
      }
    }
    return isRare && region.nodeCount < Self.smallWork ? try work() : try alone(work)
  }
}

/// Hands a result from one thread to another, which may have gone.
private final class Errand<T: Sendable>: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var result: Result<T, any Error>?

  func finish(_ result: Result<T, any Error>) {
    self.result = result
    done.signal()
  }

  /// Nil where it takes longer.
  func wait(seconds: Double) -> Result<T, any Error>? {
    done.wait(timeout: .now() + seconds) == .success ? result : nil
  }
}

extension Region {
  /// There is something in it that runs again and again.
  var hasLoops: Bool {
    contains { form in
      switch form {
      case .solve, .scan: true
      case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
        .scatter, .factorize, .linearSolve, .random, .branch, .map, .derivative, .interpolate:
        false
      }
    }
  }

  /// Nodes, those of inner regions included.
  var nodeCount: Int {
    nodes.reduce(0) { sum, node in node.form.regions.reduce(sum + 1) { $0 + $1.nodeCount } }
  }
}
