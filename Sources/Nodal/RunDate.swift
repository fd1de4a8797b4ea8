import Foundation

/// When a run began, as its record tells it. Apart, as Foundation has a `Host` of its own.
enum RunDate {
  /// In UTC: `2026-03-09T14:05:00Z`.
  static func text(_ secondsSince1970: Double) -> String {
    // The years that the format has four digits for.
    guard (0..<253_402_300_800).contains(secondsSince1970) else { return "at no known time" }
    return Date(timeIntervalSince1970: secondsSince1970.rounded(.down)).ISO8601Format()
  }
}
