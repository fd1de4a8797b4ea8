import NodalChecking
import NodalData
import NodalMethods
import NodalStandardLibrary

/// Something that a program may use without declaring it.
public struct ReferenceEntry: Sendable, Hashable {
  /// `mse`
  public let name: String
  /// How it is written: `mse(a: Any, b: Any)`, `layer gru(width: Int)(h: Real[width], x)`
  public let usage: String
  /// What it is, in Markdown; a link leads from the folder `reference` of the manual.
  public let text: String
  /// The declaration, of what is written in the language itself.
  public let source: String?
}

/// Entries under a title.
public struct ReferenceChapter: Sendable, Hashable {
  /// A few words.
  public let title: String
  /// In the order in which to read them.
  public let entries: [ReferenceEntry]
}

/// A way to solve equations.
public struct SolverMethod: Sendable, Hashable {
  /// `tsit5`
  public let name: String
  /// One sentence.
  public let summary: String
  /// `explicit`, `stiff`, `structure-preserving`, `stochastic`
  public let purpose: String
  /// Halving the step divides the error at the ends of steps by about 2 to this power; that of the method that it begins with,
  /// where it is `auto`.
  public let order: Int
  /// The same between the ends of steps.
  public let denseOrder: Int
}

/// What the language brings with it, told by the tables that the compiler reads itself.
public enum Reference {
  /// Functions, layers, losses and distributions that every program sees.
  public static let functions: [ReferenceChapter] = {
    let provided = IntrinsicEntry.Chapter.allCases.map { chapter in
      ReferenceChapter(
        title: chapter.rawValue,
        entries: IntrinsicEntry.all.filter { $0.chapter == chapter }.map {
          ReferenceEntry(name: $0.name, usage: $0.usage, text: $0.text, source: nil)
        })
    }
    return provided + LibraryModule.chapters(of: "prelude") + [distributions, generators]
  }()

  /// Models of the standard library, by module: `import physics`.
  public static let modules: [ReferenceChapter] = StandardLibrary.moduleNames
    .filter { $0 != "prelude" }
    .map { name in
      ReferenceChapter(title: name, entries: LibraryModule.chapters(of: name).flatMap(\.entries))
    }

  /// Solver methods, in the order of the manual.
  public static let methods: [SolverMethod] = MethodEntry.all.compactMap { entry in
    entry.method.map {
      SolverMethod(
        name: entry.name, summary: entry.summary, purpose: entry.purpose.rawValue,
        order: $0.order, denseOrder: $0.denseOrder)
    }
  }

  private static let distributions = ReferenceChapter(
    title: "Distributions",
    entries: DistributionEntry.all.map { family in
      ReferenceEntry(
        name: family.name,
        usage: "\(family.name)(\(family.parameters.joined(separator: ", ")))",
        text: family.draws
          ? "`.log_prob(x)`, `~`, and `sample`." : "`.log_prob(x)` and `~`; no `sample`.",
        source: nil)
    })

  private static let generators = ReferenceChapter(
    title: "Generators of data",
    entries: Generator.all.map { generator in
      let parameters = generator.parameters.map { "\($0.name):" }.joined(separator: ", ")
      return ReferenceEntry(
        name: generator.name, usage: "\(generator.name)(\(parameters))", text: generator.summary,
        source: nil)
    })
}
