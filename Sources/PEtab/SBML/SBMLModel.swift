package import NodalDiagnostics

/// A model as an SBML file has it, with definitions of functions put into the formulas that call them.
package struct SBMLModel: Sendable {
  package var id: String
  package var compartments: [Compartment] = []
  package var species: [Species] = []
  /// Those of kinetic laws too, by names of their own.
  package var parameters: [Parameter] = []
  package var initialAssignments: [String: Definition] = [:]
  package var assignmentRules: [String: Definition] = [:]
  package var rateRules: [String: Definition] = [:]
  package var reactions: [Reaction] = []
  package var events: [Event] = []

  package struct Definition: Sendable {
    package var formula: Formula
    package var span: Span
  }

  package struct Compartment: Sendable {
    package var id: String
    package var size: Double?
    package var span: Span
  }

  package struct Species: Sendable {
    package var id: String
    package var compartment: String
    package var initial: Initial?
    /// Formulas mean its amount, and not its concentration.
    package var isAmount: Bool
    /// No reaction changes it.
    package var isFixed: Bool
    package var span: Span

    package enum Initial: Sendable {
      case amount(Double)
      case concentration(Double)
    }
  }

  package struct Parameter: Sendable {
    package var id: String
    package var value: Double?
    package var span: Span
  }

  package struct Reaction: Sendable {
    package var id: String
    /// What one turn of it changes, in amounts.
    package var changes: [Change]
    package var rate: Formula
    package var span: Span
  }

  package struct Change: Sendable {
    package var species: String
    package var amount: Formula
    package var span: Span
  }

  package struct Event: Sendable {
    package var id: String
    package var trigger: Formula
    /// What was true at the beginning is no change.
    package var initiallyTrue: Bool
    package var assignments: [(variable: String, definition: Definition)]
    package var span: Span
  }
}
