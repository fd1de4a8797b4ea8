import NodalIR
import NodalTypes
import NodalTraining
import NodalExecution
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalStandardLibrary
import NodalSyntax

/// What the checker asks of the world: modules, and the columns of data.
extension Session {
  func checkerHost() -> CheckerHost {
    let reader = reader
    let (host, policy, texts) = (host, policy, texts)
    let base = directory
    return CheckerHost(
      module: { module, from in
        switch module {
        case .library(let path):
          let name = path.spelling
          guard let text = StandardLibrary.text(ofModule: name) else {
            return .failure(
              Diagnostic(
                .unknownModule, "there is no module `\(name)`", at: Label(path.span),
                help: [
                  "the modules are "
                    + StandardLibrary.moduleNames.map { "`\($0)`" }.joined(separator: ", "),
                  "a file is imported by its path: import \"\(name).node\"",
                ]))
          }
          return .source(texts.add(path: "\(name).node", text: text), key: "library:" + name)
        case .file(let path):
          do {
            let folder = texts.all[from].map { Path.directory($0.path) } ?? base
            let full = try policy.pathForReading(
              path, fromAny: [folder, base], files: host.files)
            let text = String(decoding: try host.files.readRegular(full), as: UTF8.self)
            return .source(texts.add(path: full, text: text), key: full)
          } catch let refusal as PathRefusal {
            return .failure(DataProblem(.refused(refusal), file: path).diagnostic)
          } catch {
            let reason = (error as? HostError)?.message ?? "\(error)"
            return .failure(
              Diagnostic(
                .unknownModule, "can't import \"\(path)\": \(reason)", at: nil,
                help: ["paths start from the program's folder"]))
          }
        }
      },
      schema: { call in reader.schema(of: call) }, settings: options.settings)
  }

  var reader: SchemaReader {
    SchemaReader(host: host, policy: policy, bases: dataBases, given: given, texts: texts)
  }

  /// Where data files are looked for, in order.
  var dataBases: [String] { [directory] + options.dataDirectories }
}
