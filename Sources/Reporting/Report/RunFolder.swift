package import NodalBasics

/// The files of a run folder.
package enum RunFolder {
  package static let program = "program.node"
  package static let record = "run.json"
  package static let weights = "weights.safetensors"
  package static let plots = "plots"
  package static let report = "report.html"
  /// A picture, or a record, that is larger is none of ours.
  package static let largestPicture = 8 << 20
  package static let largestRecord = 256 << 20

  /// What browsers are told of pictures, by the ending of their names.
  private static let pictures = ["svg": "image/svg+xml", "png": "image/png"]

  /// Whether it is the bare name of a picture that a report can hold.
  package static func isPicture(_ name: String) -> Bool {
    Path.name(name) == name && !name.utf8.contains(0) && kind(name) != nil
  }

  package static func kind(_ name: String) -> String? { pictures[Path.fileExtension(name)] }
}

/// A run folder that was read: all that a report is made of.
package struct RecordedRun: Sendable {
  package var record: RunRecord
  package var text: String
  package var pictures: [(name: String, bytes: [UInt8])]

  package init(record: RunRecord, text: String, pictures: [(name: String, bytes: [UInt8])]) {
    self.record = record
    self.text = text
    self.pictures = pictures
  }

  /// Why a folder can't be read.
  package enum Problem: Error, Sendable, Equatable {
    case noRunFolder(path: String)
    case record(path: String, RunRecordProblem)
    case tooLarge(path: String)
    case link(path: String)
    case host(HostError)

    /// One sentence without a final stop.
    package var message: String {
      switch self {
      case .noRunFolder(let path):
        "`\(path)` is no run folder: it has no \(RunFolder.record), which `nodal run --record` writes"
      case .record(let path, let problem): "`\(path)` is no record of a run: \(problem.message)"
      case .tooLarge(let path): "`\(path)` is too large to be a part of a run folder"
      case .link(let path): "`\(path)` is a link, and no file of the run folder"
      case .host(let error): error.message
      }
    }
  }

  /// Reads a folder. Pictures that are gone since are left out, and the report says so.
  package init(folder: String, files: HostFiles) throws(Problem) {
    let path = Path.join(folder, RunFolder.record)
    guard files.exists(folder) else { throw .host(.notFound(path: folder)) }
    guard files.kind(path) == .file else { throw .noRunFolder(path: folder) }
    let bytes = try Self.read(RunFolder.record, in: folder, files, largest: RunFolder.largestRecord)
    do throws(RunRecordProblem) {
      record = try RunRecord(json: bytes)
    } catch {
      throw .record(path: path, error)
    }
    text = String(
      decoding: try Self.read(
        RunFolder.program, in: folder, files, largest: RunFolder.largestRecord), as: UTF8.self)
    pictures = []
    let plots = Path.join(folder, RunFolder.plots)
    for name in record.plots {
      guard files.linkTarget(plots) == nil,
        let bytes = try? Self.read(name, in: plots, files, largest: RunFolder.largestPicture)
      else {
        record.omissions.append("the picture \(name) can't be read any more")
        continue
      }
      pictures.append((name, bytes))
    }
  }

  /// A file of the folder itself. A link could lead to any file of whoever makes the report, and a report is mailed.
  private static func read(
    _ name: String, in folder: String, _ files: HostFiles, largest: Int
  ) throws(Problem) -> [UInt8] {
    let path = Path.join(folder, name)
    guard files.linkTarget(path) == nil else { throw .link(path: path) }
    let bytes: [UInt8]
    do throws(HostError) {
      bytes = try files.readRegular(path)
    } catch {
      throw .host(error)
    }
    guard bytes.count <= largest else { throw .tooLarge(path: path) }
    return bytes
  }
}
