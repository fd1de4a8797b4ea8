// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

public import CNodal
import Foundation
import Nodal

// The functions of nodal.h, which says what they do. A handle or a place for a
// result that is NULL where nodal.h doesn't allow it ends the process, as in any C library; a text that is NULL is empty.

private func interpreter(_ pointer: OpaquePointer) -> InterpreterHandle {
  Handle.of(pointer, as: InterpreterHandle.self)
}

private func value(_ pointer: OpaquePointer) -> ValueHandle {
  Handle.of(pointer, as: ValueHandle.self)
}

private let version = CText(Interpreter.version)

@c @implementation
public func nodal_version() -> UnsafePointer<CChar>! { version.pointer }

// MARK: Interpreters

@c @implementation
public func nodal_open(_ folder: UnsafePointer<CChar>!) -> OpaquePointer! {
  InterpreterHandle(folder: folder == nil ? "." : String(c: folder)).retained
}

@c @implementation
public func nodal_close(_ interpreter: OpaquePointer!) { Handle.release(interpreter) }

@c @implementation
public func nodal_listen(
  _ pointer: OpaquePointer!, _ listener: nodal_listener!, _ context: UnsafeMutableRawPointer!
) {
  let own = interpreter(pointer)
  (own.listener, own.context) = (listener, context)
}

@c @implementation
public func nodal_error(_ pointer: OpaquePointer!) -> UnsafePointer<CChar>! {
  interpreter(pointer).error.pointer
}

@c @implementation
public func nodal_error_json(_ pointer: OpaquePointer!) -> UnsafePointer<CChar>! {
  interpreter(pointer).errorJSON.pointer
}

private func program(
  _ text: UnsafePointer<CChar>?, _ path: UnsafePointer<CChar>?
) -> Program {
  Program(text: String(c: text), path: path == nil ? "program.node" : String(c: path))
}

@c @implementation
public func nodal_check(
  _ pointer: OpaquePointer!, _ text: UnsafePointer<CChar>!, _ path: UnsafePointer<CChar>!
) -> nodal_status {
  let own = interpreter(pointer)
  let found = own.interpreter.check(program(text, path))
  own.tell(found.filter(\.isError))
  return found.contains(where: \.isError) ? NODAL_WRONG : NODAL_OK
}

@c @implementation
public func nodal_run(
  _ pointer: OpaquePointer!, _ text: UnsafePointer<CChar>!, _ path: UnsafePointer<CChar>!
) -> nodal_status {
  let own = interpreter(pointer)
  return own.status { () -> Interpreter.Outcome in own.interpreter.run(program(text, path)) }
}

@c @implementation
public func nodal_run_file(
  _ pointer: OpaquePointer!, _ path: UnsafePointer<CChar>!
) -> nodal_status {
  let own = interpreter(pointer)
  guard let program = own.value(of: { try Program(contentsOf: String(c: path)) }) else {
    return NODAL_FAILED
  }
  return own.status { () -> Interpreter.Outcome in own.interpreter.run(program) }
}

@c @implementation
public func nodal_declare(
  _ pointer: OpaquePointer!, _ text: UnsafePointer<CChar>!, _ path: UnsafePointer<CChar>!
) -> nodal_status {
  let own = interpreter(pointer)
  return own.status { () throws -> Void in try own.interpreter.declare(program(text, path)) }
}

@c @implementation
public func nodal_cancel(_ pointer: OpaquePointer!) {
  interpreter(pointer).interpreter.cancellation.cancel()
}

@c @implementation
public func nodal_resume(_ pointer: OpaquePointer!) {
  interpreter(pointer).interpreter.cancellation.reset()
}

@c @implementation
public func nodal_declarations(_ pointer: OpaquePointer!) -> UnsafePointer<CChar>! {
  let own = interpreter(pointer)
  own.declarations = CText(
    "[" + own.interpreter.declarations.map(\.json).joined(separator: ",") + "]")
  return own.declarations.pointer
}

// MARK: Numbers that go in

