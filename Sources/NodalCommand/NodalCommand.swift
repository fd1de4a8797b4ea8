import ArgumentParser

@main
struct NodalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nodal", abstract: "A language for dynamics models.")
}
