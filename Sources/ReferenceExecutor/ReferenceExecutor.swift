package import NodalExecution
package import NodalIR

/// Runs regions as flat lists of instructions, each a loop over whole arrays: the oracle of what
/// the IR means, and the fallback where no machine code can be made. The cost of an instruction
/// beside its loop is some tens of nanoseconds.
package struct ReferenceExecutor: Executor {
  package init() {}

  package func compile(_ region: Region) throws -> any Executable {
    try ReferenceProgram(region, self)
  }
}
