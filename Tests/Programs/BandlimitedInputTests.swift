import Foundation
import Nodal
import TestSupport
import Testing

/// Inputs by `bandlimited`: what the signal was between its samples.
@Suite struct BandlimitedInputTests {
  /// A wave of so many samples a period, that begins and ends gently, at 121 samples; an oscillator that is driven by it; and what the input is.
  private static func wave(_ samples: Double) -> String {
    """
    ode follow { state q = 0; input u; output value = u; output rate = u'; q' = u' }
    ode driven { state x = 0, x' = 0; input u; param k = 9; x'' = -k*x - 0.3*x' + u }
    const w = 2*3.141592653589793/\(samples)
    const ts = linspace(0, 120, 121)
    fn wave(t) = sin(3.141592653589793*t/120)^2*sin(w*t)
    fn slope(t) = grad(wave(t), wrt: t)
    let us = map(ts) { (t) -> wave(t) }
    let between = linspace(20.37, 99.7, 50)
    solver sharp = dop853(rtol: 1e-10, atol: 1e-12)

    """
  }

  /// Samples in a period, and what of the wave's size values, slopes and a solution may differ by. The end of the data is felt in the last.
  @Test(arguments: [(20.0, 1e-4), (4, 2e-5), (3, 2e-5), (2.6, 4e-4)])
  func between(_ samples: Double, _ bound: Double) throws {
    let errors = try Recorder.numbers(
      Self.wave(samples) + """
        let s = solve(follow, over: 0..120, at: between, input: {u: bandlimited(ts, us)}, solver: sharp)
        let a = solve(driven, over: 0..120, input: {u: bandlimited(ts, us)}, solver: sharp)
        let b = solve(driven, over: 0..120, input: {u: (t) -> wave(t)}, solver: sharp)

        """,
      """
      [max(abs(s.value - map(between) { (t) -> wave(t) })), max(abs(s.rate - map(between) { (t) -> slope(t) }))/w,
        abs(a.final.x - b.final.x)]
      """)
    print("bandlimited, \(samples) samples a period: \(errors)")
    for error in errors { #expect(error < bound, "\(samples): \(errors)") }
  }

  /// At samples it is they, pieces meet, constants stay, and outside it is what it is at the ends.
  @Test func samples() throws {
    let errors = try Recorder.numbers(
      Self.wave(5) + """
        let at = solve(follow, over: -5..130, at: [-5.0, ts, 130.0], input: {u: bandlimited(ts, us + 2)})
        let early = solve(follow, over: 0..120, at: ts[1..<120] - 1e-7, input: {u: bandlimited(ts, us)})
        let late = solve(follow, over: 0..120, at: ts[1..<120] + 1e-7, input: {u: bandlimited(ts, us)})
        let flat = solve(follow, over: 0..120, at: between, input: {u: bandlimited(ts, ones(121))})
        let one = solve(follow, over: 0..2, input: {u: bandlimited([0.5], [4])})
        let two = solve(follow, over: 0..2, at: [0, 0.5, 2], input: {u: bandlimited([0, 1], [1, 2])})

        """,
      """
      [max(abs(at.value[1..<122] - us - 2)), abs(at.value[0] - us[0] - 2), abs(at.value[-1] - us[-1] - 2), abs(at.rate[0]) + abs(at.rate[-1]),
        max(abs(early.rate - late.rate)) - 3e-5, max(abs(flat.value - 1)), abs(one.final.value - 4), max(abs(two.value - [1, 1.5, 2]))]
      """)
    for error in errors { #expect(error < 1e-9, "\(errors)") }
  }

  /// By machine code as by the interpreter, forwards and backwards in time, in single precision, and shorter examples among longer ones.
  @Test func everywhere() throws {
    let program =
      Self.wave(4) + """
        const gone = nan*ones(40)
        fn times(i) = if i == 0 then ts else [ts[0..<81], gone]
        fn end(i, a, b, us) = solve(driven, over: a..b, input: {u: bandlimited(times(i), us)}, solver: rk4(dt: 0.25)).final.x
        fn short(us) = solve(driven, over: 50..75, input: {u: bandlimited(ts[0..<81], us[0..<81])}, solver: rk4(dt: 0.25)).final.x

        """
    let call =
      "[map(0..<2) { (i) -> end(i, 50, 75, us) }, short(us), end(0, 75, 50, us), end(1, 75, 50, us)]"
    let native = try Recorder.numbers(program, call)
    let reference = try Recorder.numbers(program, call, .reference)
    for (a, b) in zip(native, reference) { #expect(abs(a - b) < 1e-10) }
    #expect(abs(native[1] - native[2]) < 1e-12)
    // Far from where the shorter one ends they are alike.
    #expect(abs(native[0] - native[1]) < 1e-3)
    let single = try Recorder.numbers("precision f32\n" + program, "[end(0, 50, 75, us)]")
    #expect(abs(single[0] - native[0]) < 1e-3)
  }

  @Test(arguments: ["direct", "adjoint", "forward"])
  func gradients(_ mode: String) throws {
    let found = try Recorder.numbers(
      Self.wave(4) + """
        fn end(k, us) = solve(driven, over: 0..30, with: {k: k}, input: {u: bandlimited(ts[0..<40], us)}, solver: tsit5(rtol: 1e-10, atol: 1e-12, gradient: \(mode))).final.x
        let k = 9.0, samples = us[0..<40], e = map(0..<40) { (i) -> if i == 12 then 1.0 else 0.0 }, h = 1e-4

        """,
      """
      [grad(end(k, samples), wrt: k), (end(k + h, samples) - end(k - h, samples))/(2*h),
        grad(end(k, samples), wrt: samples)[12], (end(k, samples + h*e) - end(k, samples - h*e))/(2*h)]
      """)
    #expect(abs(found[0] - found[1]) < 1e-7)
    #expect(abs(found[2] - found[3]) < 1e-7 && found[2] != 0)
  }
}
