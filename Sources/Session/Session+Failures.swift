import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalExecution
import NodalIR
import NodalMethods
import NodalReporting
import NodalTransforms
import NodalTypes

/// Words for what goes wrong while a program runs, in the names that the program gives things.
extension Session {
  func describe(_ error: any Error, at span: Span?) -> Diagnostic {
    switch error {
    case let failure as SessionFailure: return failure.diagnostic
    case let problem as any DiagnosableError: return problem.diagnostic
    case let failure as LoweringFailure: return describe(failure.error, failure.origins, at: span)
    case let error as IRError: return describe(error, [], at: span)
    case let error as HostError:
      return Diagnostic(.writeFailed, error.message, at: span.map { Label($0) })
    case let refusal as PathRefusal:
      return DataProblem(.refused(refusal), file: refusal.path, request: span).diagnostic
    default:
      return Diagnostic(.internalInconsistency, "\(error)", at: span.map { Label($0) })
    }
  }

  /// What passes refuse is told in the program's names; any other error stays what it is.
  func told(_ error: any Error, _ origins: [LoweredOrigin], at span: Span?) -> any Error {
    guard let refusal = (error as? IRError)?.refusal else { return error }
    return SessionFailure(describe(refusal, origins, at: span))
  }

  private func describe(
    _ error: IRError, _ origins: [LoweredOrigin], at span: Span?
  ) -> Diagnostic {
    if let refusal = error.refusal { return describe(refusal, origins, at: span) }
    return Diagnostic(
      .internalInconsistency, "the compiler made a program that breaks its own rules: \(error)",
      at: span.map { Label($0) }, help: ["this is a bug of Nodal; please report the program"])
  }

