import NodalExecution
import NodalIR
import NodalOperations
import NodalReferenceExecutor
import Testing

/// Whole programs: what planning of memory and threads must not change.
struct ProgramTests {
  /// Random graphs, run whole and node by node: sharing of memory changes nothing.
  @Test(arguments: 0..<60)
  func memoryIsSharedSafely(seed: Int) throws {
    var noise = Noise(UInt64(900 + seed))
    let parameters = [ValueType(.f64, shape: [2, 3]), ValueType(.f64, [.lane, .fixed(6)])]
    var b = RegionBuilder(parameters: parameters)
    var values = b.parameters
    for _ in 0..<40 {
      let x = values[noise.integer(below: values.count)]
      let type = b.type(x)
      let same = values.filter { b.type($0) == type }
      let y = same[noise.integer(below: same.count)]
      let last = type.rank - 1
      guard last >= 0, let length = type.extents[last].fixedLength else {
        values.append(b.tanh(x))
        continue
      }
      switch noise.integer(below: 10) {
      case 0: values.append(b.value(.elementwise(OpSchema("add", arity: 2)), [x, y]))
      case 1: values.append(b.value(.elementwise(OpSchema("mul", arity: 2)), [x, y]))
      case 2: values.append(b.tanh(x))
      case 3:
        let flat: [Extent] =
          type.isBatched ? [.lane, .fixed(2), .fixed(3)] : [.fixed(3), .fixed(2)]
        if ValueType(.f64, flat).count(ExtentValues(lanes: 3))
          == type.count(ExtentValues(lanes: 3))
        {
          values.append(b.reshape(x, to: flat))
        }
      case 4: values.append(b.value(.layout(.reverse(axis: last)), [x]))
      case 5:
        let part = b.slice(x, axis: last, 0..<1)
        let rest = b.slice(x, axis: last, 1..<length)
        values.append(length > 1 ? b.concatenate([rest, part], axis: last) : part)
      case 6:
        let sum = b.reduce(.sum, x, axes: [last])
        values.append(
          b.broadcast(sum, to: type.extents, axes: Array(0..<last)))
      case 7:
        let row = b.slice(x, axis: last, (length / 2)..<length)
        values.append(b.neg(row))
      case 8: values.append(b.select(b.less(x, y), x, y))
      default:
        if !type.isBatched, type.rank == 2 { values.append(b.transpose(x, [1, 0])) }
      }
    }
    // Some results, parameters and aliases among them.
    let results = values.filter { _ in noise.integer(below: 3) == 0 } + [values[0], values[1]]
    let region = try b.finish(results)
    let inputs = [noise.tensor(.f64, [2, 3]), noise.tensor(.f64, [3, 6])]
    let found = try run(region, inputs)
    var known = inputs
    for node in region.nodes {
      let types = node.operands.map { region[$0] }
      var single = RegionBuilder(parameters: types)
      let value = single.emit(node.form, single.parameters)
      known += try run(
        single.finish(value), node.operands.map { known[$0.index] }, lanes: 3)
    }
    for (tensor, result) in zip(found, region.results) {
      #expect(tensor.isIdentical(to: known[result.index]))
    }
    // Again in the same workspace, and with other lengths in between.
    let runner = Runner(try ReferenceExecutor().compile(region))
    let other = [inputs[0], noise.tensor(.f64, [8, 6])]
    for arguments in [inputs, other, inputs] {
      let again = try runner.run(arguments).results
      if arguments[1].shape[0] == 3 {
        #expect(zip(again, found).allSatisfy { $0.isIdentical(to: $1) })
      }
    }
  }

  /// Sums over lanes are the same bits on any number of threads.
  @Test(arguments: [1, 5, 20, 100, 2000])
  func sharedSumsDependOnTheBatchAlone(lanes: Int) throws {
    var b = RegionBuilder(parameters: [
      ValueType(.f64, [.lane, .fixed(3)]), ValueType(.f64, shape: [3]),
    ])
    let product = b.value(
      .contract(Contraction(contracted: [.init(1, 0)])), [b.parameters[0], b.parameters[1]])
    let y = b.tanh(product)
    let gradient = b.value(
      .contract(Contraction(contracted: [.init(0, 0)])), [y, b.parameters[0]])
    let loss = b.reduce(.sum, y, axes: [0])
    let runner = Runner(try ReferenceExecutor().compile(b.finish([y, gradient, loss])))
    var noise = Noise(4)
    let inputs = [noise.tensor(.f64, [lanes, 3]), noise.tensor(.f64, [3])]
    let one = try runner.run(inputs, RunOptions(threads: Threads(1))).results
    for threads in [2, 3, 8] {
      let many = try runner.run(inputs, RunOptions(threads: Threads(threads))).results
      #expect(zip(one, many).allSatisfy { $0.isIdentical(to: $1) })
    }
    let whole = try runner.run(inputs).results
    #expect(whole[0].isIdentical(to: one[0]))
    #expect(abs(whole[2].scalar - one[2].scalar) < 1e-10)
  }

  @Test func wrongArgumentsAreToldApart() throws {
    var b = RegionBuilder(parameters: [ValueType(.f64, [.lane, .fixed(3)])])
    let x = b.tanh(b.parameters[0])
    let runner = Runner(try ReferenceExecutor().compile(b.finish([x])))
    for wrong in [
      [], [Tensor([1, 2, 3])], [Tensor(.f64, shape: [2, 4])], [Tensor(.f32, shape: [2, 3])],
    ] {
      #expect(throws: ExecutionError.self) { try runner.run(wrong) }
    }
    #expect(try runner.run([Tensor(.f64, shape: [0, 3])]).results[0].count == 0)
  }

  @Test func formsThatPassesRemoveAreRefused() throws {
    var inner = RegionBuilder(parameters: [ValueType(.f64)])
    let y = inner.tanh(inner.parameters[0])
    let body = try inner.finish([y])
    var b = RegionBuilder(parameters: [ValueType(.f64, shape: [3])])
    let mapped = b.emit(.map(Map(extent: .fixed(3), mapped: [true], body: body)), b.parameters)
    let region = try b.finish(mapped)
    #expect(throws: IRError.self) { _ = try ReferenceExecutor().compile(region) }
  }
}
