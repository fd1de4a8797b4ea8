package import NodalBasics
package import NodalDiagnostics

/// A mistake in data, with the file or generator that it is in: what puts words to this floor's
/// errors.
package struct DataProblem: DiagnosableError, Equatable {
  package enum Cause: Sendable, Equatable {
    case csv(CSVError)
    case table(TableError)
    case array(ArrayFileError)
    case zip(ZipError)
    case arrays(ArrayTableError)
    case images(IDXError)
    case generator(GeneratorError)
    case batch(BatchPlan.Problem)
    case refused(PathRefusal)
    case host(HostError)
  }

  package let cause: Cause
  /// The file as the program names it (or the data set, the generator).
  package let file: String
  /// The file as a source, when its text is to be shown beside the message.
  package let source: SourceID?
  /// Where the program asks for the data.
  package let request: Span?

  package init(_ cause: Cause, file: String, source: SourceID? = nil, request: Span? = nil) {
    self.cause = cause
    self.file = file
    self.source = source
    self.request = request
  }

  package var diagnostic: Diagnostic {
    let (code, message, help) = words
    var also: [Label] = []
    let primary: Label?
    if let source, let place {
      primary = label(place, in: source)
      if let request { also.append(Label(request, "read for this")) }
    } else {
      primary = request.map { Label($0) }
    }
    if let source, case .csv(.duplicateColumn(_, let first, _)) = cause {
      also.insert(label(first, in: source, "first here"), at: 0)
    }
    return Diagnostic(code, message, at: primary, also: also, help: help)
  }

  private var place: CSVPlace? {
    switch cause {
    case .csv(let error): return error.place
    case .table(let error): return error.place
    case .array, .zip, .arrays, .images, .generator, .batch, .refused, .host: return nil
    }
  }

  private func label(_ place: CSVPlace, in source: SourceID, _ text: String = "") -> Label {
    Label(
      Span(source: source, start: place.bytes.lowerBound, end: place.bytes.upperBound), text)
  }

  private var words: (DiagnosticCode, String, [String]) {
    switch cause {
    case .csv(let error): return error.words(file)
    case .table(let error): return error.words(file)
    case .array(let error): return (.unreadableFile, "`\(file)`: \(error.message)", error.help)
    case .zip(let error): return error.words(file)
    case .arrays(let error): return error.words(file)
    case .images(let error): return error.words(file)
    case .generator(let error): return (error.code, error.message, [])
    case .batch(let problem): return (.optionValue, problem.message(file), [])
    case .refused(let refusal):
      let code: DiagnosticCode
      switch refusal.use {
      case .reading: code = .readDenied
      case .writing: code = .writeDenied
      }
      return (code, refusal.message, [refusal.help])
    case .host(let error):
      switch error {
      case .notFound:
        return (
          .fileNotFound, error.message, ["paths start from the program's folder, then --data"]
        )
      case .isDirectory, .notDirectory, .permission, .diskFull, .other:
        return (.unreadableFile, error.message, [])
      }
    }
  }
}

extension GeneratorError {
  fileprivate var code: DiagnosticCode {
    switch self {
    case .unknownParameter: return .unknownLabel
    case .missingParameter: return .missingArgument
    case .wrongKind: return .argumentType
    case .badCount, .outOfRange: return .optionValue
    }
  }
}

extension BatchPlan.Problem {
  fileprivate func message(_ data: String) -> String {
    switch self {
    case .notPositive(let name, let value): return "`\(name)` must be at least 1, not \(value)"
    case .noTimeAxis: return "`\(data)` has no time column to cut windows from"
    case .windowTooLong(let length, let longest):
      return "windows of \(length) times are longer than the longest experiment of `\(data)` "
        + "(\(longest))"
    case .noExamples: return "`\(data)` has no examples"
    }
  }
}

extension CSVPlace {
  /// `data.csv`, line 7, column 3
  fileprivate func words(_ file: String) -> String {
    cell == 0 ? "`\(file)`, line \(line)" : "`\(file)`, line \(line), column \(cell)"
  }
}

extension CSVError {
  fileprivate func words(_ file: String) -> (DiagnosticCode, String, [String]) {
    switch self {
    case .empty:
      return (.emptyData, "`\(file)` holds nothing but blanks and comments", [])
    case .noRows:
      return (.emptyData, "`\(file)` has a header and no rows", [])
    case .notText(let kind):
      return (
        .unreadableFile, "`\(file)` is \(kind), not CSV",
        [
          file.hasSuffix(".npz")
            ? "arrays of NumPy are read by npz(\"\(file)\")"
            : "save it as CSV, UTF-8, without compression"
        ]
      )
    case .tooLarge(let place, let text):
      return (
        .malformedCell, "\(place.words(file)): `\(Self.shown(text))` is beyond 1.8e308",
        ["leave the cell empty, or write `inf` if that is meant"]
      )
    case .decimalComma(let place, let text):
      return (
        .malformedCell, "\(place.words(file)): `\(Self.shown(text))` has a decimal comma",
        ["say so: csv(\"\(file)\", decimal: \",\")"]
      )
    case .unclosedQuote(let place):
      return (
        .malformedRow, "\(place.words(file)): the quote is never closed",
        ["close it, or write \"\" for a quote inside a cell"]
      )
    case .textAfterQuote(let place, let text):
      return (
        .malformedRow,
        "\(place.words(file)): `\(Self.shown(text))` follows the closing quote of a cell",
        ["write \"\" for a quote inside a cell"]
      )
    case .raggedRow(let place, let found, let expected):
      let help =
        found == expected + 1
        ? ["a name may be missing in the header, or a number may have a comma in it"]
        : ["a missing value is an empty cell or NA"]
      return (
        .malformedRow,
        "\(place.words(file)): the row has \(count(found)) where the first has \(expected)", help
      )
    case .duplicateColumn(let name, let first, let second):
      return (
        .malformedRow,
        "\(second.words(file)): the column `\(name)` is there twice (also column \(first.cell))",
        ["give one of them another name"]
      )
    case .tooManyColumns(let place, let limit):
      return (.unreadableFile, "\(place.words(file)): the line has more than \(limit) cells", [])
    }
  }

