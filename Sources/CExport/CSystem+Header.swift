import NodalBasics

/// The header: what is where, in which unit, and what the functions do.
extension CSystem {
  func header(_ prefix: String, _ signature: CSignature) -> String {
    let guardName = prefix.uppercased() + "_H"
    var text = """
      /* \(comment(name)), from \(comment(program)): ordinary differential equations as C99, written by Nodal \(NodalVersion.text).
       *

      """
    if let documentation {
      for line in documentation.split(separator: "\n") { text += " * \(comment(String(line)))\n" }
      text += " *\n"
    }
    if let timeUnit { text += " * The time t is in \(comment(timeUnit)).\n *\n" }
    text += table("States, y[\(total(states))]", states)
    text += table("Parameters, p[\(total(parameters))], as they are now", parameters)
    text += table("Inputs, u[\(total(inputs))]", inputs)
    text += table("Outputs, out[\(total(outputs))]", outputs)
    text += """
       * Arrays lie row by row. No function keeps anything or takes memory: several threads may call them at once.
       * Compile as C99, and link the mathematical library (-lm).
       */
      #ifndef \(guardName)
      #define \(guardName)

      #ifdef __cplusplus
      extern "C" {
      #endif


      """
    text += places(
      "\(prefix)_y_", "\(prefix)_states", states, "The places of the states, and their number.")
    text += places(
      "\(prefix)_p_", "\(prefix)_parameters_count", parameters,
      "The places of the parameters, and their number.")
    text += places(
      "\(prefix)_u_", "\(prefix)_inputs_count", inputs,
      "The places of the inputs, and their number.")
    text += places(
      "\(prefix)_out_", "\(prefix)_outputs_count", outputs,
      "The places of the outputs, and their number.")
    text += functions(prefix, signature)
    return text + """

      #ifdef __cplusplus
      }
      #endif

      #endif

      """
  }

  private func total(_ entries: [Entry]) -> Int { entries.reduce(0) { $0 + $1.count } }

  private func table(_ title: String, _ entries: [Entry]) -> String {
    if entries.isEmpty { return "" }
    var rows: [[String]] = []
    var place = 0
    for entry in entries {
      let end = place + entry.count
      let shape = entry.shape.isEmpty ? "" : "\(entry.shape)"
      let value = entry.values.count == 1 ? NumberFormat.significant(entry.values[0]) : ""
      rows.append([
        entry.count == 1 ? "\(place)" : "\(place) to \(end - 1)", comment(entry.name), shape,
        entry.unit.map { comment($0) } ?? "", value,
      ])
      place = end
    }
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text = " * \(title):\n"
    for row in rows {
      let cells = zip(row, widths).filter { $1 > 0 }.map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      var line = " *   " + cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text + " *\n"
  }

  private func places(
    _ prefix: String, _ count: String, _ entries: [Entry], _ title: String
  ) -> String {
    if entries.isEmpty, !count.hasSuffix("_parameters_count") { return "" }
    var names = CNames()
    var rows: [String] = []
    var place = 0
    for entry in entries {
      rows.append("  \(prefix)\(names.take(entry.name)) = \(place)")
      place += entry.count
    }
    rows.append("  \(count) = \(place)")
    return "/* \(title) */\nenum {\n\(rows.joined(separator: ",\n"))\n};\n\n"
  }

  private func functions(_ prefix: String, _ signature: CSignature) -> String {
    let hasInputs = !inputs.isEmpty
    var text = """
      /* The parameters as they were when this was written. */
      void \(prefix)_parameters(double *p);

      /* The states at the beginning; NaN where the program gives none. */
      void \(prefix)_initial(const double *p, double *y);

      /* The derivatives of the states. */
      \(signature.slopes);


      """
    if observed != nil {
      text += """
        /* The outputs at a state. */
        \(signature.outputs);


        """
    }
    if hasInputs {
      text += """
        /* Gives the inputs at a time. Where they jump or have a kink, solve from one such time to the next. */
        typedef void (*\(prefix)_input)(double t, double *u, void *context);


        """
    }
    return text + """
      enum {
        \(prefix)_ok = 0,
        /* The states or their derivatives became infinite or NaN. */
        \(prefix)_not_finite = 1,
        /* The tolerances are out of reach, or the equations are stiff. */
        \(prefix)_step_too_small = 2,
        \(prefix)_too_many_steps = 3,
        /* Times neither ascend nor descend, or an option is no number above 0. */
        \(prefix)_bad_argument = 4
      };

      /* What a status means, in words. */
      const char *\(prefix)_message(int status);

      typedef struct {
        /* Errors of a step are kept below atol + rtol |y|, as a root mean square over the states. */
        double rtol, atol;
        /* No step is longer; 0: as long as they may be. */
        double longest_step;
        long most_steps;
      } \(prefix)_options;

      /* rtol 1e-6, atol 1e-9, steps of any length, a million of them. */
      extern const \(prefix)_options \(prefix)_defaults;

      /* Numbers of memory that \(prefix)_solve works in. */
      enum { \(prefix)_work = \(CSolver.workRows) * \(prefix)_states\(hasInputs ? " + \(prefix)_inputs_count" : "") };

      /* Solves from times[0], where the states are y0, to the last time, by Tsitouras' method of order 5 with steps of its own choice.
       * states[\(prefix)_states * i] and on are the states at times[i]. Times ascend or descend. options may be NULL: the defaults.
       * Gives \(prefix)_ok, or why it ended early; what it has not come to is NaN then. */
      \(signature.solve);

      """
  }
}
