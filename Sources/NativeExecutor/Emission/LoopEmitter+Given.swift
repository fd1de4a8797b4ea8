import NodalExecution
import NodalIR

/// Steps of given lengths: each stretch between save times is cut into equal ones, as `StepGap` does it, operation by operation.
extension LoopEmitter {
  func emitGiven(budget: Int, growth: Double, largest: Double) {
    let r = registers()
    let reached = block(blockCount - 1, ValueType(.f64, shape: [dimension]))
    let limit = reached.map { size in
      let bound = w.multiply(size, constant(growth))
      return w.select(w.compare("olt", bound, constant(largest)), bound, constant(largest))
    }
    let longest = load(.longest)
    let gapStart = Register(w, load(.gapStart))
    let gapEnd = Register(w, load(.gapEnd))
    let length = Register(w, w.select(r.active, load(.gapStep), constant(0)))
    let count = Register(w, load(.gapCount))
    let done = Register(w, load(.gapDone))
    let one = Operand.integer(1, i64)

    w.repeatWhile {
      let now = r.t.value
      let h = length.value
      let number = w.add(done.value, one)
      let isLast = w.compare("sge", number, count.value)
      let place = w.convert("sitofp", number, to: f64)
      let ahead = w.add(gapStart.value, w.multiply(place, h))
      let target = w.select(isLast, gapEnd.value, ahead)
      let goes = w.and(r.active, w.compare("sgt", r.budget.value, .integer(0, i64)))
      let results = takeStep(r, at: now, h)

      // What grows is looked at by the engine (see `refuseExplosions`), as is what leaves the numbers: the step isn't taken.
      var fine = isFinite(results.after)
      for (value, bound) in zip(results.after, limit) {
        let size = w.intrinsic("fabs", [value])
        let wide = size.type.scalar == .f64 ? size : w.convert("fpext", size, to: f64)
        fine = w.and(fine, w.compare("ole", wide, bound))
      }
      let taken = w.and(goes, fine)
      let stuck = w.and(r.active, w.not(taken))
      w.branch(w.any(stuck), isLikely: false) {
        r.budget.set(w.subtract(r.budget.value, bit(taken)))
        advance(r, taken, to: target, results)
        done.update(taken, number)
      } _: {
        r.budget.set(w.subtract(r.budget.value, one))
        advance(r, nil, to: target, results)
        done.set(number)
      }
      meet(r, tried: taken, taken: taken, t: now, h: h, target: target, results)
      let isThrough = w.and(taken, isLast)
      let landed = w.and(isThrough, w.compare("oeq", target, r.end))
      w.branch(w.any(w.and(isThrough, w.not(landed))), isLikely: false) {
        let next = gap(r, from: target, longest, budget)
        gapStart.update(isThrough, target)
        gapEnd.update(isThrough, next.end)
        length.update(isThrough, next.h)
        count.update(isThrough, next.count)
        done.update(isThrough, .integer(0, i64))
      }
      return goesOn(r, taken: taken, stuck: stuck, landed: landed)
    }

    store(r)
    save(.gapStart, gapStart)
    save(.gapEnd, gapEnd)
    save(.gapStep, length)
    save(.gapCount, count.value)
    save(.gapDone, done.value)
  }

  /// To the next save time, or to the end: `SteppingEngine.nextGap`.
  private func gap(
    _ r: Registers, from start: Operand, _ longest: Operand, _ budget: Int
  ) -> (end: Operand, h: Operand, count: Operand) {
    var end = r.end
    if problem.hasSaves {
      let save = w.load(r.nextSave, f64)
      let left = w.multiply(w.subtract(r.end, save), r.direction)
      end = w.select(w.compare("ogt", left, constant(0)), save, end)
    }
    let span = w.subtract(end, start)
    let share = w.divide(w.intrinsic("fabs", [span]), longest)
    let quotient = w.intrinsic("ceil", [w.multiply(share, constant(1 - 1e-12))])
    let most = constant(Double(budget))
    let bounded = w.select(
      w.compare("ole", quotient, most), quotient, constant(Double(budget) + 1))
    let number = w.select(w.compare("oge", bounded, constant(1)), bounded, constant(1))
    return (end, w.divide(span, number), w.convert("fptosi", number, to: i64))
  }
}
