import NodalBasics
package import NodalDiagnostics

extension ImportFailure: DiagnosableError {
  package var diagnostic: Diagnostic {
    let (code, message, help) = error.words
    return Diagnostic(code, message, at: span.map { Label($0) }, help: help)
  }
}

extension ImportError {
  fileprivate var words: (DiagnosticCode, String, [String]) {
    switch self {
    case .file(let error):
      switch error {
      case .notFound:
        return (.fileNotFound, error.message, ["files of a problem are named from its own folder"])
      case .isDirectory, .notDirectory, .permission, .diskFull, .other:
        return (.unreadableFile, error.message, [])
      }
    case .refused(let refusal):
      return (
        .readDenied, "`\(refusal.path)` lies outside of the problem's folder",
        ["copy it beside the problem's file, and name it there"]
      )
    case .table(let problem): return problem.words
    case .notText(let path):
      return (.unreadableFile, "`\(path)` is no text in UTF-8", ["save it as UTF-8"])
    case .tooLarge(let path, let limit):
      return (.unreadableFile, "`\(path)` has more than \(limit / 1_048_576) MB", [])
    case .xml(let mistake): return (.malformedProblem, mistake.words, mistake.help)
    case .yaml(let mistake): return mistake.words
    case .formula(let mistake): return mistake.words
    case .mathML(let mistake): return mistake.words
    case .badNumber(let text):
      return (.malformedProblem, "`\(shown(text))` is no number that can be held", [])
    case .tooDeep(let limit):
      return (
        .malformedProblem, "this nests deeper than \(limit)",
        ["give parts of it names: assignment rules, or function definitions"]
      )
    case .sbml(let mistake): return mistake.words
    case .problem(let mistake): return mistake.words
    case .unsupported(let what):
      return (.notSupportedYet, what.message, what.help)
    case .cyclic(let names):
      let chain = names.suffix(8).map { "`\($0)`" }.joined(separator: " reads ")
      return (.cyclicDefinition, "definitions lead back to themselves: \(chain)", [])
    case .formulaTooLarge(let name, let limit):
      return (
        .malformedProblem,
        "the formula of `\(name)` has more than \(limit) parts once functions are put in", []
      )
    }
  }
}

private func shown(_ text: String) -> String {
  text.count > 40 ? text.prefix(40) + "…" : text
}

private func list(_ names: [String]) -> String {
  let text = names.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
  return names.count > 12 ? text + " and \(names.count - 12) more" : text
}

extension ImportError.CSVProblem {
  fileprivate var words: (DiagnosticCode, String, [String]) {
    switch self {
    case .unclosedQuote: return (.malformedRow, "the quote is never closed", [])
    case .textAfterQuote:
      return (
        .malformedRow, "something follows the closing quote of a cell",
        ["write \"\" for a quote inside a cell"]
      )
    case .longRow(let found, let expected):
      return (
        .malformedRow, "the row has \(found) cells where the header has \(expected)",
        ["cells are parted by tabs"]
      )
    case .duplicateColumn(let name):
      return (.malformedRow, "the column `\(name)` is there twice", [])
    case .missingColumn(let name, let columns):
      return (
        .unknownColumn, "this table has no column `\(name)`",
        ["the columns are \(list(columns)); cells are parted by tabs"]
      )
    case .noRows: return (.emptyData, "this table holds nothing", [])
    case .emptyCell(let column): return (.malformedCell, "`\(column)` is empty in this row", [])
    case .notANumber(let text, let column):
      return (
        .malformedCell,
        text.isEmpty
          ? "`\(column)` is empty in this row" : "`\(shown(text))` is no number for `\(column)`", []
      )
    case .unknownWord(let text, let column, let known):
      return (
        .malformedCell, "`\(shown(text))` is no `\(column)`",
        ["those that there are: \(list(known))"]
      )
    }
  }
}

extension ImportError.XMLMistake {
  fileprivate var words: String {
    switch self {
    case .empty: "this file holds no XML element"
    case .doctype: "a document with a DOCTYPE is not read"
    case .malformedTag: "this tag is not well-formed"
    case .twoRoots: "something follows the document's end"
    case .textOutside: "text stands outside of all elements"
    case .unknownEntity: "this `&` begins nothing that XML knows by itself"
    case .mismatched(let open?, let close): "`</\(shown(close))>` closes `<\(shown(open))>`"
    case .mismatched(nil, let close): "`</\(shown(close))>` closes nothing"
    case .unclosed(let name): "`\(shown(name))` is never closed"
    case .duplicateAttribute(let name): "the attribute `\(shown(name))` is there twice"
    }
  }