private func shape(_ array: nodal_array) -> [Int] {
  Array(UnsafeBufferPointer(start: array.shape, count: array.rank))
}

private func given(_ array: nodal_array) -> GivenArray {
  let shape = shape(array)
  let numbers = UnsafeBufferPointer(start: array.numbers, count: shape.reduce(1, *))
  return GivenArray(String(c: array.name), Array(numbers), shape: shape)
}

@c @implementation
public func nodal_give(
  _ pointer: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ arrays: UnsafePointer<nodal_array>!,
  _ count: Int
) -> nodal_status {
  let own = interpreter(pointer)
  own.interpreter.give(
    UnsafeBufferPointer(start: arrays, count: count).map(given), as: String(c: name))
  own.tell([])
  return NODAL_OK
}

@c @implementation
public func nodal_set(
  _ pointer: OpaquePointer!, _ constant: UnsafePointer<CChar>!,
  _ expression: UnsafePointer<CChar>!
) -> nodal_status {
  let own = interpreter(pointer)
  own.interpreter.set(String(c: constant), to: String(c: expression))
  own.tell([])
  return NODAL_OK
}

@c @implementation
public func nodal_set_array(
  _ pointer: OpaquePointer!, _ constant: UnsafePointer<nodal_array>!
) -> nodal_status {
  let own = interpreter(pointer)
  let array = given(constant.pointee)
  own.interpreter.set(array.name, to: array.numbers, shape: array.shape)
  own.tell([])
  return NODAL_OK
}

// MARK: Values

@c @implementation
public func nodal_evaluate(
  _ pointer: OpaquePointer!, _ expression: UnsafePointer<CChar>!
) -> OpaquePointer! {
  let own = interpreter(pointer)
  return own.value { ValueHandle(try own.interpreter.evaluate(String(c: expression))).retained }
}

@c @implementation
public func nodal_solve(
  _ pointer: OpaquePointer!, _ ode: UnsafePointer<CChar>!, _ arguments: UnsafePointer<CChar>!
) -> OpaquePointer! {
  let own = interpreter(pointer)
  return own.value {
    ValueHandle(try own.interpreter.solve(String(c: ode), String(c: arguments))).retained
  }
}

@c @implementation
public func nodal_value_free(_ pointer: OpaquePointer!) { Handle.release(pointer) }

@c @implementation
public func nodal_value_kind(_ pointer: OpaquePointer!) -> nodal_kind { value(pointer).kind }

@c @implementation
public func nodal_value_numbers(
  _ pointer: OpaquePointer!, _ count: UnsafeMutablePointer<Int>!
) -> UnsafePointer<Double>! {
  let (numbers, size) = value(pointer).numbersForC
  count?.pointee = size
  return numbers
}

@c @implementation
public func nodal_value_shape(
  _ pointer: OpaquePointer!, _ rank: UnsafeMutablePointer<Int>!
) -> UnsafePointer<Int>! {
  let (shape, size) = value(pointer).shapeForC
  rank?.pointee = size
  return shape
}

@c @implementation
public func nodal_value_text(_ pointer: OpaquePointer!) -> UnsafePointer<CChar>! {
  value(pointer).text?.pointer
}

@c @implementation
public func nodal_value_field_count(_ pointer: OpaquePointer!) -> Int { value(pointer).fieldCount }

@c @implementation
public func nodal_value_field_name(_ pointer: OpaquePointer!, _ index: Int) -> UnsafePointer<CChar>!
{
  value(pointer).field(at: index)?.name.pointer
}

@c @implementation
public func nodal_value_field_at(_ pointer: OpaquePointer!, _ index: Int) -> OpaquePointer! {
  value(pointer).field(at: index)?.value.unretained
}

@c @implementation
public func nodal_value_field(
  _ pointer: OpaquePointer!, _ name: UnsafePointer<CChar>!
) -> OpaquePointer! {
  value(pointer).field(named: String(c: name))?.unretained
}

// MARK: Functions

