import Foundation
import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import NodalTransforms
import TestSupport
import Testing

/// The text form of the IR: what is printed reads back to the same region, and no other text makes the reader trap.
struct IRTextTests {
  static func read(_ text: String) throws(RegionTextError) -> Region {
    try RegionReader.read(text) { Operations.row(named: $0)?.schema }
  }

  private func roundTrip(_ region: Region, line: Int = #line) throws {
    let text = RegionPrinter.text(region)
    let again = try Self.read(text)
    #expect(again == region, "line \(line)")
    #expect(RegionPrinter.text(again) == text)
    try Verifier.verify(again)
  }

  /// Gradients of solves hold most forms.
  static func gradients() throws -> [Region] {
    try SolveGradients.modes.flatMap { mode in
      let loss = try SolveGradients.loss(mode, saves: 3, tolerance: 1e-6, final: 0.3)
      var b = RegionBuilder(
        parameters: [
          ValueType(.f64, [.lane, .fixed(2)]), ValueType(.f64, shape: [4]), .time, .time,
          ValueType(.f64, shape: [3]),
        ])
      let map = Map(extent: .lane, mapped: [true, false, false, false, false], body: loss)
      let losses = b.emit(.map(map), b.parameters)[0]
      let sum = b.reduce(.sum, losses, axes: [0])
      let whole = try b.finish([sum])
      var all = [loss, whole]
      let passes = Pipeline.training(wrt: [0, 1, 2]).passes
      _ = try Pipeline(passes).run(whole) { _, region in all.append(region) }
      return all
    }
  }

  @Test func gradientsReadBack() throws {
    for region in try Self.gradients() { try roundTrip(region) }
  }

  /// A solve with both kinds of events, for many trajectories, and what becomes of it on the way to its gradient.
  static func events(_ mode: GradientMode) throws -> [Region] {
    let (state, parameter) = (ValueType(.f64, shape: [2]), ValueType(.f64))
    let times = ValueType(.f64, shape: [3])
    var rhs = RegionBuilder(parameters: [.time, state, parameter, times])
    let y = rhs.parameters[1]
    let velocity = rhs.slice(y, axis: 0, 1..<2)
    let slopes = rhs.concatenate([velocity, rhs.constant(-8, rhs.type(velocity))], axis: 0)
    let lead = [ValueType.time, state, ValueType(.i64), parameter, times]
    func jumped(_ restitution: Bool) throws -> Region {
      var jump = RegionBuilder(parameters: lead)
      let given = jump.parameters
      let factor = jump.broadcast(given[3], to: [.fixed(1)], axes: [])
      let speed = jump.slice(given[1], axis: 0, 1..<2)
      let place = jump.slice(given[1], axis: 0, 0..<1)
      let next = restitution ? jump.neg(jump.mul(factor, speed)) : jump.add(speed, factor)
      return try jump.finish([jump.concatenate([place, next], axis: 0)])
    }
    var height = RegionBuilder(parameters: lead)
    let top = height.slice(height.parameters[1], axis: 0, 0..<1)
    let level = try height.finish([height.reshape(top, to: [])])
    var clock = RegionBuilder(parameters: lead)
    let time = clock.value(
      .gather(Gather(batchAxes: 0)), [clock.parameters[4], clock.parameters[2]])
    let distance = try clock.finish([clock.sub(clock.parameters[0], time)])
    var solve = Solve(
      settings: SolverSettings(
        method: "dopri5", stepping: .adaptive(rtol: 1e-8, atol: [1e-8]), gradient: mode),
      batched: [], rhs: try rhs.finish([slopes]), controlled: 2)
    solve.events = [
      SolveEvent(trigger: .crossing(.falling), root: level, jump: try jumped(true)),
      SolveEvent(
        trigger: .times(parameter: 1), root: distance, jump: try jumped(false), stops: false),
    ]
    var one = RegionBuilder(parameters: [state, parameter, times])
    let results = one.emit(
      .solve(solve),
      [
        one.constant(0, .time), one.constant(2, .time),
        one.constant([0.5, 1.8], ValueType(.f64, shape: [2])), one.parameters[0],
        one.parameters[1], one.parameters[2],
      ])
    let sums = [Solve.Result.final, Solve.Result.saved].map {
      one.reduce(.sum, results[$0], axes: Array(0..<one.type(results[$0]).rank))
    }
    let loss = try one.finish([one.add(sums[0], sums[1])])
    var many = RegionBuilder(parameters: [state.prepending(.lane), parameter, times])
    let map = Map(extent: .lane, mapped: [true, false, false], body: loss)
    let losses = many.emit(.map(map), many.parameters)[0]
    let whole = try many.finish([many.reduce(.sum, losses, axes: [0])])
    var all = [loss, whole]
    _ = try Pipeline(Pipeline.training(wrt: [0, 1, 2]).passes).run(whole) { _, region in
      all.append(region)
    }
    return all
  }

