import Foundation
import NodalChecking
import NodalIR
import NodalTypes
import Testing

/// What the checker accepts, lowering takes: every expression of every statement becomes IR that verifies.
@Suite struct LoweringTests {
  /// Lengths that only data know are taken as 7.
  static let lengths = Dictionary(
    uniqueKeysWithValues: (0..<5000).map { (SizeVariable(id: $0), 7) })

  static func lower(_ program: TypedProgram) -> [String] {
    var wrong: [String] = []
    func one(
      _ name: String, _ value: TypedExpression, _ parameters: [(local: LocalID, type: Type)] = []
    ) {
      switch value.type {
      case .dataset, .string, .run, .nothing: return
      default: break
      }
      do throws(LoweringFailure) {
        _ = try Lowering.lower(value, parameters: parameters, of: program, lengths: lengths)
      } catch {
        wrong.append("\(name): \(error.error)")
      }
    }
    func loss(_ name: String, _ loss: LossInstance) {
      switch loss.body {
      case .value(let value), .logDensity(let value):
        one(name, value, [(loss.parameter, loss.parameterType)])
      }
    }
    func visit(_ statement: TypedStatement) {
      switch statement {
      case .data(let data):
        if case .simulate(let value) = data.source { one("data \(data.name)", value) }
      case .let(let name, let value): one("let \(name)", value)
      case .train(let train):
        loss("loss \(train.loss.name)", train.loss)
        for option in train.options {
          if case .expression(let value) = option.value { one("option \(option.key)", value) }
          if case .perExample(let own, _) = option.value { loss("option \(option.key)", own) }
        }
      case .print(let items, _):
        for case .value(let label, let value) in items { one("print \(label)", value) }
      case .plot(let plot): for series in plot.series { one("plot \(series.label)", series.value) }
      case .portrait(let portrait):
        if let solution = portrait.trajectories { one("trajectories", solution) }
      case .checkGradients(let own, _, _, _): loss("check \(own.name)", own)
      case .assert(let condition, _, let text, _): one("assert \(text)", condition)
      case .test(let test): for inner in test.statements { visit(inner) }
      case .bench(let bench):
        for inner in bench.statements { visit(inner) }
        switch bench.work {
        case .expression(let value): one("bench \(bench.title)", value)
        case .train(let train): loss("bench \(bench.title)", train.loss)
        case .gradient(let own, _, _): loss("bench \(bench.title)", own)
        }
      case .group(let inner): for statement in inner { visit(statement) }
      case .show(.value(let label, let value), _): one(label, value)
      case .uncertainty(let command):
        if let value = command.prediction { one("predict of \(command.run)", value) }
      case .residuals, .explain, .write, .save, .load, .show: break
      }
    }
    for statement in program.statements { visit(statement) }
    for weight in program.weights.values {
      if case .value(let value) = weight.initial { one("weight \(weight.path)", value) }
      if let prior = weight.prior {
        one("prior of \(weight.path)", prior.logDensity, [(prior.value, weight.type)])
      }
    }
    return wrong
  }

  @Test func physics() throws {
    let file = Harness.root.appending(path: "stdlib/modules/physics.node")
    let text = try String(contentsOf: file, encoding: .utf8)
    let wrong = Self.lower(Harness.check(text).program)
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test(arguments: UnitTests.accepted) func units(name: String, program: String) {
    let wrong = Self.lower(Harness.check(program).program)
    #expect(wrong.isEmpty, "\(name)\n\(wrong.joined(separator: "\n"))")
  }

  @Test func targetPrograms() throws {
    guard let folder = ProcessInfo.processInfo.environment["NODAL_PROGRAMS"] else { return }
    for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      let result = Harness.check(text)
      let wrong = Self.lower(result.program)
      #expect(wrong.isEmpty, "\(file)\n\(wrong.joined(separator: "\n"))")
    }
  }
}
