import NodalIR
import NodalTypes
import NodalTraining
import NodalExecution
import NodalBasics
import NodalChecking
import NodalData
import NodalDiagnostics
import NodalParsing
import NodalStandardLibrary
import NodalSyntax

/// What the checker asks of the world: modules, and the columns of data.
extension Session {
  func checkerHost() -> CheckerHost {
    let (host, policy, texts, bases, given) = (host, policy, texts, dataBases, given)
    let schemas = schemas
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
      schema: { call in
        let read = { (host: Host) in
          SchemaReader(host: host, policy: policy, bases: bases, given: given, texts: texts)
            .schema(of: call)
        }
        // What is given is no file, whose time tells whether it has changed.
        return call.function == .given ? read(host) : schemas.schema(of: call, host, read)
      }, settings: options.settings)
  }

  /// Reads all modules of the standard library; their names are not seen before they are imported.
  package func readLibrary() {
    let imports = StandardLibrary.moduleNames.filter { $0 != "prelude" }.map { "import \($0)\n" }
    let source = SourceFile(id: SourceID(0), path: "<library>", text: imports.joined())
    let result = Check.check(
      Parser.parse(source).tree, source: source, in: environment, host: checkerHost())
    environment = result.environment.withoutImports
  }

  var reader: SchemaReader {
    SchemaReader(host: host, policy: policy, bases: dataBases, given: given, texts: texts)
  }

  /// Where data files are looked for, in order.
  var dataBases: [String] { [directory] + options.dataDirectories }
}