  private func count(_ cells: Int) -> String { cells == 1 ? "1 cell" : "\(cells) cells" }

  /// Short enough for a message.
  fileprivate static func shown(_ text: String) -> String {
    text.count > 40 ? text.prefix(40) + "…" : text
  }
}

extension TableError {
  func words(_ file: String) -> (DiagnosticCode, String, [String]) {
    switch self {
    case .unknownColumn(let name, let role, let columns):
      let code: DiagnosticCode
      let purpose: String
      switch role {
      case .time: (code, purpose) = (.missingTimeColumn, "the time column")
      case .experiment: (code, purpose) = (.unknownColumn, "the experiment column")
      case .input: (code, purpose) = (.unknownColumn, "the input")
      case .field(let field): (code, purpose) = (.unknownColumn, "the column for `\(field)`,")
      }
      var help: [String] = []
      if let near = nearest(to: name, among: columns) { help.append("did you mean `\(near)`?") }
      help.append("the columns are \(Self.list(columns))")
      return (code, "`\(file)` has no column `\(name)` (\(purpose) named here)", help)
    case .notANumber(let text, let column, let place):
      let at = place?.words(file) ?? "`\(file)`"
      return (
        .malformedCell,
        "\(at) (`\(column)`): `\(CSVError.shown(text))` is not a number", Self.hint(text)
      )
    case .missingTime(let column, let place):
      let at = place?.words(file) ?? "`\(file)`"
      return (
        .malformedCell, "\(at): the time (`\(column)`) is missing",
        ["every row needs its time; take the row out, or fill it in"]
      )
    case .timeGoesBack(let column, let from, let to, let place, let experiment, let grouped):
      let at = place?.words(file) ?? "`\(file)`"
      let within = experiment.map { " within experiment `\($0)`" } ?? ""
      return (
        .timesNotIncreasing,
        "\(at): the time `\(column)` goes back from \(NumberFormat.shortest(from)) to "
          + "\(NumberFormat.shortest(to))\(within)",
        grouped
          ? ["sort the rows of each experiment by time"]
          : ["several experiments in one file need `experiment: \"…\"`, the column that tells them"]
      )
    case .missingExperiment(let column, let place):
      let at = place?.words(file) ?? "`\(file)`"
      return (.malformedCell, "\(at): the experiment (`\(column)`) is missing", [])
    case .rateNotPositive(let rate):
      return (
        .malformedCell, "a rate of \(NumberFormat.shortest(rate)) rows a unit of time is no rate",
        ["rate(610.35) means 610.35 rows a second"]
      )
    case .duplicateField(let name):
      return (
        .duplicateName, "two fields of `\(file)` are called `\(name)`",
        ["rename one: columns: {other: \"\(name)\"}"]
      )
    case .selectionWithoutColumns(let name):
      return (.unknownColumn, "the field `\(name)` names no column of `\(file)`", [])
    }
  }

  /// What people write for numbers that this reader does not take.
  private static func hint(_ text: String) -> [String] {
    let digits = text.filter { $0.isASCII && $0.isNumber }.count
    if digits > 0, text.contains(",") {
      return ["numbers have a point, not a comma, before the decimals, and no other separators"]
    }
    return ["a missing value is an empty cell, NA or nan"]
  }

  private static func list(_ columns: [String]) -> String {
    let shown = columns.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
    return columns.count > 12 ? shown + " and \(columns.count - 12) more" : shown
  }

  /// The column that was probably meant: the same but for case and signs, or a slip away.
  private func nearest(to name: String, among columns: [String]) -> String? {
    func plain(_ text: String) -> [Character] {
      text.lowercased().filter { $0.isLetter || $0.isNumber }
    }
    let wanted = plain(name)
    if wanted.isEmpty { return nil }
    let ranked = columns.prefix(200).map { ($0, Self.distance(wanted, plain($0))) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(1, wanted.count / 3) else {
      return nil
    }
    return best.0
  }

  /// Levenshtein's distance; long names are far from everything.
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    if a.count > 64 || b.count > 64 { return .max }
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let change = previous + (x == y ? 0 : 1)
        previous = row[j + 1]
        row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
