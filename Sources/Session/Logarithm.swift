import Foundation

/// The natural logarithm and its inverse, from the C library.
enum Logarithm {
  static func of(_ x: Double) -> Double { log(x) }
  static func inverse(_ x: Double) -> Double { exp(x) }
}
