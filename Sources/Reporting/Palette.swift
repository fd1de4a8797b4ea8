/// Colours that people with any colour vision tell apart, on white.
package enum Palette {
  /// For lines and points: Okabe and Ito's, without the yellow that vanishes on white.
  package static let categories = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D", "#8C510A",
  ]

  package static func category(_ index: Int) -> String {
    let count = categories.count
    return categories[((index % count) + count) % count]
  }

  /// For magnitudes: viridis (van der Walt, Smith 2015), evenly spaced.
  package static let magnitudes = [
    "#440154", "#482878", "#3E4A89", "#31688E", "#26828E", "#1F9E89", "#35B779", "#6DCD59",
    "#B4DE2C", "#FDE725",
  ]
}