  @Test(arguments: [GradientMode.direct, .forward]) func eventsReadBack(mode: GradientMode) throws {
    for region in try Self.events(mode) { try roundTrip(region) }
  }

  /// A solve that grows up to a time and decays behind it, for many trajectories, and what becomes of it on the way to its gradient.
  static func corners(_ mode: GradientMode) throws -> [Region] {
    let (state, times) = (ValueType(.f64, shape: [1]), ValueType(.f64, shape: [2]))
    var rhs = RegionBuilder(parameters: [.time, state, .time, times])
    let (y, phase) = (rhs.parameters[1], rhs.parameters[2])
    let corner = rhs.reshape(rhs.slice(rhs.parameters[3], axis: 0, 0..<1), to: [])
    let isBefore = rhs.splat(rhs.less(phase, corner), like: y)
    var solve = Solve(
      settings: SolverSettings(
        method: "dopri5", stepping: .adaptive(rtol: 1e-10, atol: [1e-12]), gradient: mode),
      batched: [], rhs: try rhs.finish([rhs.select(isBefore, y, rhs.neg(y))]), controlled: 1)
    solve.corners = Corners(phase: 0, bends: [], jumps: [1])
    var one = RegionBuilder(parameters: [state, times])
    let results = one.emit(
      .solve(solve),
      [
        one.constant(0, .time), one.constant(2, .time),
        one.constant([0.5, 1.8], ValueType(.f64, shape: [2])), one.parameters[0],
        one.constant(0, .time), one.parameters[1],
      ])
    let sums = [Solve.Result.final, Solve.Result.saved].map {
      one.reduce(.sum, results[$0], axes: Array(0..<one.type(results[$0]).rank))
    }
    let loss = try one.finish([one.add(sums[0], sums[1])])
    var many = RegionBuilder(parameters: [state, times].map { $0.prepending(.lane) })
    let map = Map(extent: .lane, mapped: [true, true], body: loss)
    let losses = many.emit(.map(map), many.parameters)[0]
    let whole = try many.finish([many.reduce(.sum, losses, axes: [0])])
    var all = [loss, whole]
    _ = try Pipeline(Pipeline.training(wrt: [0]).passes).run(whole) { _, region in
      all.append(region)
    }
    return all
  }

