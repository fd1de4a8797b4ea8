import NodalBasics
import NodalIR
import NodalMethods

extension CSystem {
  /// The header and the source, in C99; they need nothing but the mathematical functions of C's library.
  package func source() throws(CExportError) -> CSource {
    let prefix = CNames.plain(name)
    let file = CFile(prefix: prefix)
    let signature = CSignature(prefix: prefix, hasInputs: !inputs.isEmpty)
    try write(
      initial, "void \(prefix)_initial(const double *p, double *y)", "y", reads: ["p"], file)
    try write(
      slopes, signature.slopes, "dy", reads: ["t", "y", "p"] + (inputs.isEmpty ? [] : ["u"]), file)
    if let observed {
      try write(
        observed, signature.outputs, "out", reads: ["t", "y", "p"] + (inputs.isEmpty ? [] : ["u"]),
        file)
    }
    let functions = file.take()
    writeParameters(file)
    let parameters = file.take()
    let solver = try CSolver(Tableau.tsit5, prefix: prefix, hasInputs: !inputs.isEmpty).text
    let helpers = CHelper.allCases.filter(file.helpers.contains).map { $0.text(prefix: prefix) }
    let constants = file.constants.map { Self.array($0.name, $0.values) }
    let top = """
      /* \(comment(name)), from \(comment(program)), by Nodal \(NodalVersion.text). Its header tells what is what. */
      #include "\(prefix).h"

      #include <limits.h>
      #include <math.h>

      """
    return CSource(
      prefix: prefix, header: header(prefix, signature),
      source: ([top] + constants + helpers + [parameters, functions, solver])
        .map { $0.trimmedLines }.joined(separator: "\n\n") + "\n")
  }

  private func write(
    _ function: Function, _ signature: String, _ target: String, reads: [String], _ file: CFile
  ) throws(CExportError) {
    let emitter = CRegionEmitter(file: file, lanes: 1)
    try emitter.block(signature) { () throws(CExportError) in
      var arguments: [CView] = []
      for (binding, type) in zip(function.bindings, function.region.parameterTypes) {
        let shape = try emitter.shape(type)
        switch binding {
        case .time: arguments.append(CView(scalar: "t", .f64))
        case .state: arguments.append(CView(pointer: "y", shape: shape, type.element))
        case .parameters(let start):
          arguments.append(CView(pointer: "p", offset: start, shape: shape, type.element))
        case .inputs(let start):
          arguments.append(CView(pointer: "u", offset: start, shape: shape, type.element))
        case .constant(let values):
          if let first = values.first, values.count == 1 {
            let text = type.element == .i64 ? "\(Int(first))LL" : CFile.literal(first)
            arguments.append(CView(scalar: text, type.element, shape: shape))
          } else {
            arguments.append(CView(pointer: file.constant(values), shape: shape, type.element))
          }
        }
      }
      // Equations need not read all that they are given.
      for name in reads { file.line("(void)\(name);") }
      try emitter.emit(function.region, arguments, to: target)
    }
    file.line("")
  }

  private func writeParameters(_ file: CFile) {
    let values = parameters.flatMap(\.values)
    file.block("void \(file.prefix)_parameters(double *p)") {
      if values.isEmpty {
        file.line("(void)p;")
      } else {
        for (place, value) in values.enumerated() {
          file.line("p[\(place)] = \(CFile.literal(value));")
        }
      }
    }
    file.line("")
  }

  private static func array(_ name: String, _ values: [Double]) -> String {
    var text = "static const double \(name)[\(values.count)] = {\n"
    for start in stride(from: 0, to: values.count, by: 4) {
      let row = values[start..<min(start + 4, values.count)].map(CFile.literal)
      text += "  " + row.joined(separator: ", ") + (start + 4 < values.count ? ",\n" : "\n")
    }
    return text + "};\n"
  }
}

extension String {
  /// Without line ends at its end.
  fileprivate var trimmedLines: Substring {
    var text = self[...]
    while text.last == "\n" { text.removeLast() }
    return text
  }
}

/// A text inside a comment of C.
func comment(_ text: String) -> String {
  text.replacing("*/", with: "* /").replacing("/*", with: "/ *").replacing("\n", with: " ")
}

/// The heads of the functions that equations make.
struct CSignature {
  let prefix: String
  let hasInputs: Bool

  private var inputs: String { hasInputs ? " const double *u," : "" }

  var slopes: String {
    "void \(prefix)_rhs(double t, const double *y, const double *p,\(inputs) double *dy)"
  }
  var outputs: String {
    "void \(prefix)_outputs(double t, const double *y, const double *p,\(inputs) double *out)"
  }
  var solve: String { CSignature.solve(prefix, hasInputs: hasInputs) }

  static func solve(_ prefix: String, hasInputs: Bool) -> String {
    let driver = hasInputs ? "\n    \(prefix)_input input, void *context," : ""
    return """
      int \(prefix)_solve(
          const double *times, int count, const double *y0, const double *p,\(driver)
          const \(prefix)_options *options, double *work, double *states)
      """
  }
}
