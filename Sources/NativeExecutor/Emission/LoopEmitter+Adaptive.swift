import NodalExecution
import NodalMethods

/// Steps whose lengths follow from their errors, as `SteppingEngine` chooses them, operation by operation.
extension LoopEmitter {
  func emitAdaptive(_ control: StepControl) {
    let r = registers()
    // The next step's length with its sign.
    let next = Register(
      w, w.select(r.active, w.multiply(load(.proposal), r.direction), constant(0)))
    let previous = Register(w, load(.previous))
    let beforePrevious = Register(w, load(.beforePrevious))
    let wasRejected = Register(w, w.compare("ne", load(.wasRejected), .integer(0, i64)))
    let rejected = Register(w, load(.rejected))
    let corner = problem.corners.map { Corner(pace: $0, self) }

    w.repeatWhile {
      // The step's size, as `SteppingEngine.nextSteps` chooses it.
      let now = r.t.value
      let remaining = w.subtract(r.end, now)
      let free = next.value
      let size = w.intrinsic("fabs", [free])
      let lands = w.compare(
        "oge", w.multiply(size, constant(1.01)), w.intrinsic("fabs", [remaining]))
      let ahead = w.add(now, free)
      let isSpent = w.compare("sle", r.budget.value, .integer(0, i64))
      let isShort = w.and(w.not(lands), isTooShort(size, at: now))
      let blocked = w.or(isSpent, isShort)
      // h, its end, and the lanes that go, that are stuck before the step, that will have landed after it.
      let start = Choice(w, [f64, f64, mask, mask, mask])
      w.branch(w.any(w.and(r.active, w.or(lands, blocked))), isLikely: false) {
        let goes = w.and(r.active, w.not(blocked))
        start.choose([
          w.select(goes, w.select(lands, remaining, free), constant(0)),
          w.select(lands, r.end, ahead), goes, w.and(r.active, blocked), w.and(goes, lands),
        ])
      } _: {
        start.choose([free, ahead, r.active, .constant(0, mask), .constant(0, mask)])
      }
      let (h, target, goes, isBlocked, isLanding) = (
        start[0], start[1], start[2], start[3], start[4]
      )
      let results = takeStep(r, at: now, h)

      // Whether it is taken, and the next step's length.
      let finite = isFinite(results.after)
      let error = results.error ?? constant(0)
      let history = StepControl.Memory(
        previous: previous.value, beforePrevious: beforePrevious.value,
        rejected: wasRejected.value)
      func remember(_ counted: Operand?, next length: Operand, _ memory: StepControl.Memory) {
        next.update(counted, length)
        previous.update(counted, memory.previous)
        beforePrevious.update(counted, memory.beforePrevious)
        wasRejected.update(counted, memory.rejected)
      }
      let usual = control.usual(squaredError: error, proposal: results.proposal, history)
      let outcome = Choice(w, [mask, mask])
      var isUsual = w.and(goes, w.and(finite, usual.holds))
      if let corner { isUsual = w.and(isUsual, w.not(w.or(isLanding, corner.isAt.value))) }
      w.branch(w.any(w.and(r.active, w.not(isUsual))), isLikely: false) {
        let decision = control.decide(
          squaredError: w.select(finite, error, constant(.infinity)), proposal: results.proposal,
          history)
        let taken = w.and(goes, decision.accepted)
        var length = w.multiply(w.intrinsic("fabs", [h]), decision.factor)
        if let corner {
          length = corner.length(length, decision.factor, h: h, wanted: size, taken, self)
        }
        let refused = w.and(goes, w.not(decision.accepted))
        // A step that can't be repaired is left as it was before: the engine tries it again, and says why.
        let hopeless = w.and(refused, isTooShort(length, at: now))
        let counted = w.and(goes, w.not(hopeless))
        remember(counted, next: w.multiply(length, r.direction), decision.memory)
        rejected.set(w.add(rejected.value, bit(w.and(counted, w.not(taken)))))
        r.budget.set(w.subtract(r.budget.value, bit(counted)))
        advance(r, taken, to: target, results)
        outcome.choose([taken, w.or(isBlocked, hopeless)])
      } _: {
        // Lanes without a trajectory go along; nobody reads them.
        remember(nil, next: w.multiply(h, usual.factor), usual.memory)
        r.budget.set(w.subtract(r.budget.value, .integer(1, i64)))
        advance(r, nil, to: target, results)
        outcome.choose([goes, .constant(0, mask)])
      }
      let (taken, stuck) = (outcome[0], outcome[1])
      let tried = w.and(goes, w.not(stuck))
      meet(r, tried: tried, taken: taken, t: now, h: h, target: target, results)
      return goesOn(r, taken: taken, stuck: stuck, landed: w.and(taken, isLanding))
    }

    store(r)
    w.store(w.intrinsic("fabs", [next.value]), address(.proposal))
    save(.previous, previous)
    save(.beforePrevious, beforePrevious)
    save(.wasRejected, bit(wasRejected.value))
    save(.rejected, rejected.value)
    if let corner {
      save(.isAtCorner, bit(corner.isAt.value))
      save(.behindCorner, corner.behind)
    }
  }

  /// See `SteppingEngine.propose`.
  private struct Corner {
    let pace: CornerPace
    let isAt, behind: Register

    init(pace: CornerPace, _ loop: LoopEmitter) {
      self.pace = pace
      let w = loop.w
      isAt = Register(w, w.compare("ne", loop.load(.isAtCorner), .integer(0, loop.i64)))
      behind = Register(w, loop.load(.behindCorner))
    }

    /// The next step's length behind one that is taken in some lanes.
    func length(
      _ proposed: Operand, _ factor: Operand, h: Operand, wanted: Operand, _ taken: Operand,
      _ loop: LoopEmitter
    ) -> Operand {
      let w = loop.w
      let isCut = w.and(
        w.compare("olt", w.intrinsic("fabs", [h]), wanted),
        w.compare("oge", factor, loop.constant(pace.leastFactor)))
      let isLonger = w.and(w.and(taken, isCut), w.compare("ogt", wanted, proposed))
      let length = w.select(isLonger, wanted, proposed)
      let isFirst = w.and(taken, isAt.value)
      behind.update(isFirst, w.multiply(length, loop.constant(pace.lengthBehind)))
      isAt.set(w.and(isAt.value, w.not(taken)))
      return length
    }
  }

  /// See `StepController.shortest`.
  private func isTooShort(_ length: Operand, at t: Operand) -> Operand {
    let relative = w.multiply(
      w.intrinsic("fabs", [t]), constant(10 * Double.ulpOfOne))
    let least = constant(10 * Double.leastNormalMagnitude)
    let shortest = w.select(w.compare("ogt", relative, least), relative, least)
    return w.not(w.compare("ogt", length, shortest))
  }
}
