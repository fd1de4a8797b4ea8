import Foundation

/// The natural logarithm, from the C library.
enum Logarithm {
  static func natural(_ x: Double) -> Double { log(x) }
  static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
}
