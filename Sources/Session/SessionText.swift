import NodalBasics

/// A session as a program, on its way to a file.
struct SessionText {
  /// Lines of it, with what they are made of.
  struct Part {
    var text: String
    /// Why it is a comment there; nil for what runs.
    var reason: Reason?

    enum Reason: Equatable {
      case trained, setting
      case wrong(String)

      var text: String {
        switch self {
        case .trained: "What came of this is loaded below"
        case .setting: "To be run with"
        case .wrong(let message): "Left out, as in a file \(message)"
        }
      }
    }

    var lines: [String] {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard let reason else { return lines }
      return ["// \(reason.text):"] + lines.map { "//   " + $0 }
    }
  }

  static let mark = "// Saved from a session of Nodal."

  var parts: [Part]

  /// - Parameters:
  ///   - loads: statements that give weights their values; none where nothing was learned.
  init(_ journal: SessionJournal, settings: [String: String], seed: Int?, loads: [String]) {
    let records = journal.latest
    let lastLearning = records.lastIndex {
      [.training, .namedTraining, .loading].contains($0.role)
    }
    let lastNamed = records.lastIndex { $0.role == .namedTraining } ?? -1
    parts = []
    if let seed { parts.append(Part(text: "seed \(seed)")) }
    for (index, record) in records.enumerated() {
      if seed != nil, record.names == ["%seed"] { continue }
      var part = Part(text: record.text)
      if record.role == .declaration, record.text.hasPrefix("const "),
        let name = record.names.first,
        let value = settings[name]
      {
        part.text = "const \(name) = \(value)"
      }
      // A run that has a name begins where those before it ended.
      if record.role == .training, index > lastNamed, !loads.isEmpty {
        part.reason = .trained
      }
      if record.role != .loading || loads.isEmpty { parts.append(part) }
      if index == lastLearning { parts += loads.map { Part(text: $0) } }
    }
    if lastLearning == nil { parts += loads.map { Part(text: $0) } }
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) where name.contains(".") {
      parts.append(Part(text: "--set \(name)=\(value)", reason: .setting))
    }
  }

  var text: String {
    (["\(Self.mark)", ""] + parts.flatMap(\.lines)).joined(separator: "\n") + "\n"
  }

  /// Makes comments of the parts that stand on these lines, counted from 1.
  /// - Returns: false where none does.
  mutating func leaveOut(_ reasons: [(line: Int, reason: String)]) -> Bool {
    var line = 3
    var changed = false
    for index in parts.indices {
      let end = line + parts[index].lines.count
      if parts[index].reason == nil,
        let found = reasons.first(where: { (line..<end).contains($0.line) })
      {
        parts[index].reason = .wrong(found.reason)
        changed = true
      }
      line = end
    }
    return changed
  }
}