  @Test(arguments: [GradientMode.direct, .forward, .adjoint, .interpolated])
  func cornersReadBack(mode: GradientMode) throws {
    let all = try Self.corners(mode)
    for region in all { try roundTrip(region) }
    // Two trajectories, which turn at 1 and at 0.75, forwards and on the way back.
    let gradient = try #require(all.last)
    let inputs = [
      Tensor(.f64, shape: [2, 1], [1, 3]), Tensor(.f64, shape: [2, 2], [1, .nan, 0.75, 5]),
    ]
    let found = try Runner(ReferenceExecutor().compile(gradient)).run(inputs).results.map(\.numbers)
    let slopes = [1, 0.75].map { exp(0.5) + exp(2 * $0 - 1.8) + exp(2 * $0 - 2) }
    #expect(abs(found[0][0] - (slopes[0] + 3 * slopes[1])) < 1e-7)
    for (a, b) in zip(found[1], slopes) { #expect(abs(a - b) < 1e-7, "\(mode)") }
  }

  /// The gradient of many trajectories is the sum of theirs, whichever way it is found.
  @Test func eventsHaveOneGradient() throws {
    let starts = [10.0, 0, 4, 1, 7, -2]
    let inputs = [
      Tensor(.f64, shape: [3, 2], starts), Tensor(0.5), Tensor(.f64, shape: [3], [0.3, 1.1, 5]),
    ]
    let found = try [GradientMode.direct, .forward].map { mode in
      let region = try #require(try Self.events(mode).last)
      return try Runner(ReferenceExecutor().compile(region)).run(inputs).results.map(\.numbers)
    }
    #expect(found[0].count == 4)
    for (a, b) in zip(found[0].joined(), found[1].joined()) {
      #expect(abs(a - b) < 1e-6 * max(1, abs(a)))
    }
  }

  /// The forms that those have not.
  static func forms() throws -> Region {
    var b = RegionBuilder(parameters: [
      ValueType(.f64, [.lane, .fixed(3), .fixed(2)]), ValueType(.bool), ValueType(.f32, shape: [6]),
      ValueType(.i64, [.lane, .fixed(2)]), ValueType(.f64, [.lanes(times: 4), .steps(trace: 2)]),
    ])
    let p = b.parameters
    b.origin = Origin(12)
    let turned = b.transpose(p[0], [0, 2, 1])
    let product = b.value(
      .contract(Contraction(batch: [.init(0, 0)], contracted: [.init(1, 2), .init(2, 1)])),
      [p[0], turned])
    let padded = b.value(
      .layout(.pad(axis: 0, before: 1, after: 2, interior: 3)), [p[2]])
    let sliced = b.slice(padded, axis: 0, 2..<9, stride: 3)
    let reversed = b.value(.layout(.reverse(axis: 0)), [sliced])
    let windows = b.window(padded, axis: 0, size: 3, stride: 2, dilation: 4)
    let joined = b.concatenate([sliced, reversed, p[2]], axis: 0)
    b.origin = nil
    let drawn = b.value(
      .random(RandomDraw(.rademacher, place: 3, type: ValueType(.f32, shape: [5]))), [p[3]])
    let square = b.value(
      .contract(Contraction(batch: [.init(0, 0)], contracted: [.init(1, 1)])), [p[0], p[0]])
    let factors = b.value(.factorize(nil), [square])
    let row = b.constant(1, ValueType(.f64, [.lane, .fixed(2)]))
    var solutions = [false, true].map {
      b.value(.linearSolve(LinearSolve(isTransposed: $0)), [square, factors, row])
    }
    let band = MatrixPattern.band(Band(order: [1, 0], below: 1, above: 0))
    let inside = b.value(.factorize(band), [square])
    solutions.append(
      b.value(.linearSolve(LinearSolve(isTransposed: true, pattern: band)), [square, inside, row]))
    let sparse = MatrixPattern.sparse(SparsePattern(rows: [[1], []]))
    let entries = b.constant(2, ValueType(.f64, [.lane, .fixed(3)]))
    let fronts = b.value(.factorize(sparse), [entries])
    solutions.append(
      b.value(.linearSolve(LinearSolve(pattern: sparse)), [entries, fronts, row]))
    let index = b.reduce(.argmax, p[0], axes: [1])
    let put = b.value(
      .scatter(Scatter(batchAxes: 1, extent: .steps(trace: 2))),
      [p[0], b.constant(1, ValueType(.i64, [.lane, .fixed(3)]))])
    var side = RegionBuilder(parameters: [ValueType(.f32, shape: [6])])
    let other = try side.finish([side.exp(side.parameters[0])])
    side = RegionBuilder(parameters: [ValueType(.f32, shape: [6])])
    let none = try side.finish([side.parameters[0]])
    let chosen = b.emit(.branch(Branch(whenTrue: other, whenFalse: none)), [p[1], p[2]])[0]
    let tangent = b.emit(.derivative(Derivative(.forward, wrt: [0], body: other)), [chosen, p[2]])
    var empty = RegionBuilder(parameters: [])
    let nothing = try empty.finish([])
    let lost = b.emit(
      .scan(
        Scan(length: .fixed(0), reverse: true, carries: 0, stacked: 0, outputs: 0, body: nothing)),
      [])
    let types = [
      b.constant([1, 0, -0.0, .infinity], ValueType(.f64, shape: [4])),
      b.constant(
        Array(repeating: 0.1, count: 9) + [1e-300, 0x1p-1070], ValueType(.f64, shape: [11])),
      b.constant(-.infinity, ValueType(.f32, [.lane])), b.convert(p[1], to: .i64),
    ]
    return try b.finish(
      [product, joined, windows, drawn, index, put, tangent[1]] + solutions + lost + types + [
        p[4], p[4],
      ])
  }

  @Test func formsReadBack() throws { try roundTrip(Self.forms()) }

  @Test(arguments: 0..<Effort.count(30, long: 1000))
  func randomRegionsReadBack(seed: Int) throws {
    let types = TransformsBatchingLawTests.parameters
    var random = RandomRegion(seed: UInt64(seed), parameters: types, depth: 3)
    let region = try random.region(nodes: 10, result: ValueType(.f64))
    try roundTrip(region)
    let batch = try TransformsBatchingLawTests.total(region, [true, false, true, true])
    try roundTrip(batch)
    for pass in [Pipeline.evaluation, .training(wrt: [0, 1, 2, 3])] {
      try roundTrip(pass.run(batch))
    }
  }

  @Test func numbersReadBackToTheSameBits() throws {
    var noise = Noise(3)
    var numbers: [Double] = [
      .nan, -.nan, .signalingNaN, .infinity, 0, -0.0, 1, -1, 1e22, .leastNonzeroMagnitude,
      .greatestFiniteMagnitude, 0.1, 3,
    ]
    for _ in 0..<2000 {
      let bits = UInt64(noise.integer(below: 1 << 32)) << 32 | UInt64(noise.integer(below: 1 << 32))
      numbers.append(Double(bitPattern: bits))
    }
    var b = RegionBuilder()
    let all = b.constant(numbers, ValueType(.f64, shape: [numbers.count]))
    let text = RegionPrinter.text(try b.finish([all]))
    guard case .constant(let constant) = try Self.read(text).nodes[0].form,
      case .array(let found) = constant.values
    else {
      Issue.record("a constant became something else")
      return
    }
    #expect(found.map(\.bitPattern) == numbers.map(\.bitPattern))
  }

  @Test func itReadsLikeThis() throws {
    var body = RegionBuilder(parameters: [ValueType(.f64, shape: [2]), ValueType(.f64, shape: [2])])
    let next = try body.finish([body.mul(body.parameters[0], body.parameters[1])])
    var b = RegionBuilder(parameters: [ValueType(.f64, shape: [2])])
    b.origin = Origin(7)
    let half = b.mul(b.parameters[0], b.constant(0.5, ValueType(.f64, shape: [2])))
    b.origin = nil
    let loop = b.emit(
      .scan(Scan(length: .fixed(3), carries: 1, stacked: 0, outputs: 0, body: next)),
      [b.parameters[0], half])
    let text = RegionPrinter.text(try b.finish(loop))
    let expected = """
      region(%0: f64[2]) {
        %1 = constant 0.5 : f64[2] @7
        %2 = mul %0, %1 : f64[2] @7
        %3 = scan %0, %2 {length: fixed(3), carries: 1} : f64[2]
          body = region(%0: f64[2], %1: f64[2]) {
            %2 = mul %0, %1 : f64[2]
            return %2
          }
        return %3
      }

      """
    #expect(text == expected)
  }

  @Test(arguments: [
    ("region(%0: f64) {\n  %1 = sinn %0 : f64\n  return %1\n}", "2:8: no form or op is named sinn"),
    ("region(%0: f64) {\n  %1 = sin %1 : f64\n  return %1\n}", "2:12: %1 is not defined yet"),
    ("region(%0: f64) {\n  %1 = sin %0 : f32\n  return %1\n}", "2:8: sin gives [f64], not [f32]"),
    ("region(%0: f64[2]) {\n  %1 = reverse %0 {axis: 3} : f64[2]", "2:8: reverse: reverse along"),
    ("region(%0: f64[2]) {\n  %1 = reverse %0 {axs: 3} : f64[2]", "2:8: axis wants a whole number"),
    ("region(%0: f64", "1:15: ) wanted, not the end of the text"),
    ("region(%0: f64[99999999999]) {", "1:16: a whole number wanted"),
    ("region() { return } x", "1:21: x behind the region"),
  ])
  func mistakesAreToldWithTheirPlace(_ text: String, _ message: String) {
    #expect {
      _ = try Self.read(text)
    } throws: {
      String(describing: $0).hasPrefix(message)
    }
  }