  fileprivate var help: [String] {
    switch self {
    case .doctype: ["SBML needs none: take the declaration and its entities out"]
    case .unknownEntity: ["write `&amp;` for the sign itself"]
    case .unclosed: ["the file may have been cut short"]
    case .empty, .malformedTag, .twoRoots, .textOutside, .mismatched, .duplicateAttribute: []
    }
  }
}

extension ImportError.YAMLMistake {
  fileprivate var words: (DiagnosticCode, String, [String]) {
    let help = [
      "read are maps, lists, words and comments, without anchors, tags and blocks of text"
    ]
    return switch self {
    case .tab: (.malformedProblem, "a tab stands where YAML wants spaces", [])
    case .indentation: (.malformedProblem, "this line stands deeper than its neighbours", help)
    case .unclosedQuote:
      (.malformedProblem, "this quoted word is not closed, or has signs with a backslash", help)
    case .unknownSyntax(let text):
      (.malformedProblem, "`\(shown(text))` is no YAML that is read here", help)
    case .duplicateKey(let key): (.malformedProblem, "the key `\(shown(key))` is there twice", [])
    case .tooDeep: (.malformedProblem, "this nests too deep", help)
    }
  }
}

extension ImportError.FormulaMistake {
  fileprivate var words: (DiagnosticCode, String, [String]) {
    switch self {
    case .unexpected(let text?):
      return (.malformedProblem, "the formula can't go on with `\(shown(text))`", [])
    case .unexpected(nil): return (.malformedProblem, "the formula ends too early", [])
    case .unknownFunction(let name):
      return (
        .malformedProblem, "there is no function `\(shown(name))`",
        ["known are \(list(FormulaFunction.allCases.map(\.rawValue))), `pow` and `piecewise`"]
      )
    case .argumentCount(let name, let expected, let found):
      return (
        .malformedProblem, "`\(shown(name))` takes \(expected) arguments, here are \(found)", []
      )
    }
  }
}

extension ImportError.MathMLMistake {
  fileprivate var words: (DiagnosticCode, String, [String]) {
    switch self {
    case .unknownElement(let name):
      (.malformedProblem, "`<\(shown(name))>` is no formula of SBML", [])
    case .operandCount(let name, let found):
      (.malformedProblem, "`<\(shown(name))>` with \(found) operands has no meaning", [])
    }
  }
}

extension ImportError.SBMLMistake {
  fileprivate var words: (DiagnosticCode, String, [String]) {
    switch self {
    case .notSBML(let root):
      return (.malformedProblem, "this is no SBML: its root is `\(shown(root))`", [])
    case .noModel: return (.malformedProblem, "this SBML holds no model", [])
    case .missingAttribute(let name, let element):
      return (.malformedProblem, "this `\(element)` has no `\(name)`", [])
    case .missingMath(let element):
      return (.malformedProblem, "`\(shown(element))` has no formula", [])
    case .duplicateID(let id):
      return (.duplicateName, "the model has two things called `\(shown(id))`", [])
    case .unknownName(let name, let near):
      return (
        .unknownName, "the model has nothing called `\(shown(name))`",
        near.map { ["did you mean `\($0)`?"] } ?? []
      )
    case .unknownWord(let text, let attribute):
      return (.malformedProblem, "`\(shown(text))` is no `\(attribute)`", [])
    case .twoRules(let name): return (.duplicateName, "`\(shown(name))` has two rules", [])
    }
  }
}