@c @implementation
public func nodal_compile(
  _ pointer: OpaquePointer!, _ expression: UnsafePointer<CChar>!,
  _ parameters: UnsafePointer<nodal_array>!, _ count: Int
) -> OpaquePointer! {
  let own = interpreter(pointer)
  let names = UnsafeBufferPointer(start: parameters, count: count).map {
    CompiledFunction.Parameter(String(c: $0.name), shape: shape($0))
  }
  return own.value {
    FunctionHandle(try own.interpreter.function(String(c: expression), of: names), own).retained
  }
}

@c @implementation
public func nodal_call(
  _ pointer: OpaquePointer!, _ arguments: UnsafePointer<UnsafePointer<Double>?>!
) -> OpaquePointer! {
  let own = Handle.of(pointer, as: FunctionHandle.self)
  let numbers = own.function.parameters.enumerated().map { index, parameter in
    Array(UnsafeBufferPointer(start: arguments[index], count: parameter.shape.reduce(1, *)))
  }
  return own.owner.value { ValueHandle(try own.function(numbers)).retained }
}

@c @implementation
public func nodal_function_free(_ pointer: OpaquePointer!) { Handle.release(pointer) }

// MARK: Training

@c @implementation
public func nodal_train(
  _ pointer: OpaquePointer!, _ loss: UnsafePointer<CChar>!, _ data: UnsafePointer<CChar>!,
  _ options: UnsafePointer<CChar>!, _ progress: nodal_progress!,
  _ context: UnsafeMutableRawPointer!, _ final: UnsafeMutablePointer<Double>!
) -> nodal_status {
  let own = interpreter(pointer)
  var isStopped = false
  let status = own.status { () throws -> Void in
    let run = try own.interpreter.train(
      String(c: loss), on: data == nil ? nil : String(c: data), String(c: options)
    ) { step in
      var shown = nodal_step(
        step: step.step, total: step.total, loss: step.loss, seconds: step.elapsed)
      guard let progress, progress(&shown, context) != 0 else { return }
      isStopped = true
      own.interpreter.cancellation.cancel()
    }
    final?.pointee = run.loss
  }
  if isStopped { own.interpreter.cancellation.reset() }
  return status
}

@c @implementation
public func nodal_gradient(
  _ pointer: OpaquePointer!, _ loss: UnsafePointer<CChar>!, _ data: UnsafePointer<CChar>!,
  _ result: UnsafeMutablePointer<Double>!
) -> OpaquePointer! {
  let own = interpreter(pointer)
  return own.value {
    let found = try own.interpreter.gradient(
      of: String(c: loss), on: data == nil ? nil : String(c: data))
    result?.pointee = found.value
    let fields = own.interpreter.weights.compactMap { weight in
      found.gradient[weight.path].map {
        Value.Field(name: weight.path, value: .array(shape: weight.shape, numbers: $0))
      }
    }
    return ValueHandle(.record(fields)).retained
  }
}

@c @implementation
public func nodal_weights(_ pointer: OpaquePointer!) -> OpaquePointer! {
  let fields = interpreter(pointer).interpreter.weights.map {
    Value.Field(name: $0.path, value: .array(shape: $0.shape, numbers: $0.values))
  }
  return ValueHandle(.record(fields)).retained
}

@c @implementation
public func nodal_set_weight(
  _ pointer: OpaquePointer!, _ path: UnsafePointer<CChar>!, _ numbers: UnsafePointer<Double>!,
  _ count: Int
) -> nodal_status {
  let own = interpreter(pointer)
  return own.status { () throws -> Void in
    try own.interpreter.setWeight(
      String(c: path), to: Array(UnsafeBufferPointer(start: numbers, count: count)))
  }
}

@c @implementation
public func nodal_load_weights(
  _ pointer: OpaquePointer!, _ file: UnsafePointer<CChar>!
) -> nodal_status {
  let own = interpreter(pointer)
  return own.status { () throws -> Void in
    _ = try own.interpreter.loadWeights(fromSafetensors: String(c: file))
  }
}