  /// Texts changed at random: whatever still reads keeps the rules, and reads back again.
  @Test(arguments: 0..<Effort.count(8, long: 100))
  func mutatedTextsDoNotTrap(seed: Int) throws {
    var noise = Noise(UInt64(1000 + seed))
    let regions = try Self.gradients()
    let sources =
      [RegionPrinter.text(try Self.forms())]
      + regions.map(RegionPrinter.text).filter { $0.utf8.count < 20_000 }
    let signs = Array("%(){}[],:=@#*-0123456789.e\"\\ \nlanes".utf8)
    var readable = 0
    for _ in 0..<300 {
      var bytes = Array(sources[noise.integer(below: sources.count)].utf8)
      for _ in 0...noise.integer(below: 3) {
        let i = noise.integer(below: bytes.count)
        let j = min(bytes.count, i + 1 + noise.integer(below: 20))
        switch noise.integer(below: 8) {
        case 0: bytes.removeSubrange(i..<j)
        case 1: bytes.insert(contentsOf: bytes[i..<j], at: noise.integer(below: bytes.count))
        case 2: bytes[i] = signs[noise.integer(below: signs.count)]
        case 3: bytes[i] = UInt8(noise.integer(below: 256))
        case 4: bytes.insert(signs[noise.integer(below: signs.count)], at: i)
        default:
          // One digit for another often gives a text that reads.
          if let digit = bytes[i...].firstIndex(where: { $0 >= 0x30 && $0 <= 0x39 }) {
            bytes[digit] = 0x30 + UInt8(noise.integer(below: 10))
          }
        }
        if bytes.isEmpty { break }
      }
      guard let region = try? Self.read(String(decoding: bytes, as: UTF8.self)) else { continue }
      readable += 1
      try Verifier.verify(region)
      let text = RegionPrinter.text(region)
      #expect(RegionPrinter.text(try Self.read(text)) == text)
    }
    #expect(readable > 0)
  }

  @Test func nestingIsBounded() {
    for deep in [
      String(repeating: "region() { () = map {extent: 1} body = ", count: 100_000),
      "region() { () = map {extent: " + String(repeating: "[", count: 100_000),
      "region() { () = map {extent: " + String(repeating: "a(", count: 100_000),
    ] {
      #expect(throws: RegionTextError.self) { try Self.read(deep) }
    }
  }
}