extension ImportError.ProblemMistake {
  fileprivate var words: (DiagnosticCode, String, [String]) {
    switch self {
    case .version(let text):
      return (
        .notSupportedYet, "version \(shown(text)) of PEtab is not read",
        ["write it as version 1: the petab library converts"]
      )
    case .missingKey(let key): return (.malformedProblem, "the problem names no `\(key)`", [])
    case .notAPath(let key): return (.malformedProblem, "`\(key)` wants names of files", [])
    case .several(let what, let count):
      return (
        .notSupportedYet, "\(count) \(what) in one file are not read",
        ["give each a file of its own"]
      )
    case .unknownObservable(let id):
      return (.unknownName, "there is no observable `\(shown(id))`", [])
    case .unknownCondition(let id):
      return (.unknownName, "there is no condition `\(shown(id))`", [])
    case .duplicateID(let id): return (.duplicateName, "`\(shown(id))` is there twice", [])
    case .unknownName(let name, let near):
      return (
        .unknownName, "neither the model nor the table of parameters has `\(shown(name))`",
        near.map { ["did you mean `\($0)`?"] } ?? []
      )
    case .overridden(let id):
      return (
        .malformedProblem, "`\(shown(id))` can't be set here: something else sets it already",
        [
          "a condition sets what the model holds constant and the table of parameters doesn't name; a table is given numbers and parameters"
        ]
      )
    case .bounds(let id, let lower, let upper):
      return (
        .optionValue, "between the bounds \(lower) and \(upper) of `\(shown(id))` there is nothing",
        []
      )
    case .logOfBound(let id):
      return (.optionValue, "`\(shown(id))` has a logarithmic scale and no bound above 0", [])
    case .placeholderCount(let observable, let expected, let found):
      return (
        .malformedProblem,
        "`\(shown(observable))` has \(expected) placeholders, and this row values for \(found)",
        ["values are parted by semicolons"]
      )
    case .noMeasurements: return (.emptyData, "the problem has no measurements", [])
    case .noValue(let id):
      return (
        .malformedProblem, "nothing says what `\(shown(id))` is",
        ["give it a value in the model, a row among the parameters, or a value in each condition"]
      )
    case .badPrior(let kind, let text):
      return (
        .optionValue, "`\(shown(text))` are no parameters of a prior `\(kind)`",
        ["two numbers, parted by a semicolon"]
      )
    case .estimatedOverride(let id):
      return (
        .malformedProblem,
        "`\(shown(id))` has a value in a table, and rules or events that change it", []
      )
    case .transformedNotPositive(let id):
      return (
        .malformedCell,
        "a measurement of `\(shown(id))` is not positive, and is to be taken the logarithm of",
        []
      )
    case .notAnIdentifier(let text):
      return (
        .malformedCell, "`\(shown(text))` is neither a number nor a name",
        ["a name has letters, digits and `_`, and begins with no digit"]
      )
    }
  }
}

extension ImportError.Unsupported {
  fileprivate var message: String {
    switch self {
    case .level(let level): "SBML of level \(level) is not read"
    case .algebraicRule: "algebraic rules are not translated"
    case .function(let name): "`\(shown(name))` in formulas is not translated"
    case .fastReaction(let id): "`\(id)` is a fast reaction, which is not translated"
    case .eventDelay(let id): "event `\(id)` has a delay, which is not translated"
    case .eventPriority(let id): "event `\(id)` has a priority, which is not translated"
    case .eventTrigger(let id):
      "the trigger of event `\(id)` is not translated: it is no single comparison"
    case .package(let name): "the model needs packages of SBML that are not read: \(shown(name))"
    case .conversionFactor(let id): "the conversion factor `\(id)` is not translated"
    case .variableStoichiometry(let id):
      "a stoichiometry of `\(id)` changes, which is not translated"
    case .restWithEvents(let id):
      "the model comes to rest and has the event `\(id)`: that is not translated"
    case .rowFormula(let observable, let name):
      "`\(observable)` has a parameter of its own for each row, and `\(name)`: that is not translated"
    case .movingCompartment(let id): "the size of `\(id)` changes, which is not translated"
    case .extensions(let name): "the extension `\(shown(name))` of PEtab is not read"
    }
  }

  fileprivate var help: [String] {
    switch self {
    case .level: ["write it as level 3: libSBML and COPASI convert"]
    case .algebraicRule:
      ["the language has algebraic equations: `0 = …` in an `ode`, once the rest is imported"]
    case .function, .fastReaction, .eventDelay, .eventPriority, .eventTrigger, .package,
      .conversionFactor, .variableStoichiometry,
      .restWithEvents, .rowFormula, .movingCompartment, .extensions:
      []
    }
  }
}
