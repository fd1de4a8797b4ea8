import NodalDiagnostics
import NodalSyntax
import NodalTypes

/// Weights that have a value for each experiment: which these are, and whether what reads one of them knows its experiment.
extension Checker {
  /// The group that a word behind `per` names: experiments that a column of the data tells apart, or the examples of a data set.
  mutating func weightGroup(_ name: Name) -> WeightGroup? {
    var columns: [String] = []
    var labels: [String] = []
    var members: Set<String> = []
    for declaration in environment.declarations {
      guard case .data(let node) = declaration.kind,
        environment.modules[declaration.module].names[declaration.name] == declaration.id
      else { continue }
      let column = node.experimentColumn
      guard
        declaration.name == name.spelling
          || column.map({ WeightGroup.isName(name.spelling, of: $0) }) == true
      else {
        columns += column.map { [$0] } ?? []
        continue
      }
      guard case .expression(let data) = value(of: declaration.id, name.span),
        case .dataset(let type) = resolve(data.type)
      else { return nil }
      if let experiments = type.experiments,
        WeightGroup.isName(name.spelling, of: experiments.column)
      {
        // Data of the same subjects in several files: each has its place once.
        labels += experiments.labels.filter { members.insert($0).inserted }
      } else if declaration.name == name.spelling {
        guard let count = type.count.map({ resolve($0) })?.value else {
          report(.groupOfUnknownSize(name.spelling, at: name.span))
          return nil
        }
        return WeightGroup(
          name: name.spelling, members: .examples(of: declaration.name, count: count))
      }
    }
    guard !labels.isEmpty else {
      report(.unknownGroup(name.spelling, at: name.span, columns: columns))
      return nil
    }
    return WeightGroup(name: name.spelling, members: .labels(labels))
  }

  /// Whether the data of a loss don't say which member of a group each example is.
  mutating func refuseGroups(
    of weights: [WeightID], for data: DatasetType?, _ loss: String, _ span: Span
  ) -> Bool {
    for id in weights {
      guard let weight = environment.weights[id], let group = weight.group else { continue }
      if let data, group.places(of: data) != nil { continue }
      var message = "`\(loss)` reads `\(weight.path)`, which has a value per \(group.name), and "
      var help: [String] = []
      if let data {
        message += "`\(data.name)` doesn't say which one an example is of"
        if let own = data.experiments, WeightGroup.isName(group.name, of: own.column) {
          message += ": it has others than there were when the parameter was declared"
        } else {
          switch group.members {
          case .labels:
            help.append("`csv(…, experiment: \"\(group.name)\")` names the column that tells it")
          case .examples(let name, _):
            help.append("the parameter has a value for each example of `\(name)`, and of its parts")
          }
        }
      } else {
        message += "no data are given"
        help.append("write `train \(loss) on data { … }`")
      }
      report(
        Diagnostic(
          .memberUnknown, message, at: Label(span), also: [Label(weight.span, "declared here")],
          help: help))
      return true
    }
    return false
  }

  /// Whether an ode that is asked something outside of a loss reads weights of a group, which are not bound by `with:`.
  mutating func refuseMembers(
    of ode: OdeInstance, bound: [WeightID], _ callee: String, _ span: Span
  ) -> Bool {
    guard !readsOneOfEach, environment.weights.values.contains(where: { $0.group != nil }) else {
      return false
    }
    for id in weights(of: ode) where !bound.contains(id) {
      guard let weight = environment.weights[id], let group = weight.group else { continue }
      let name = weight.path.split(separator: ".").last.map(String.init) ?? weight.path
      report(
        Diagnostic(
          .memberUnknown,
          "`\(weight.path)` has a value per \(group.name), and nothing says here whose is meant",
          at: Label(span), also: [Label(weight.span, "declared here")],
          help: [
            "`\(callee)(…, with: {\(name): \(weight.path)[0]})` takes that of the first, `with: {\(name): \(weight.path)}` each of them"
          ]))
      return true
    }
    return false
  }
}

extension DataDeclaration {
  /// The column that `experiment:` names, as far as the text says it.
  fileprivate var experimentColumn: String? {
    guard case .call(let call) = value.kind,
      let written = call.arguments.first(where: { $0.label?.spelling == "experiment" }),
      case .string(let column) = written.value.kind
    else { return nil }
    return column
  }
}
