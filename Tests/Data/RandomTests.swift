import NodalBasics
import Testing

@Suite struct RandomTests {
  /// Known answers of the Random123 distribution (`kat_vectors`, philox4x32-10).
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
      (
        [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [0xFFFF_FFFF, 0xFFFF_FFFF],
        [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
      ),
      (
        [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
        [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func philoxGivesThePublishedAnswers(counter: [UInt32], key: [UInt32], answer: [UInt32]) {
    let block = Philox.block(
      key: (key[0], key[1]), counter: (counter[0], counter[1], counter[2], counter[3]))
    #expect([block.0, block.1, block.2, block.3] == answer)
  }

  @Test func quantileInvertsTheCumulative() {
    #expect(NormalDistribution.quantile(0.5) == 0)
    #expect(abs(NormalDistribution.quantile(0.975) - 1.959963984540054) < 1e-15)
    #expect(abs(NormalDistribution.quantile(1e-10) + 6.361340902404056) < 1e-14)
    #expect(NormalDistribution.quantile(0) == -.infinity)
    #expect(NormalDistribution.quantile(1) == .infinity)
    #expect(NormalDistribution.quantile(1.1).isNaN)
    // Only the lower tail keeps its digits in the cumulative.
    var p = 0.5
    while p > 1e-300 {
      let back = NormalDistribution.cumulative(NormalDistribution.quantile(p))
      #expect(abs(back / p - 1) < 1e-12, "at \(p)")
      p *= 0.37
    }
  }

  @Test func uniformNumbersLieInsideAndSpreadEvenly() {
    let key = RandomKey(seed: 1, place: "test")
    let values = (0..<100_000).map { key.uniform($0) }
    #expect(values.allSatisfy { $0 > 0 && $0 < 1 })
    let mean = values.reduce(0, +) / 1e5
    #expect(abs(mean - 0.5) < 4 * (1 / 12.0 / 1e5).squareRoot())
    var bins = Array(repeating: 0, count: 100)
    for value in values { bins[Int(value * 100)] += 1 }
    let chi = bins.reduce(0.0) { $0 + (Double($1) - 1000) * (Double($1) - 1000) / 1000 }
    #expect(chi > 50 && chi < 160)
  }

  @Test func normalNumbersHaveTheirMoments() {
    let key = RandomKey(seed: 7).at(step: 3)
    let values = (0..<100_000).map { key.normal($0) }
    func moment(_ power: Int) -> Double {
      values.reduce(0) { sum, x in sum + (0..<power).reduce(1.0) { p, _ in p * x } } / 1e5
    }
    #expect(abs(moment(1)) < 0.015)
    #expect(abs(moment(2) - 1) < 0.02)
    #expect(abs(moment(3)) < 0.05)
    #expect(abs(moment(4) - 3) < 0.15)
  }

  @Test func everyPartOfAKeyMatters() {
    let base = RandomKey(seed: 5, place: "a", step: 1, example: 2, iteration: 3)
    let others = [
      RandomKey(seed: 6, place: "a", step: 1, example: 2, iteration: 3),
      RandomKey(seed: 5, place: "b", step: 1, example: 2, iteration: 3),
      base.at(step: 2), base.at(example: 3), base.at(iteration: 4),
    ]
    let numbers = Set(([base] + others).flatMap { key in (0..<100).map { key.bits($0) } })
    #expect(numbers.count == 600)
    #expect(base == base.at(step: 9).at(step: 1))
  }

  @Test func permutationsArePermutations() {
    let key = RandomKey(seed: 2, place: "shuffle")
    for count in [0, 1, 2, 17, 1000] {
      #expect(key.permutation(count).sorted() == Array(0..<count))
    }
    #expect(key.permutation(1000) != key.at(step: 1).permutation(1000))
    #expect(key.permutation(-3).isEmpty)
    #expect(key.integer(0, below: 0) == 0)
  }
}
