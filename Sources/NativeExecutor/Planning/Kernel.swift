import NodalIR

/// A nest of loops over a graph of scalar operations.
struct Kernel: Hashable, Sendable {
  /// What is done with a value of the graph in each turn.
  struct Store: Hashable, Sendable {
    var access: Access
    var node: Int
    var element: ElementType
  }

  enum Body: Hashable, Sendable {
    /// Each turn stores values.
    case map([Store])
    /// Reduces the loops behind the first `kept` ones; stores one value a turn of those.
    case reduce(Reduction.Kind, node: Int, ElementType, target: Access, lastAxisIsReduced: Bool)
  }

  var loops: [Extent]
  var graph: KernelGraph
  var body: Body
  /// For `reduce`: the loops that are kept come first.
  var kept = 0
}

/// A contraction of operands that lie in memory.
struct ContractionKernel: Hashable, Sendable {
  var plan: ContractionPlan
  var element: ElementType
  /// By the loops of the plan, in the order batch, rows, columns, contracted.
  var a: Access
  var b: Access
  var target: Access
}

/// One step of a native program.
enum ProgramStep: Hashable, Sendable {
  case kernel(Kernel)
  case contraction(ContractionKernel)
  /// Runs what a form became that has no loops of its own here.
  case call(child: Int, operands: [Int], results: Range<Int>)
}
