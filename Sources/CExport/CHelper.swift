/// Functions that C's library lacks, written into the file where they are called.
enum CHelper: String, CaseIterable {
  case whole, quotient, remainder, power, digamma, polygamma

  /// Those that it calls.
  var wants: Set<CHelper> {
    switch self {
    case .whole, .quotient, .remainder, .power, .digamma: []
    case .polygamma: [.digamma]
    }
  }

  func text(prefix: String) -> String {
    switch self {
    case .whole:
      """
      /* Towards zero; what doesn't fit is the nearest whole number, and NaN is 0. */
      static long long \(prefix)_whole(double x) {
        if (x >= -9223372036854775808.0 && x < 9223372036854775808.0) return (long long)x;
        return x != x ? 0 : x < 0 ? LLONG_MIN : LLONG_MAX;
      }
      """
    case .quotient:
      """
      /* Rounded down; 0 where y is 0. */
      static long long \(prefix)_quotient(long long x, long long y) {
        if (y == 0) return 0;
        if (y == -1) return (long long)(0 - (unsigned long long)x);
        return x / y - (x % y != 0 && (x < 0) != (y < 0));
      }
      """
    case .remainder:
      """
      /* With the sign of x; 0 where y is 0. */
      static long long \(prefix)_remainder(long long x, long long y) {
        return y == 0 || y == -1 ? 0 : x % y;
      }
      """
    case .power:
      """
      static long long \(prefix)_power(long long x, long long y) {
        unsigned long long base = (unsigned long long)x, result = 1;
        if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 == 0 ? 1 : -1) : 0;
        for (; y > 0; y /= 2) {
          if (y % 2 == 1) result *= base;
          base *= base;
        }
        return (long long)result;
      }
      """
    case .digamma:
      """
      /* The derivative of log |gamma(x)|: recurrence, then the asymptotic series (Abramowitz and Stegun, 6.3). */
      static double \(prefix)_digamma(double x) {
        static const double b[8] = {1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730,
                                    7.0 / 6, -3617.0 / 510};
        const double pi = 3.141592653589793;
        double shift = 0.0, reflected = 0.0, sum = 0.0, inverse;
        if (x != x || x == INFINITY) return x;
        if (x <= 0.0) {
          double fraction = x - round(x);
          if (x == -INFINITY || fraction == 0.0) return NAN;
          reflected = pi / tan(pi * fraction);
          x = 1.0 - x;
        }
        for (; x < 10.0; x += 1.0) shift -= 1.0 / x;
        inverse = 1.0 / (x * x);
        for (int k = 8; k >= 1; k--) sum = (sum + b[k - 1] / (2.0 * k)) * inverse;
        return shift + log(x) - 0.5 / x - sum - reflected;
      }
      """
    case .polygamma:
      """
      /* Derivatives of it: recurrence, then Euler and Maclaurin's sum (Abramowitz and Stegun, 6.4). */
      static double \(prefix)_polygamma(double order, double x) {
        static const double b[9] = {1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730,
                                    7.0 / 6, -3617.0 / 510, 43867.0 / 798};
        double sum = 0.0, first, factor, powers;
        if (!(order >= 0.0 && order <= 20.0) || order != floor(order)) return NAN;
        if (order == 0.0) return \(prefix)_digamma(x);
        if (x != x) return x;
        if (x == INFINITY) return 0.0;
        if (!(x > -10000.0) || (x <= 0.0 && x == round(x))) return NAN;
        for (; x < 12.0 + order; x += 1.0) sum += pow(x, -(order + 1.0));
        first = pow(x, -order);
        sum += first / order + 0.5 * first / x;
        factor = (order + 1.0) / 2.0;
        powers = first / (x * x);
        for (int k = 1; k <= 9; k++) {
          double m = 2.0 * k;
          sum += b[k - 1] * factor * powers;
          powers /= x * x;
          factor *= (m + order) * (m + order + 1.0) / ((m + 1.0) * (m + 2.0));
        }
        return (fmod(order, 2.0) == 0.0 ? -1.0 : 1.0) * tgamma(order + 1.0) * sum;
      }
      """
    }
  }
}
