import NodalMethods

/// The solver that goes along: an explicit pair whose last stage is the next step's first, with dense output. Its coefficients are those
/// of the tableau.
struct CSolver {
  let tableau: Tableau
  let prefix: String
  let hasInputs: Bool

  /// Rows of states that it works with: the stages, the state, the next one, and the argument of a stage.
  static let workRows = 10

  init(_ tableau: Tableau, prefix: String, hasInputs: Bool) throws(CExportError) {
    guard tableau.nextStepStage == tableau.nodes.count - 1,
      tableau.nodes.count + 3 == CSolver.workRows, case .embedded = tableau.estimate
    else { throw CExportError(what: .method(tableau.name)) }
    self.tableau = tableau
    self.prefix = prefix
    self.hasInputs = hasInputs
  }

  private var stages: Int { tableau.nodes.count }

  private func table(_ name: String, _ rows: [[Double]], width: Int) -> String {
    let lines = rows.map { row in
      let padded = row + [Double](repeating: 0, count: width - row.count)
      return "  {" + padded.map(CFile.literal).joined(separator: ", ") + "}"
    }
    return "static const double \(prefix)_\(name)[\(rows.count)][\(width)] = {\n"
      + lines.joined(separator: ",\n") + "\n};\n"
  }

  private func row(_ name: String, _ values: [Double]) -> String {
    "static const double \(prefix)_\(name)[\(values.count)] = {\n  "
      + values.map(CFile.literal).joined(separator: ", ") + "\n};\n"
  }

  private var coefficients: String {
    // The last stage stands at the step's end.
    table("a", tableau.rows.map { $0.map(\.value) }, width: stages)
      + row("nodes", tableau.nodes.map(\.value))
      + row("error", tableau.estimate.vectors[0].map(\.value))
      + table(
        "dense", tableau.dense.polynomials.map { $0.map(\.value) }, width: tableau.dense.degree)
  }

  private var order: Int { tableau.estimate.order ?? tableau.order - 1 }