  /// A program that is right, and that a pass can't serve.
  func describe(
    _ refusal: Refusal, _ origins: [LoweredOrigin] = [], at span: Span?
  ) -> Diagnostic {
    let place = origins.place(of: refusal.origin)
    let ode = place?.ode.flatMap { program.odes[$0] }
    switch refusal.kind {
    case .notSeparable(let component, let other):
      func name(_ i: Int) -> String {
        ode.flatMap { blame(i, in: $0) }.map { "`\($0.name)'`" }
          ?? "the derivative of component \(i)"
      }
      let state =
        ode.flatMap { blame(other, in: $0) }.map { "`\($0.name)`" } ?? "component \(other)"
      var also: [Label] = []
      if let state = ode.flatMap({ blame(component, in: $0) }) {
        also.append(Label(state.equationSpan, "its equation"))
      }
      return Diagnostic(
        .notSeparable,
        "leapfrog wants a separable system, and \(name(component)) depends on \(state)"
          + (component == other ? " itself" : ", which changes with it"),
        at: (place?.span ?? span).map { Label($0) }, also: also,
        help: [
          "positions may change by momenta (and t) alone, momenta by positions: no friction, no mixed terms",
          "other methods, tsit5 among them, take any system",
        ])
    case .noSeries(let name):
      return Diagnostic(
        .noSeries,
        "taylor wants a power series of the right-hand side, and \(Self.seriesless(name)) has none here",
        at: (place?.span ?? span).map { Label($0) },
        also: place == nil || place?.span == span
          ? [] : span.map { [Label($0, "solved here")] } ?? [],
        help: ["other methods, dop853 among them, take any system"])
    case .algebraic(let component):
      let state = ode.flatMap { blame(component, in: $0) }
      return Diagnostic(
        .algebraicEquations,
        "this method wants an equation for each derivative, and \(state.map { "`\($0.name)`" } ?? "a state") has none",
        at: (place?.span ?? span).map { Label($0) },
        also: state.map { [Label($0.equationSpan, "its equation")] } ?? [],
        help: ["`rodas5p` and `rosenbrock23` solve algebraic equations; `auto` takes `rodas5p`"])
    case .undetermined(let component):
      let state = ode.flatMap { blame(component, in: $0) }
      return Diagnostic(
        .undeterminedState,
        "no equation is left to determine \(state.map { "`\($0.name)`" } ?? "a state")",
        at: (place?.span ?? span).map { Label($0) },
        also: state.map { [Label($0.span, "this state")] } ?? [],
        help: [
          "each algebraic equation must determine a state without a derivative (index 1)",
          "where it holds states that have derivatives alone, differentiate it by hand",
        ])
    case .noiseNotDiagonal(let component, let other):
      let own = ode.flatMap { blame(component, in: $0) }.map { "`\($0.name)`" } ?? "a component"
      let what =
        other.map { other in
          let state = ode.flatMap { blame(other, in: $0) }.map { "`\($0.name)`" }
          return "the noise of \(own) depends on \(state ?? "another")"
        } ?? "here motions drive several states together"
      return Diagnostic(
        .noiseNotDiagonal, "milstein wants a motion for each component, and \(what)",
        at: (place?.span ?? span).map { Label($0) }, also: noiseLabels(ode, component),
        help: ["`euler_maruyama` takes any noise"])
    case .noiseNotAdditive(let component):
      let own = ode.flatMap { blame(component, in: $0) }.map { "`\($0.name)`" } ?? "a component"
      return Diagnostic(
        .noiseNotAdditive,
        "srk is for noise that doesn't depend on the state, and that of \(own) does",
        at: (place?.span ?? span).map { Label($0) }, also: noiseLabels(ode, component),
        help: ["`milstein(dt: …)` and `euler_maruyama(dt: …)` take it"])
    case .noTangentOfNoise:
      return Diagnostic(
        .noTangentOfNoise, "a solve with noise has no derivative forwards",
        at: (place?.span ?? span).map { Label($0) },
        help: ["`grad` and the gradients of losses go backwards through its steps"])
    case .noDerivativeOfDelay(let derivative):
      let (what, help) =
        switch derivative {
        case .second:
          (
            "a second derivative by a delay, or with delays through jumps of the solution",
            "`lbfgs` and `adam` want first derivatives alone"
          )
        case .byTimes:
          (
            "a derivative by the times of a solve that reads earlier states",
            "`over:` and `at:` of such a solve must not depend on what is differentiated by"
          )
        }
      return Diagnostic(
        .noDerivativeOfDelay, "there is no \(what.dropFirst(2))",
        at: (place?.span ?? span).map { Label($0) }, help: [help])
    case .tooLarge(let count):
      return Diagnostic(
        .notSupportedYet,
        "an array of \(NumberFormat.significant(count, 3)) numbers is too large",
        at: (place?.span ?? span).map { Label($0) },
        help: ["an array holds at most 268 million numbers"])
    case .spectral(let name):
      return Diagnostic(
        .eigenvaluesInProgram,
        "`\(name)` is found between programs, and can't be part of a loop or a loss",
        at: (place?.span ?? span).map { Label($0) },
        help: ["it takes an array of matrices, too: gather them first, then call `\(name)` once"])
    case .acceptedSteps:
      return Diagnostic(
        .resultUndefined,
        "this solution holds the steps that the solver happens to take, and can't be read inside of a loop",
        at: (place?.span ?? span).map { Label($0) },
        help: ["say when: `solve(…, every: 0.1)` or `at: times`"])
    }
  }

  /// What the language calls an op or a form of which Taylor methods have no series.
  private static func seriesless(_ name: String) -> String {
    switch name {
    case "branch": "an `if`"
    case "scan": "a loop (`fold`, `scan`)"
    case "map": "a `map`"
    case "solve": "a `solve`"
    case "interpolate": "a solution that is read"
    default: "`\(name)`"
    }
  }

