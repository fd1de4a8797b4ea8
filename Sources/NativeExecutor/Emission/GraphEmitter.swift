import NodalIR
import NodalOperations

/// Writes the scalar operations of a kernel's graph for some place in its loops, as vectors along the innermost one.
final class GraphEmitter {
  private let kernel: KernelEmitter
  private let graph: KernelGraph
  private var w: FunctionWriter { kernel.w }
  /// Nodes that are the same all along the innermost loop, once they are computed.
  private var uniform: [Int: Operand] = [:]

  init(_ kernel: KernelEmitter, _ graph: KernelGraph) {
    self.kernel = kernel
    self.graph = graph
  }

  /// Computes what doesn't change along the innermost loop, ahead of it.
  func hoist(outer variables: [Operand]) {
    uniform = [:]
    for (i, node) in graph.nodes.enumerated() {
      if case .load(let access, let element) = node {
        guard access.strides.last.map({ $0.factor == 0 }) ?? true else { continue }
        uniform[i] = kernel.load(
          kernel.address(access, element, at: variables + [.integer(0)]), element,
          stride: Measure(0), width: 1)
        continue
      }
      let operands = graph.operands(i)
      if case .constant(let number, let element) = node {
        uniform[i] = .constant(number, element.registerType)
      } else if operands.allSatisfy({ uniform[$0] != nil }) {
        uniform[i] = compute(i, width: 1) { uniform[$0] ?? .constant(0, .f64) }
      }
    }
  }

  /// All nodes, at this place.
  func emit(at variables: [Operand], width: Int) -> [Operand] {
    var values: [Operand] = []
    for (i, node) in graph.nodes.enumerated() {
      if case .constant(let number, let element) = node {
        values.append(.constant(number, element.registerType.with(width: width)))
      } else if let value = uniform[i] {
        values.append(w.splat(value, width: width))
      } else if case .load(let access, let element) = node {
        values.append(
          kernel.load(
            kernel.address(access, element, at: variables), element,
            stride: access.strides.last ?? Measure(0), width: width))
      } else {
        values.append(compute(i, width: width) { values[$0] })
      }
    }
    return values
  }

  private func compute(_ i: Int, width: Int, _ value: (Int) -> Operand) -> Operand {
    switch graph.nodes[i] {
    case .load, .constant:
      return .constant(0, .f64)
    case .apply(let name, let operands, _):
      return w.apply(name, operands.map(value))
    case .fma(let a, let b, let c):
      return w.fma(value(a), value(b), value(c))
    case .negate(let a):
      return w.negate(value(a))
    case .select(let c, let a, let b):
      return w.select(value(c), value(a), value(b))
    case .convert(let a, let element):
      return w.convert(value(a), to: element)
    }
  }
}

extension FunctionWriter {
  /// An op of the table.
  func apply(_ name: String, _ operands: [Operand]) -> Operand {
    guard let row = Operations.row(named: name) else { return operands[0] }
    return row.scalar.emit(self, operands)
  }

  /// Between the element types that loops compute with; to `bool` it is `!= 0`, and NaN is not 0.
  func convert(_ x: Operand, to element: ElementType) -> Operand {
    let type = element.registerType.with(width: x.type.width)
    switch (x.type.scalar, type.scalar) {
    case (.f32, .f64): return convert("fpext", x, to: type)
    case (.f64, .f32): return convert("fptrunc", x, to: type)
    case (.i1, .f32), (.i1, .f64): return convert("uitofp", x, to: type)
    case (.f32, .i1), (.f64, .i1): return compare("une", x, .constant(0, x.type))
    case (.f32, _), (.f64, _), (.i1, _), (.i8, _), (.i32, _), (.i64, _), (.pointer, _): return x
    }
  }
}
