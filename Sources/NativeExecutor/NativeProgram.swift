import NodalExecution
import NodalIR

/// A region as machine code, and children for the forms that have no code of their own.
struct NativeProgram: Executable {
  let region: Region
  let buffers: BufferPlan
  let steps: [NativeCode.Step]
  let functions: [NativeCode.Function]
  let children: [any Executable]
  /// Kept as long as its functions may be called.
  let code: LoadedCode

  let parameterTypes: [ValueType]
  let resultTypes: [ValueType]

  init(
    _ made: NativeCode, code: LoadedCode, children: [any Executable], original: Region
  ) {
    region = made.region
    buffers = made.buffers
    steps = made.steps
    self.children = children
    self.code = code
    functions = code.addresses.map { unsafeBitCast($0, to: NativeCode.Function.self) }
    parameterTypes = original.parameterTypes
    resultTypes = original.resultTypes
  }

  func makeWorkspace(_ context: RunContext) -> any Workspace { NativeFrame(self, context) }
}
