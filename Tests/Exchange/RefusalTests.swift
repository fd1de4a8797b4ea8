import Nodal
import NodalBasics
import TestSupport
import Testing

/// Whatever a file says, an import ends in a program or in diagnostics.
@Suite struct RefusalTests {
  private static func changed(
    _ path: WritableKeyPath<SmallProblem, String>, _ text: String
  ) -> [String] {
    var problem = SmallProblem()
    problem[keyPath: path] = text
    return problem.refusal()
  }

  @Test("what SBML has and the importer hasn't is named")
  func unsupported() {
    let math = SmallProblem.math("<ci>A</ci>")
    #expect(
      Self.changed(\.more, "<listOfRules><algebraicRule>\(math)</algebraicRule></listOfRules>") == [
        "E0901"
      ])
    let trigger = SmallProblem.math("<gt/><ci>A</ci><cn>2</cn>")
    let delayed =
      "<listOfEvents><event id=\"e\"><trigger>\(trigger)</trigger><delay>\(SmallProblem.math("<cn>3</cn>"))</delay></event></listOfEvents>"
    #expect(Self.changed(\.more, delayed) == ["E0901"])
    let fast = SmallProblem().reactions.replacing(
      "id=\"there\"", with: "id=\"there\" fast=\"true\"")
    #expect(Self.changed(\.reactions, fast) == ["E0901"])
  }

  @Test("names that nothing has, columns that are missing, words that mean nothing")
  func wrong() {
    #expect(
      Self.changed(\.observables, "observableId\tobservableFormula\tnoiseFormula\nobs_a\tAA\t1")
        == ["E0201"])
    #expect(Self.changed(\.observables, "observableId\tobservableFormula\nobs_a\tA") == ["E0703"])
    #expect(Self.changed(\.conditions, "conditionId\tq\nc0\t1") == ["E0201"])
    #expect(Self.changed(\.conditions, "conditionId\tk1\nc0\t1") == ["E0714"])
    #expect(
      Self.changed(
        \.measured, "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_b\tc0\t0\t1") == [
          "E0201"
        ])
    #expect(
      Self.changed(
        \.measured, "observableId\tsimulationConditionId\ttime\tmeasurement\nobs_a\tc0\tx\t1") == [
          "E0705"
        ])
    #expect(
      Self.changed(
        \.estimated,
        "parameterId\tparameterScale\tlowerBound\tupperBound\testimate\nk1\tlog2\t1\t2\t1") == [
          "E0705"
        ])
    #expect(
      Self.changed(
        \.estimated,
        "parameterId\tparameterScale\tlowerBound\tupperBound\testimate\nk1\tlin\t2\t2\t1") == [
          "E0804"
        ])
    #expect(Self.changed(\.compartments, "") == ["E0201"])
  }

  @Test("definitions that lead back to themselves, functions that double")
  func cycles() {
    func rule(_ a: String, _ b: String) -> String {
      "<assignmentRule variable=\"\(a)\">\(SmallProblem.math("<ci>\(b)</ci>"))</assignmentRule>"
    }
    var problem = SmallProblem()
    problem.parameters += #"<parameter id="p"/><parameter id="q"/>"#
    problem.more = "<listOfRules>\(rule("p", "q"))\(rule("q", "p"))</listOfRules>"
    problem.reactions = SmallProblem.reaction("r", from: nil, to: "A", "<times/><ci>p</ci>")
    #expect(problem.refusal() == ["E0210"])
    let doubling = (1..<60).map { n in
      let inner = "<apply><ci>f\(n - 1)</ci><ci>x</ci></apply>"
      let body = n == 1 ? "<ci>x</ci><ci>x</ci>" : inner + inner
      return
        "<functionDefinition id=\"f\(n)\">\(SmallProblem.math("<lambda><bvar><ci>x</ci></bvar><apply><times/>\(body)</apply></lambda>"))</functionDefinition>"
    }
    problem = SmallProblem()
    problem.more = "<listOfFunctionDefinitions>\(doubling.joined())</listOfFunctionDefinitions>"
    problem.reactions = SmallProblem.reaction(
      "r", from: nil, to: "A", "<times/><apply><ci>f59</ci><ci>A</ci></apply>")
    #expect(problem.refusal() == ["E0714"])
  }

  @Test("entities, endless nesting, and files elsewhere are not followed")
  func hostile() {
    func refusal(_ name: String, _ text: String) -> [String] {
      var files = SmallProblem().files
      files["small/" + name] = text
      do {
        _ = try ProblemImport(petab: "small/small.yaml", host: MemoryWorld(files: files).host)
        return []
      } catch let failure as ProgramFailure {
        return failure.diagnostics.map(\.code)
      } catch {
        return ["\(error)"]
      }
    }
    let model = SmallProblem().model
    #expect(refusal("model.xml", "<!DOCTYPE x [<!ENTITY a \"aa\">]>" + model) == ["E0714"])
    #expect(refusal("model.xml", String(repeating: "<a>", count: 200_000)) == ["E0714"])
    let deep =
      String(repeating: "<apply><minus/>", count: 5000) + "<ci>A</ci>"
      + String(repeating: "</apply>", count: 5000)
    #expect(refusal("model.xml", model.replacing("<ci>k1</ci>", with: deep)) == ["E0714"])
    #expect(
      refusal("small.yaml", SmallProblem.yaml.replacing("model.xml", with: "/etc/passwd")) == [
        "E0710"
      ])
    #expect(
      refusal("small.yaml", SmallProblem.yaml.replacing("model.xml", with: "../../x.xml")) == [
        "E0710"
      ])
    #expect(
      refusal("small.yaml", SmallProblem.yaml.replacing("model.xml", with: "other.xml")) == [
        "E0701"
      ])
    #expect(
      refusal("small.yaml", SmallProblem.yaml.replacing("version: 1", with: "version: 2.0.0")) == [
        "E0901"
      ])
    #expect(refusal("small.yaml", "a: &x 1\n") == ["E0714"])
    #expect(
      refusal("model.xml", model.replacing("size=\"1\"", with: "size=\"1e400\"")) == ["E0714"])
  }

  @Test("files that were spoiled byte by byte never do more than fail")
  func spoiled() {
    let files = SmallProblem().files
    var state: UInt64 = 4
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % max(1, count)
    }
    let names = files.keys.sorted()
    var outcomes: [Bool: Int] = [:]
    for _ in 0..<Effort.count(1500, long: 60_000, debug: 300) {
      let name = names[random(names.count)]
      var bytes = Array((files[name] ?? "").utf8)
      for _ in 0...random(3) {
        let place = random(bytes.count)
        switch random(4) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(UInt8(random(256)), at: place)
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + random(40)))
        default: bytes[place] = Array("<>/&;\t\n:-[{\"'#0".utf8)[random(15)]
        }
        if bytes.isEmpty { break }
      }
      let world = MemoryWorld(files: files)
      world.addFile(name, bytes: bytes)
      do {
        let problem = try ProblemImport(petab: "small/small.yaml", host: world.host)
        outcomes[true, default: 0] += 1
        let found = Program(text: problem.program).syntaxDiagnostics
        #expect(!found.hasErrors, "\(problem.program)")
      } catch let failure as ProgramFailure {
        #expect(failure.diagnostics.hasErrors)
        outcomes[false, default: 0] += 1
      } catch {
        Issue.record("\(error)")
      }
    }
    #expect((outcomes[true] ?? 0) > 0 && (outcomes[false] ?? 0) > 0)
  }
}