  func describe(_ error: ExecutionError, _ lowered: LoweredProgram) -> Diagnostic {
    switch error {
    case .cancelled:
      return Diagnostic(.cancelled, "stopped", at: nil)
    case .argument(let index, let expected, let found):
      return Diagnostic(
        .internalInconsistency, "argument \(index) is \(found), and should be \(expected)", at: nil)
    case .solve(let failure):
      return describe(failure, lowered)
    case .differentTimes(let mismatch):
      return describe(mismatch, lowered)
    case .stiff:
      return Diagnostic(
        .internalInconsistency, "a stiff solve was given up, and nothing took its place", at: nil)
    case .recordTooLarge(let excess):
      let place = lowered.origins.place(of: excess.origin)
      let gigabytes = NumberFormat.significant(Double(excess.byteCount) / 1e9, 3)
      return Diagnostic(
        .recordTooLarge,
        "the record of the steps of \(odeName(at: place) ?? "this system") would take \(gigabytes) GB for \(excess.steps) steps, more than there is memory for",
        at: place.map { Label($0.span) },
        help: [
          "`gradient: adjoint` needs no record",
          "looser tolerances take fewer steps, smaller batches (`batch:`) hold fewer trajectories",
        ])
    case .index(let miss):
      let place = lowered.origins.place(of: miss.origin)
      switch place?.lookup {
      case .label:
        return Diagnostic(
          .indexOutOfRange, "the label \(miss.index) is none of \(miss.length) classes",
          at: place.map { Label($0.span) },
          help: ["labels go from 0 to \(miss.length - 1), one for each logit"])
      case .timesOfInput:
        return Diagnostic(
          .inputTimesNotIncreasing,
          "the times of these samples don't increase: that of number \(miss.index), counted from 0, is not behind the one before",
          at: place.map { Label($0.span) },
          help: ["sort the samples by time, and drop repeated ones"])
      case .stepsOfInput:
        return Diagnostic(
          .inputTimesUneven,
          "these samples are not equally spaced: the step to number \(miss.index), counted from 0, differs by more than a hundredth from the others",
          at: place.map { Label($0.span) },
          help: ["`akima` and `linear` take samples at any times"])
      case .point: return describe(PointFailure(rawValue: miss.index), place)
      case nil: break
      }
      // Indices below 0 have been counted from the end by now.
      let index = miss.index < 0 ? miss.index - miss.length : miss.index
      return Diagnostic(
        .indexOutOfRange, "index \(index) is out of range: the length is \(miss.length)",
        at: place.map { Label($0.span) },
        help: [
          miss.length == 0
            ? "there is nothing in it"
            : "indices go from 0 to \(miss.length - 1), or from -1 back to -\(miss.length)"
        ])
    }
  }

  /// The name of the ode that a place belongs to.
  func odeName(at place: LoweredOrigin?) -> String? {
    place?.ode.flatMap { program.odes[$0]?.name }.map { "`\($0)`" }
  }

  private func describe(_ mismatch: TimeMismatch, _ lowered: LoweredProgram) -> Diagnostic {
    let place = lowered.origins.place(of: mismatch.origin)
    let name = odeName(at: place) ?? "this system"
    let (first, other) = (
      NumberFormat.significant(mismatch.first, 5), NumberFormat.significant(mismatch.other, 5)
    )
    let what = mismatch.isSaveTime ? "is to be saved" : "ends"
    return Diagnostic(
      .differentTimes,
      "with `batching: joint` the examples of a batch are solved together, but \(name) \(what) at \(first) for one and at \(other) for number \(mismatch.trajectory)",
      at: place.map { Label($0.span) },
      help: [
        "`batching: own` gives each example its own steps, and needs no such agreement",
        "examples may begin at times of their own, if they are equally long from there",
      ])
  }

