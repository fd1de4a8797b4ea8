package import NodalBasics
package import NodalDiagnostics

/// What may keep a problem from being imported. Each case holds the data of its message.
package enum ImportError: Error, Sendable, Equatable {
  case file(HostError)
  case refused(PathRefusal)
  case table(CSVProblem)
  case notText(path: String)
  case tooLarge(path: String, limit: Int)
  case xml(XMLMistake)
  case yaml(YAMLMistake)
  case formula(FormulaMistake)
  case mathML(MathMLMistake)
  case badNumber(String)
  case tooDeep(limit: Int)
  case sbml(SBMLMistake)
  case problem(ProblemMistake)
  case unsupported(Unsupported)
  case cyclic([String])
  case formulaTooLarge(of: String, limit: Int)

  package enum CSVProblem: Sendable, Equatable {
    case unclosedQuote, textAfterQuote
    case longRow(found: Int, expected: Int)
    case duplicateColumn(String)
    case missingColumn(String, columns: [String])
    case noRows
    case emptyCell(column: String)
    case notANumber(String, column: String)
    case unknownWord(String, column: String, known: [String])
  }

  package enum XMLMistake: Sendable, Equatable {
    case empty, doctype, malformedTag, twoRoots, textOutside, unknownEntity
    case mismatched(open: String?, close: String)
    case unclosed(String)
    case duplicateAttribute(String)
  }

  package enum YAMLMistake: Sendable, Equatable {
    case tab, indentation, unclosedQuote
    case unknownSyntax(String)
    case duplicateKey(String)
    case tooDeep
  }

  package enum FormulaMistake: Sendable, Equatable {
    /// Nil at the end.
    case unexpected(String?)
    case unknownFunction(String)
    case argumentCount(String, expected: String, found: Int)
  }

  package enum MathMLMistake: Sendable, Equatable {
    case unknownElement(String)
    case operandCount(String, found: Int)
  }

  package enum SBMLMistake: Sendable, Equatable {
    case notSBML(root: String)
    case noModel
    case missingAttribute(String, element: String)
    case missingMath(element: String)
    case duplicateID(String)
    case unknownName(String, near: String?)
    case unknownWord(String, attribute: String)
    case twoRules(String)
  }

  package enum ProblemMistake: Sendable, Equatable {
    case version(String)
    case missingKey(String)
    case notAPath(String)
    case several(String, Int)
    case unknownObservable(String)
    case unknownCondition(String)
    case duplicateID(String)
    case unknownName(String, near: String?)
    case overridden(String)
    case bounds(String, lower: Double, upper: Double)
    case logOfBound(String)
    case placeholderCount(observable: String, expected: Int, found: Int)
    case noMeasurements
    case noValue(String)
    case badPrior(String, text: String)
    case estimatedOverride(String)
    case transformedNotPositive(String)
    case notAnIdentifier(String)
  }

  /// What SBML and PEtab have, and the importer does not translate.
  package enum Unsupported: Sendable, Equatable {
    case level(Int)
    case algebraicRule
    case function(String)
    case fastReaction(String)
    case eventDelay(String)
    case eventPriority(String)
    case eventTrigger(String)
    case package(String)
    case conversionFactor(String)
    case variableStoichiometry(String)
    case restWithEvents(String)
    case rowFormula(String, name: String)
    case movingCompartment(String)
    case extensions(String)
  }
}

/// An error with its place.
package struct ImportFailure: Error, Sendable, Equatable {
  package let error: ImportError
  package let span: Span?

  package init(_ error: ImportError, at span: Span?) {
    self.error = error
    self.span = span
  }
}
