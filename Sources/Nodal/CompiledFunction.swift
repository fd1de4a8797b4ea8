import NodalChecking
import NodalDiagnostics
import NodalSession

/// An expression as a function of some of its names: checked and compiled once, called as often as one likes, in microseconds and without
/// memory that grows.
///
/// ```swift
/// let angle = try interpreter.function("solve(swing, over: 0..1, from: {θ: a, θ': 0}).final.θ", of: .init("a"))
/// let θ = try angle(0.3).number
/// ```
///
/// Weights are read as they are when it is called, so that it follows training. What else it reads (constants, equations, values of names)
/// is as it was when the function was made. It belongs to the thread of its interpreter.
public final class CompiledFunction {
  /// A name in the expression.
  public struct Parameter: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The lengths of its axes; a single number has none.
    public let shape: [Int]

    /// - Parameter shape: the lengths of its axes.
    public init(_ name: String, shape: [Int] = []) {
      self.name = name
      self.shape = shape
    }
  }

  /// What it is called with, in order.
  public let parameters: [Parameter]
  private let function: SessionFunction
  private let interpreter: Interpreter

  init(_ parameters: [Parameter], _ function: SessionFunction, _ interpreter: Interpreter) {
    self.parameters = parameters
    self.function = function
    self.interpreter = interpreter
  }

  /// Calls it with single numbers.
  /// - Throws: `ProgramFailure`.
  public func callAsFunction(_ arguments: Double...) throws -> Value {
    try self(arguments.map { [$0] })
  }

  /// Calls it with the numbers of each parameter, row-major.
  /// - Throws: `ProgramFailure`; also where the count of numbers is another.
  public func callAsFunction(_ arguments: [[Double]]) throws -> Value {
    try interpreter.throwing {
      guard arguments.map(\.count) == parameters.map({ $0.shape.reduce(1, *) }) else {
        let wanted = parameters.map { "`\($0.name)` (\($0.shape.reduce(1, *)))" }
        throw SessionFailure(
          .argumentType,
          "the function is of \(wanted.joined(separator: ", ")), and gets \(arguments.map(\.count)) numbers",
          at: nil)
      }
      return Value(try function(arguments))
    }
  }
}

extension Interpreter {
  /// Makes a function of an expression in which these names stand for plain numbers that are given when it is called.
  /// - Throws: `ProgramFailure`.
  public func function(
    _ expression: String, of parameters: CompiledFunction.Parameter...
  ) throws -> CompiledFunction {
    try function(expression, of: parameters)
  }

  /// The same of a list of names.
  /// - Throws: `ProgramFailure`.
  public func function(
    _ expression: String, of parameters: [CompiledFunction.Parameter]
  ) throws -> CompiledFunction {
    let source = self.source(Program.unread(text: expression, path: "<function>"))
    let own = parameters.map { FunctionParameter($0.name, shape: $0.shape) }
    let made = try throwing { try session.function(of: source, own) }
    // What is wrong has been thrown.
    guard let made else { throw ProgramFailure(diagnostics: []) }
    return CompiledFunction(parameters, made, self)
  }
}