  private func describe(_ failure: SolveFailure, _ lowered: LoweredProgram) -> Diagnostic {
    let place = lowered.origins.place(of: failure.origin)
    let ode = place?.ode.flatMap { program.odes[$0] }
    let state = ode.flatMap { blame(failure.component, in: $0) }
    let event = failure.event.flatMap { k in
      ode.flatMap { $0.events.indices.contains(k) ? $0.events[k] : nil }
    }
    let odeName = ode.map { "`\($0.name)`" } ?? "this solve"
    let time = NumberFormat.significant(failure.time, 5)
    func at(_ values: [Double]?) -> String? {
      guard let values, values.indices.contains(failure.component) else { return nil }
      return NumberFormat.significant(values[failure.component], 3)
    }
    let slope = at(failure.derivative)
    let code: DiagnosticCode
    var message: String
    var help: [String]
    let stiffMethod = Self.stiffMethod(ode)
    switch failure.status {
    case .ok:
      return Diagnostic(.internalInconsistency, "a solve failed without a reason", at: nil)
    case .stepTooSmall:
      code = .stepTooSmall
      message =
        "the step size fell to \(NumberFormat.significant(failure.step, 2)) at t = \(time) in \(odeName)"
      if let state, let slope { message += ": \(state.name)' is \(slope)" }
      help = [
        "the solution may grow without bound there, or jump: look at it up to just before that time",
        "a stiff system needs a stiff method, as `\(stiffMethod)`; looser tolerances also help where noise is the cause",
      ]
    case .nonFinite where failure.step == 0 && ode?.implicit.isEmpty == false:
      code = .nonFiniteState
      let near = event.map { "those that `\($0.name)` leaves" } ?? "the initial ones"
      message = "no values near \(near) satisfy the equations of \(odeName) at t = \(time)"
      help =
        event == nil
        ? ["start the states that have no derivative nearer to a solution"]
        : ["the event changes a state so far that those without derivatives can't follow"]
    case .nonFinite:
      code = .nonFiniteState
      message =
        "a value is not finite after t = \(time) in \(odeName)"
        + (event.map { ", behind `\($0.name)`" } ?? "")
      if let state {
        message += ": \(state.name)"
        if let next = at(failure.next) { message += " became \(next)" }
        if let value = at(failure.state) { message += " from \(value)" }
        if let slope { message += ", where \(state.name)' is \(slope)" }
      }
      help = [
        "look for a division by zero, a log or root of a negative number, or growth without bound",
        "a smaller step (fixed steps) or start nearer to the data (fits) may keep it finite",
      ]
    case .exploded:
      code = .nonFiniteState
      message = "the solution explodes after t = \(time) in \(odeName)"
      if let state, let next = at(failure.next) { message += ": \(state.name) became \(next)" }
      help = [
        "given steps don't notice when they are too long: take shorter ones, or a method that chooses them, as tsit5 does",
        "or the solution itself grows without bound",
      ]
    case .saveTimes:
      code = .timesOutsideSpan
      message =
        "the times to save at don't go from the start to the end of the span in order, in \(odeName)"
      help = [
        "sort the times of `at:`; they may not lie outside of `over:`",
        "a solve backwards in time goes from the later to the earlier: over: 1..0",
      ]
    case .delay:
      code = .delayNotPositive
      message =
        failure.step < 0
        ? "a delay of \(odeName), or the span of its solve, is \(NumberFormat.significant(failure.step, 4))"
        : "a delay of \(odeName) is \(NumberFormat.significant(failure.step, 4))"
      help = [
        "delays are positive, and equations with delays go forwards in time",
        "a delay that is learned stays so with bounds: `param τ = 2 in 0.1..10`",
      ]
    case .eventsWithoutEnd:
      code = .eventsWithoutEnd
      message = "events without end at t = \(time) in \(odeName)"
      if let event { message += ": `\(event.name)` happens again and again, in less and less time" }
      help = [
        "end the solve before that time",
        "what comes to rest needs equations of rest: `nodal explain-error E1017` shows how",
      ]
    case .stepBudget:
      code = .stepBudget
      message =
        "\(NumberFormat.grouped(failure.steps)) steps did not reach the end: t = \(time) in \(odeName)"
      if let state, let slope { message += "; \(state.name)' is \(slope) there" }
      help = [
        "raise max_steps, loosen rtol and atol, or shorten the span",
        "many tiny steps are a sign of a stiff system or of one that blows up",
      ]
      if ode?.readsEarlierStates == true {
        help.append("no step is longer than the shortest delay")
      }
      if let stiff = failure.stiffFrom {
        message +=
          "; it looks stiff from about t = \(NumberFormat.significant(stiff, 4)) on: stability, not accuracy, limits the steps"
        help = [
          "take a stiff method, as `solver: \(stiffMethod)`; or raise max_steps, or shorten the span",
          "looser tolerances don't help where stability limits the steps",
        ]
      }
    }
    if failure.trajectory > 0 || failure.followsLanes {
      help.append("it is number \(failure.trajectory) of the batch, counted from 0")
    }
    var also: [Label] = []
    if let event {
      also.append(Label(event.span, "the event"))
    } else if let state {
      also.append(Label(state.equationSpan, "its equation"))
    }
    return Diagnostic(code, message, at: place.map { Label($0.span) }, also: also, help: help)
  }

