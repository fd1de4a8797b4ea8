import NodalIR
import NodalMethods
import NodalOperations

/// Where steps of the adjoint equation end: what is read there, of the solution or of an input, has a corner or a jump.
extension DelayedAdjoint {
  /// Of each corner, how often each delay lies between it and the beginning: the sums of some delays, and, of the state at t + τᵢ, of one less another.
  var cornerPaths: [[Int]] {
    var all: [[Int]] = []
    var level = [Array(repeating: 0, count: count)]
    let order = Method.serving(solve.settings)?.order ?? 5
    for depth in 0...order {
      // In order: each path goes on with the delays from its last one on.
      level = level.flatMap { path in
        ((path.lastIndex { $0 > 0 } ?? 0)..<count).map { j in
          path.indices.map { path[$0] + ($0 == j ? 1 : 0) }
        }
      }
      if depth > 0, all.count + level.count > 48 { break }
      all += level
    }
    for j in 0..<count {
      for i in 0..<count where i != j {
        all.append((0..<count).map { $0 == j ? 1 : $0 == i ? -1 : 0 })
      }
    }
    return all
  }

  func corners(_ span: Value, _ builder: inout RegionBuilder) -> [Value] {
    let lags = context.spread(Solve.Operand.parameters + delays.lags, &builder)
    let axis = builder.type(lags).rank - 1
    let delays = (0..<count).map { builder.slice(lags, axis: axis, $0..<($0 + 1)) }
    let whole = builder.reshape(span, to: builder.type(span).extents + [.fixed(1)])
    func behind(_ time: Value, _ path: [Int]) -> Value {
      zip(path, delays).reduce(time) { time, share in
        share.0 == 0 ? time : builder.sub(time, builder.mul(share.1, Double(share.0)))
      }
    }
    let own = cornerPaths.map { behind(whole, $0) }
    let end = context.spread(Solve.Operand.end, &builder)
    let inputs = inputCorners.map { corner in
      let times = context.spread(Solve.Operand.parameters + corner.place, &builder)
      let extents = builder.type(times).extents
      let axes = Array(0..<axis)
      // What is no time is before all others, backwards.
      let given = builder.select(
        builder.equal(times, times), times, builder.constant(.infinity, builder.type(times)))
      let left = builder.sub(builder.broadcast(end, to: extents, axes: axes), given)
      let turned = builder.value(.layout(.reverse(axis: axis)), [left])
      return zip(corner.path, delays).reduce(turned) { time, share in
        guard share.0 != 0 else { return time }
        let lag = builder.reshape(share.1, to: extents.dropLast())
        let moved = builder.broadcast(lag, to: extents, axes: axes)
        return share.0 > 0 ? builder.sub(time, moved) : builder.add(time, moved)
      }
    }
    return own + inputs
  }

  /// When the equations read an input's corner: at t, at t + τᵢ, and, where delays vary, at t - τᵢ. By the place of its times, and how often each delay lies between.
  var inputCorners: [(place: Int, path: [Int])] {
    let delaysVary = context.activeParameters.contains(delays.lags)
    let none = Array(repeating: 0, count: count)
    return (solve.corners?.times ?? []).flatMap { place -> [(place: Int, path: [Int])] in
      let moved = (0..<count).flatMap { i in
        (delaysVary ? [-1, 1] : [-1]).map { sign in
          (place: place, path: none.indices.map { $0 == i ? sign : 0 })
        }
      }
      return [(place: place, path: none)] + moved
    }
  }
}