  var text: String {
    let driver = hasInputs ? ", \(prefix)_input input, void *context, double *u" : ""
    let ask = hasInputs ? "\n  input(t, u, context);" : ""
    let given = hasInputs ? ", u" : ""
    let passed = hasInputs ? ", input, context, u" : ""
    let room = hasInputs ? "\n  double *u = next + n;" : ""
    return coefficients + """

      const \(prefix)_options \(prefix)_defaults = {1e-6, 1e-9, 0.0, 1000000};

      const char *\(prefix)_message(int status) {
        switch (status) {
          case \(prefix)_ok: return "solved";
          case \(prefix)_not_finite: return "the states or their derivatives became infinite or NaN";
          case \(prefix)_step_too_small: return "the steps became too small";
          case \(prefix)_too_many_steps: return "more steps than are allowed";
          case \(prefix)_bad_argument: return "the times are out of order, or an option is no number above 0";
          default: return "no such status";
        }
      }

      static void \(prefix)_slope(double t, const double *y, const double *p\(driver), double *dy) {\(ask)
        \(prefix)_rhs(t, y, p\(given), dy);
      }

      /* The root mean square of x in units of the tolerances. */
      static double \(prefix)_norm(const double *x, const double *y0, const double *y1, const \(prefix)_options *o) {
        double sum = 0.0;
        for (int i = 0; i < \(prefix)_states; i++) {
          const double a = fabs(y0[i]), b = fabs(y1[i]);
          const double r = x[i] / (o->atol + o->rtol * (a > b ? a : b));
          sum += r * r;
        }
        return sqrt(sum / \(prefix)_states);
      }

      /* Hairer, Norsett and Wanner I (1993), II.4. */
      static double \(prefix)_first_step(
          double t, double span, const double *y, const double *slope, const double *p\(driver), double *moved,
          double *change, const \(prefix)_options *o) {
        const int n = \(prefix)_states;
        const double d0 = \(prefix)_norm(y, y, y, o), d1 = \(prefix)_norm(slope, y, y, o);
        double h = d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : 0.01 * (d0 / d1), d2, steepest, next;
        if (!isfinite(h) || h > fabs(span)) h = fabs(span);
        for (int i = 0; i < n; i++) moved[i] = y[i] + (span < 0.0 ? -h : h) * slope[i];
        \(prefix)_slope(t + (span < 0.0 ? -h : h), moved, p\(passed), change);
        for (int i = 0; i < n; i++) change[i] -= slope[i];
        d2 = \(prefix)_norm(change, y, y, o) / h;
        steepest = d1 > d2 ? d1 : d2;
        if (!isfinite(steepest)) return h;
        next = steepest <= 1e-15 ? (h * 1e-3 > 1e-6 ? h * 1e-3 : 1e-6) : pow(0.01 / steepest, 1.0 / \(order + 1));
        if (next > 100.0 * h) next = 100.0 * h;
        return next < fabs(span) ? next : fabs(span);
      }

      \(CSignature.solve(prefix, hasInputs: hasInputs)) {
        const int n = \(prefix)_states;
        const \(prefix)_options o = options ? *options : \(prefix)_defaults;
        double *const k = work;
        double *y = k + \(stages) * n, *next = y + n, *const argument = next + n;\(room.replacing("next + n", with: "argument + n"))
        double t, h, size, end, direction;
        int row = 1, grows = 1;

        if (count < 1 || !(o.rtol >= 0.0) || !(o.atol >= 0.0) || !(o.rtol + o.atol > 0.0) || !(o.longest_step >= 0.0)) {
          return \(prefix)_bad_argument;
        }
        t = times[0];
        end = times[count - 1];
        direction = end < t ? -1.0 : 1.0;
        for (int i = 0; i < count; i++) {
          if (!isfinite(times[i]) || (i > 0 && direction * (times[i] - times[i - 1]) < 0.0)) return \(prefix)_bad_argument;
        }
        for (int i = 0; i < n; i++) states[i] = y[i] = y0[i];
        for (long i = n; i < (long)count * n; i++) states[i] = NAN;
        for (; row < count && times[row] == t; row++) {
          for (int i = 0; i < n; i++) states[(long)row * n + i] = y[i];
        }
        if (row == count) return \(prefix)_ok;
        \(prefix)_slope(t, y, p\(passed), k);
        for (int i = 0; i < n; i++) {
          if (!isfinite(y[i]) || !isfinite(k[i])) return \(prefix)_not_finite;
        }
        size = \(prefix)_first_step(t, end - t, y, k, p\(passed), argument, next, &o);

        for (long steps = 0; row < count; steps++) {
          double error, factor, *swapped;
          int is_last;
          if (steps >= o.most_steps) return \(prefix)_too_many_steps;
          if (o.longest_step > 0.0 && size > o.longest_step) size = o.longest_step;
          is_last = size >= fabs(end - t);
          h = is_last ? end - t : direction * size;
          for (int s = 1; s < \(stages); s++) {
            double *const at = s + 1 < \(stages) ? argument : next;
            for (int i = 0; i < n; i++) {
              double sum = 0.0;
              for (int j = 0; j < s; j++) sum += \(prefix)_a[s][j] * k[j * n + i];
              at[i] = y[i] + h * sum;
            }
            \(prefix)_slope(t + \(prefix)_nodes[s] * h, at, p\(passed), k + s * n);
          }
          for (int i = 0; i < n; i++) {
            double sum = 0.0;
            for (int s = 0; s < \(stages); s++) sum += \(prefix)_error[s] * k[s * n + i];
            argument[i] = h * sum;
          }
          error = \(prefix)_norm(argument, y, next, &o);
          if (!(error <= 1.0)) {
            factor = isfinite(error) ? 0.9 * pow(error, -1.0 / \(order + 1)) : 0.2;
            size = fabs(h) * (factor > 0.2 ? factor : 0.2);
            grows = 0;
            if (!(size > 10.0 * 2.220446049250313e-16 * fabs(t) && size > 1e-300)) {
              return isfinite(error) ? \(prefix)_step_too_small : \(prefix)_not_finite;
            }
            continue;
          }
          {
            const double reached = is_last ? end : t + h;
            for (; row < count && direction * (times[row] - reached) <= 0.0; row++) {
              double *const out = states + (long)row * n;
              const double theta = (times[row] - t) / h;
              double weights[\(stages)];
              for (int s = 0; s < \(stages); s++) {
                weights[s] = 0.0;
                for (int d = \(tableau.dense.degree) - 1; d >= 0; d--) weights[s] = (weights[s] + \(prefix)_dense[s][d]) * theta;
              }
              for (int i = 0; i < n; i++) {
                double sum = 0.0;
                for (int s = 0; s < \(stages); s++) sum += weights[s] * k[s * n + i];
                out[i] = times[row] == reached ? next[i] : y[i] + h * sum;
              }
            }
            t = reached;
          }
          swapped = y;
          y = next;
          next = swapped;
          for (int i = 0; i < n; i++) k[i] = k[\(stages - 1) * n + i];
          factor = error > 1e-10 ? 0.9 * pow(error, -1.0 / \(order + 1)) : 10.0;
          if (factor > (grows ? 10.0 : 1.0)) factor = grows ? 10.0 : 1.0;
          if (factor < 0.2) factor = 0.2;
          size = fabs(h) * factor;
          grows = 1;
        }
        return \(prefix)_ok;
      }

      """
  }
}
