extension DataField {
  /// Mean and standard deviation of each component over all entries, missing ones left out: what
  /// learned terms standardise their inputs by. A component without values has mean 0; one without
  /// spread has deviation 1, so that dividing by it is harmless.
  ///
  /// Two passes: the sum of squares about the mean does not cancel.
  package var moments: (mean: [Double], deviation: [Double]) {
    var means: [Double] = []
    var deviations: [Double] = []
    for component in 0..<width {
      let chosen = stride(from: component, to: values.count, by: max(width, 1)).compactMap {
        index -> Double? in
        let isMissing = missing.indices.contains(index) && missing[index]
        return isMissing || !values[index].isFinite ? nil : values[index]
      }
      let count = Double(max(chosen.count, 1))
      let mean = chosen.reduce(0, +) / count
      let squares = chosen.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let deviation = (squares / count).squareRoot()
      means.append(mean.isFinite ? mean : 0)
      deviations.append(deviation > 0 && deviation.isFinite ? deviation : 1)
    }
    return (means, deviations)
  }
}
