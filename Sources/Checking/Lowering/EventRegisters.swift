import NodalIR
import NodalOperations
import NodalTypes

/// Numbers that a solve with events carries behind its state. They change by jumps alone and are outside of the error norm; being state, they
/// have derivatives in every way that a solve has.
///
/// For an ode with `stop`: whether it has stopped (then slopes are zero), and when. For each event that is read or counted: how often it
/// has happened, and the times of the first ones.
struct EventRegisters {
  struct Log {
    /// Number of the event.
    var event: Int
    var name: String
    /// Place of the count in the flat state; the times follow.
    var count: Int
    var capacity: Int
  }

  /// An input that jumps.
  struct Held {
    var input: LocalID
    var range: Range<Int>
  }

  /// Length of the state without them.
  let stateLength: Int
  /// Place of the flag, and behind it of the time; nil where nothing stops.
  let stopped: Int?
  let logs: [Log]
  /// Behind all others.
  let held: [Held]
  let length: Int

  /// - Parameter capacities: of the events that are read, how many times are kept of each.
  init(
    _ ode: OdeInstance, stateLength: Int, capacities: [String: Int],
    held inputs: [(input: LocalID, length: Int)]
  ) {
    self.stateLength = stateLength
    var next = stateLength
    if ode.events.contains(where: \.stops) {
      stopped = next
      next += 2
    } else {
      stopped = nil
    }
    var logs: [Log] = []
    for (k, event) in ode.events.enumerated() {
      guard let capacity = capacities[event.name] else { continue }
      logs.append(Log(event: k, name: event.name, count: next, capacity: capacity))
      next += 1 + capacity
    }
    self.logs = logs
    var held: [Held] = []
    for input in inputs {
      held.append(Held(input: input.input, range: next..<(next + input.length)))
      next += input.length
    }
    self.held = held
    length = next - stateLength
  }

  /// What the registers start from, of a solve that ends at a time, with what held inputs are at its beginning.
  func initial(
    end: Value, held: [Value], _ element: ElementType, _ builder: inout RegionBuilder
  ) -> Value? {
    guard length > 0 else { return nil }
    let rest = length - self.held.reduce(0) { $0 + $1.range.count }
    let own = initial(end: end, length: rest, element, &builder)
    return held.isEmpty ? own : builder.concatenate((rest > 0 ? [own] : []) + held, axis: 0)
  }

  private func initial(
    end: Value, length: Int, _ element: ElementType, _ builder: inout RegionBuilder
  ) -> Value {
    let zeros = builder.constant(0, ValueType(element, shape: [length]))
    guard let stopped else { return zeros }
    let place = stopped + 1 - stateLength
    let time = builder.reshape(builder.convert(end, to: element), to: [.fixed(1)])
    return builder.concatenate(
      [
        builder.slice(zeros, axis: 0, 0..<place), time,
        builder.slice(zeros, axis: 0, (place + 1)..<length),
      ], axis: 0)
  }

  /// Slopes with registers, from those of the state.
  func slopes(_ slopes: Value, state: Value, _ builder: inout RegionBuilder) -> Value {
    resting(behind: halted(slopes, state: state, &builder), &builder)
  }

  /// Slopes that are zero once the trajectory has stopped.
  func halted(_ slopes: Value, state: Value, _ builder: inout RegionBuilder) -> Value {
    guard let stopped else { return slopes }
    let flag = builder.slice(state, axis: 0, stopped..<(stopped + 1))
    let runs = builder.sub(builder.constant(1, builder.type(flag)), flag)
    let extents = builder.type(slopes).extents
    return builder.mul(
      slopes, builder.broadcast(builder.reshape(runs, to: []), to: extents, axes: []))
  }

  /// With the registers' slopes, which are zero.
  func resting(behind slopes: Value, _ builder: inout RegionBuilder) -> Value {
    guard length > 0 else { return slopes }
    let zeros = builder.constant(0, ValueType(builder.type(slopes).element, shape: [length]))
    return builder.concatenate([slopes, zeros], axis: 0)
  }

  /// The registers behind event k, which happens at a time.
  func jump(
    _ k: Int, stops: Bool, time: Value, state: Value, _ builder: inout RegionBuilder
  ) -> [Value] {
    func old(_ range: Range<Int>) -> Value { builder.slice(state, axis: 0, range) }
    let element = builder.type(state).element
    let now = builder.reshape(builder.convert(time, to: element), to: [.fixed(1)])
    let one = builder.constant(1, builder.type(now))
    var parts: [Value] = []
    if let stopped {
      parts += stops ? [one, now] : [old(stopped..<(stopped + 2))]
    }
    for log in logs {
      let (count, times) = (log.count..<(log.count + 1), log.count + 1)
      guard log.event == k else {
        parts.append(old(log.count..<(times + log.capacity)))
        continue
      }
      let before = old(count)
      parts.append(builder.add(before, one))
      guard log.capacity > 0 else { continue }
      let type = ValueType(element, shape: [log.capacity])
      let places = builder.constant((0..<log.capacity).map(Double.init), type)
      func spread(_ x: Value) -> Value {
        builder.broadcast(builder.reshape(x, to: []), to: type.extents, axes: [])
      }
      parts.append(
        builder.select(
          builder.equal(places, spread(before)), spread(now),
          old(times..<(times + log.capacity))))
    }
    if let first = held.first { parts.append(old(first.range.lowerBound..<(stateLength + length))) }
    return parts
  }

  /// The whole state behind the jump of a held input.
  func jump(
    held k: Int, to value: Value, state: Value, _ builder: inout RegionBuilder
  ) -> Value {
    let range = held[k].range
    let all = stateLength + length
    var parts = [builder.slice(state, axis: 0, 0..<range.lowerBound), value]
    if range.upperBound < all {
      parts.append(builder.slice(state, axis: 0, range.upperBound..<all))
    }
    return builder.concatenate(parts, axis: 0)
  }

  /// When the trajectory ended: at `end`, unless it stopped before.
  func end(_ end: Value, final: Value, _ builder: inout RegionBuilder) -> Value {
    guard let stopped else { return end }
    let time = builder.slice(final, axis: 0, (stopped + 1)..<(stopped + 2))
    return builder.convert(builder.reshape(time, to: []), to: .f64)
  }

  /// How often each logged event has happened.
  func counts(final: Value, _ builder: inout RegionBuilder) -> [Value] {
    logs.map { log in
      builder.reshape(builder.slice(final, axis: 0, log.count..<(log.count + 1)), to: [])
    }
  }

  /// The times of each logged event; what has not happened is NaN.
  func times(final: Value, _ builder: inout RegionBuilder) -> [LoweredField] {
    zip(logs, counts(final: final, &builder)).map { log, count in
      let first = log.count + 1
      let times = builder.slice(final, axis: 0, first..<(first + log.capacity))
      let type = builder.type(times)
      let places = builder.constant((0..<log.capacity).map(Double.init), type)
      let has = builder.apply(
        "lt", places, builder.broadcast(count, to: type.extents, axes: []))
      return LoweredField(
        log.name, .array(builder.select(has, times, builder.constant(.nan, type))))
    }
  }
}
