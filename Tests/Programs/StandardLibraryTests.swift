import Nodal
import NodalStandardLibrary
import Testing

@Suite struct StandardLibraryTests {
  /// The laws that each module states of itself.
  @Test(arguments: StandardLibrary.moduleNames)
  func testsOfTheModuleHold(_ name: String) throws {
    let text = try #require(StandardLibrary.text(ofModule: name))
    let recorder = Recorder()
    let outcome = recorder.interpreter.test(Program(text: text, path: name + ".node"))
    let failures = recorder.events.compactMap { event -> String? in
      switch event {
      case .testFailed(let title, let found): "\(title): \(found.text)"
      case .diagnostic(let found): found.isError ? found.text : nil
      case .printed, .trainingBegan, .trainingStep, .trainingEnded, .plotted, .picture, .wrote,
        .testPassed, .benched, .benchFailed, .note:
        nil
      }
    }
    #expect(failures.isEmpty)
    #expect(outcome == .finished)
  }
}