  /// The state that a component of the flat state belongs to.
  private func blame(_ component: Int, in ode: OdeInstance) -> OdeInstance.State? {
    var start = 0
    for state in ode.states {
      let count = state.type.tensor?.shape.values?.reduce(1, *) ?? 1
      if (start..<(start + count)).contains(component) { return state }
      start += count
    }
    return ode.states.first
  }

  /// Where the noise of a component is given.
  private func noiseLabels(_ ode: OdeInstance?, _ component: Int) -> [Label] {
    guard let ode, let state = blame(component, in: ode),
      let noise = ode.noise.first(where: { noise in
        noise.states.contains { ode.states[$0].name == state.name }
      })
    else { return [] }
    return [Label(noise.span, "driven here")]
  }

  /// Warnings of a run, each kind once for each place.
  func tell(_ report: RunReport, _ lowered: LoweredProgram) {
    for warning in report.warnings {
      let (code, origin): (DiagnosticCode, Origin?)
      switch warning {
      case .stiff(_, let place), .switched(_, let place): (code, origin) = (.looksStiff, place)
      case .unstable(_, _, let place): (code, origin) = (.unstableSteps, place)
      case .companionAstray(_, _, let place): (code, origin) = (.companionAstray, place)
      case .adjointDrift(_, _, let place): (code, origin) = (.gradientDrift, place)
      }
      let place = lowered.origins.place(of: origin)
      if let span = place?.span,
        !warned.insert(PlacedWarning(code: code, span: span)).inserted
      {
        continue
      }
      let name = odeName(at: place) ?? "the system"
      let ode = place?.ode.flatMap { program.odes[$0] }
      let (message, help) = words(of: warning, about: name, Self.stiffMethod(ode))
      sink(.diagnostic(Diagnostic(code, message, at: place.map { Label($0.span) }, help: help)))
    }
  }

  /// What `auto` takes where an ode is stiff.
  private static func stiffMethod(_ ode: OdeInstance?) -> String {
    Method.nameForStiff(looksBack: ode?.readsEarlierStates == true)
  }

  private func words(
    of warning: RunWarning, about name: String, _ stiffMethod: String
  ) -> (String, help: [String]) {
    switch warning {
    case .stiff(let time, _):
      return (
        "\(name) looks stiff from about t = \(NumberFormat.significant(time, 4)) on: "
          + "stability, not accuracy, limits the steps",
        ["the result is right, and slow: `solver: \(stiffMethod)` takes longer steps"]
      )
    case .switched(let time, _):
      return (
        "\(name) is stiff from about t = \(NumberFormat.significant(time, 4)) on: "
          + "`auto` took `\(stiffMethod)` for it",
        ["`solver: \(stiffMethod)()` begins with it, which saves the look"]
      )
    case .unstable(let time, let growth, _):
      return (
        "the steps of \(name) are too long from about t = \(NumberFormat.significant(time, 4)) on: "
          + "a state has grown \(NumberFormat.significant(growth, 2)) times over by steps that don't resolve its growth",
        ["take shorter steps, or a method that chooses them, as tsit5 does"]
      )
    case .companionAstray(let time, _, _):
      return (
        "by t = \(NumberFormat.significant(time, 4)) what the method remembers beside the state of \(name) has come off it: neither is to be trusted",
        [
          "where an equation damps, a companion of its state grows: `tsit5`, or `rk4` for given steps, damps as it does",
          "else the steps are too long",
        ]
      )
    case .adjointDrift(let time, let ratio, _):
      let distance = NumberFormat.significant(ratio, 2)
      return (
        "the gradient of \(name) is not to be trusted: its state, solved backwards, is \(distance) tolerances off at t = \(NumberFormat.significant(time, 4))",
        [
          "what decays forwards grows backwards; `gradient: direct` and `gradient: interpolated` don't solve the state backwards",
          "more save points, or tighter tolerances, help where it is off by little",
        ]
      )
    }
  }
}

/// A warning that was given, and where.
struct PlacedWarning: Hashable {
  var code: DiagnosticCode
  var span: Span
}

extension [LoweredOrigin] {
  /// Where a node came from; nil for one that lowering didn't make.
  func place(of origin: Origin?) -> LoweredOrigin? {
    origin.flatMap { indices.contains($0.id) ? self[$0.id] : nil }
  }
}
