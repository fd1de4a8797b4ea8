import NodalExecution
import NodalIR
import NodalOperations
import NodalTransforms
import Testing

/// Products with vectors of one 1 are columns, and with none zeros.
struct UnitProductTests {
  private static let matrix = [1.0, 2, 3, 4, 5, 6]

  @Test(arguments: [false, true])
  func columnOfAMatrix(vectorFirst: Bool) throws {
    func product(_ vector: [Double]) throws -> Region {
      var b = RegionBuilder(parameters: [ValueType(.f64, shape: [2, 3])])
      let other = b.constant(vector, ValueType(.f64, shape: [3]))
      let operands = vectorFirst ? [other, b.parameters[0]] : [b.parameters[0], other]
      let pair = vectorFirst ? Contraction.Pair(0, 1) : Contraction.Pair(1, 0)
      let result = b.value(.contract(Contraction(contracted: [pair])), operands)
      return try Simplify.run(b.finish([result]))
    }
    let input = Tensor(.f64, shape: [2, 3], Self.matrix)
    for (vector, expected, isSimple) in [
      ([0.0, 0, 1], [3.0, 6], true), ([1, 0, 0], [1, 4], true), ([0, 0, 0], [0, 0], true),
      ([0, 2, 0], [4, 10], false), ([0, 1, 1], [5, 11], false),
    ] {
      let region = try product(vector)
      let products = region.nodes.filter { if case .contract = $0.form { true } else { false } }
      #expect(products.isEmpty == isSimple, "\(vector)")
      #expect(try run(region, [input])[0].numbers == expected, "\(vector)")
    }
  }
}
