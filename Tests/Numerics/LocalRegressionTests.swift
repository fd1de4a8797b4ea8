import Foundation
import NodalTraining
import Testing

/// Samples made smooth: exact where they are a cubic, nearer to the truth than the samples where they are noisy.
@Suite struct LocalRegressionTests {
  private static let places = (0..<60).map { 0.1 * Double($0) + 0.03 * sin(Double(7 * $0)) }

  @Test func cubicsComeBack() throws {
    func cubic(_ t: Double) -> Double { 2 - t + 0.5 * t * t - 0.1 * t * t * t }
    var samples = Self.places.map(cubic)
    samples[7] = .nan
    samples[59] = .nan
    let fit = try #require(LocalRegression(Self.places, samples))
    for (i, t) in Self.places.enumerated() {
      #expect(abs(fit.values[i] - cubic(t)) < 1e-7)
      #expect(abs(fit.slopes[i] - (-1 + t - 0.3 * t * t)) < 1e-5)
      #expect(abs(fit.bends[i] - (1 - 0.6 * t)) < 1e-3)
    }
  }

  /// Noise of 0.05 on a sine: values to a third of it, slopes to a few hundredths in the middle.
  @Test func noiseIsTakenAway() throws {
    let noise = (0..<60).map { 0.05 * sin(Double($0 * $0) * 12.9898) }
    let samples = zip(Self.places, noise).map { sin($0) + $1 }
    let fit = try #require(LocalRegression(Self.places, samples))
    func size(_ values: [Double]) -> Double {
      (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
    }
    #expect(size(zip(fit.values, Self.places).map { $0 - sin($1) }) < 0.6 * size(noise))
    let slopes = zip(fit.slopes, Self.places).map { $0 - cos($1) }
    #expect(size(Array(slopes[6..<54])) < 0.1)
  }

  @Test func fiveSamplesAreTooFew() {
    #expect(LocalRegression([0, 1, 2, 3, 4], [1, 2, 3, 4, 5]) == nil)
    #expect(LocalRegression([0, 1, 2, 3, 4, 5], [1, 2, .nan, 4, 5, 6]) == nil)
    #expect(LocalRegression([0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6]) != nil)
  }
}
