/// A step that can be undone: the same one, with -h, from where it ended, leads back to where it began, but for rounding. What a gradient
/// through such steps needs of the way it finds again, and keeps nothing of it.
package struct SymmetricStep: Sendable {
  /// (t, h, y, companions…, p…) → (y₁, companions₁…). The companions are the first of the values that the method remembers.
  package var step: Region
  /// (t, y, p…) → companions… at the beginning; nil where there are none.
  package var start: Region?
  /// (t, h, y, companion, p…) → how far a companion is from what it would begin with at t, as a state; h is the step back from there. nil where
  /// there is none.
  package var gap: Region?

  package init(step: Region, start: Region? = nil, gap: Region? = nil) {
    self.step = step
    self.start = start
    self.gap = gap
  }
}
