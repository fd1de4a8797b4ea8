import NodalIR
import NodalOperations

/// The reverse of a loop is a loop backwards, over the carries that the forward one kept.
enum ScanReverse {
  /// The scan's results, and its carries at the beginning of each turn, stacked.
  static func forward(
    _ scan: Scan, _ operands: [Value], _ builder: inout RegionBuilder
  ) throws(IRError) -> (results: [Value], carries: [Value]) {
    let n = scan.carries
    var body = scan.body
    // Outputs come behind the carries; the kept carries are the last outputs.
    body.results =
      Array(body.results.prefix(n + scan.outputs)) + body.parameters.prefix(n)
      + body.results.dropFirst(n + scan.outputs)
    var keeping = scan
    keeping.body = body
    keeping.outputs += n
    let all = builder.emit(.scan(keeping), operands)
    let kept = (n + scan.outputs)..<(n + scan.outputs + n)
    return (Array(all[..<kept.lowerBound]) + all[kept.upperBound...], Array(all[kept]))
  }

  /// A cotangent for each operand; nil where it is not active.
  static func reverse(
    _ scan: Scan, _ operands: [Value], active: [Bool], carries kept: [Value],
    cotangents: [Value?], _ builder: inout RegionBuilder
  ) throws(IRError) -> [Value?] {
    let types = scan.body.parameterTypes
    let results = scan.body.resultTypes
    let n = scan.carries
    let lead = scan.leading
    let flags = Array(active[lead...])
    // All carries of reals take part: a turn may make any of them depend on what is active.
    let wrtCarries = (0..<n).filter { types[$0].element.isFloating }
    let slices = (n..<(n + scan.stacked)).filter { flags[$0] && types[$0].element.isFloating }
    let shared = ((n + scan.stacked)..<types.count).filter {
      flags[$0] && types[$0].element.isFloating
    }
    let pullback = try ReverseMode.pullback(scan.body, wrt: wrtCarries + slices + shared)

    // The backward body: carries: cotangents of carries; slices: kept carries, slices, cotangents of outputs; shared: the shared
    // ones, cotangents of terms.
    let outputs = n..<(n + scan.outputs)
    let terms = outputs.upperBound..<results.count
    let liveOutputs = outputs.filter { cotangents[$0] != nil }
    let liveTerms = terms.filter { cotangents[$0] != nil }
    let parameterTypes =
      wrtCarries.map { types[$0] } + types[..<(n + scan.stacked)] + liveOutputs.map { results[$0] }
      + types[(n + scan.stacked)...] + liveTerms.map { results[$0] }
    var body = RegionBuilder(parameters: parameterTypes)
    var given = body.parameters[...]
    let carryCots = take(wrtCarries.count, &given)
    let turn = take(n + scan.stacked, &given)
    let outputCots = take(liveOutputs.count, &given)
    let constants = take(types.count - n - scan.stacked, &given)
    let termCots = take(liveTerms.count, &given)
    var cots: [Value] = []
    for i in results.indices {
      if let k = wrtCarries.firstIndex(of: i), i < n {
        cots.append(carryCots[k])
      } else if let k = liveOutputs.firstIndex(of: i) {
        cots.append(outputCots[k])
      } else if let k = liveTerms.firstIndex(of: i) {
        cots.append(termCots[k])
      } else {
        cots.append(body.constant(0, results[i]))
      }
    }
    let back = body.inline(pullback, turn + constants + cots)
    var loop = scan
    loop.reverse.toggle()
    loop.carries = wrtCarries.count
    loop.stacked = n + scan.stacked + liveOutputs.count
    loop.outputs = slices.count
    loop.body = try body.finish(back)
    if !scan.batched.isEmpty {
      loop.batched += liveTerms.map { results[$0].isBatched }
    }
    var arguments = Array(operands[..<lead])
    for i in wrtCarries {
      arguments.append(cotangents[i] ?? builder.zeros(like: operands[lead + i]))
    }
    arguments += kept
    arguments += operands[(lead + n)..<(lead + n + scan.stacked)]
    arguments += liveOutputs.map { cotangents[$0]! }
    arguments += operands[(lead + n + scan.stacked)...]
    arguments += liveTerms.map { cotangents[$0]! }
    let emitted = builder.emit(.scan(loop), arguments)

    var result: [Value?] = operands.map { _ in nil }
    for (k, i) in (wrtCarries + slices + shared).enumerated() { result[lead + i] = emitted[k] }
    return result
  }

  private static func take(_ n: Int, _ values: inout ArraySlice<Value>) -> [Value] {
    defer { values = values.dropFirst(n) }
    return Array(values.prefix(n))
  }
}
