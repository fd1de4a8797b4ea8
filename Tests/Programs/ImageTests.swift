import Nodal
import NodalBasics
import Testing

/// Programs over images: the layers, the ODE-Net of Chen et al. 2018, and what is said of data that don't fit.
@Suite struct ImageTests {
  /// A recorder beside whose program lie images of 28 by 28 and their labels.
  static func recorder(labels: [UInt8]) -> Recorder {
    let world = MemoryWorld()
    let key = RandomKey(seed: 9)
    let count = UInt8(labels.count)
    world.addFile(
      "images",
      bytes: [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28]
        + (0..<(labels.count * 784)).map { UInt8(key.integer($0, below: 256)) })
    world.addFile("labels", bytes: [0, 0, 8, 1, 0, 0, 0, count] + labels)
    var configuration = Configuration(threads: 2, directory: "/project")
    configuration.host = world.host
    return Recorder(configuration)
  }

  static let network = """
    precision f32
    seed 1
    const arch = "odenet"
    const channels = 64
    data digits = idx("images", "labels")

    layer downsample(x: Real[1, 28, 28]) =
      x |> conv(channels, kernel: 3) |> group_norm(32) |> relu
        |> conv(channels, kernel: 4, stride: 2, pad: 1) |> group_norm(32) |> relu
        |> conv(channels, kernel: 4, stride: 2, pad: 1)
    layer conv_t(channels: Int)(h, t) = [h, fill_like(h[0..<1], t)] |> conv(channels, kernel: 3, pad: 1)
    ode flow(h: Real[channels, 6, 6]) {
      h' = h |> group_norm(32) |> relu |> conv_t(channels)(t) |> group_norm(32) |> relu |> conv_t(channels)(t) |> group_norm(32)
    }
    layer residual(channels: Int)(h) =
      h + (h |> group_norm(32) |> relu |> conv(channels, kernel: 3, pad: 1) |> group_norm(32) |> relu |> conv(channels, kernel: 3, pad: 1))
    layer resnet(h) { var x = h; for _ in 1..6 { x = x |> residual(channels) }; x }
    solver adaptive = dopri5(rtol: 1e-3, atol: 1e-3, gradient: adjoint)
    solver fixed    = rk4(steps: 6, gradient: direct)
    fn features(h) =
      if arch == "resnet" then resnet(h)
      else if arch == "rknet" then solve(flow, from: h, over: 0..1, solver: fixed).final.h
      else solve(flow, from: h, over: 0..1, solver: adaptive).final.h
    layer head(h) = h |> group_norm(32) |> relu |> mean(axes: [1, 2]) |> dense(10)
    layer one_hidden(x) = x |> flatten |> dense(300) |> relu |> dense(10)
    fn classify(x) = if arch == "mlp" then one_hidden(x) else x |> downsample |> features |> head
    loss nll(e) = cross_entropy(classify(e.image), e.label)
    fn error_rate(e) = if argmax(classify(e.image)) == e.label then 0 else 1
    let run = train nll on digits {
      batch: shuffled(2)
      optimize: sgd(lr: 0.1, momentum: 0.9), steps: 1
      validate: error_rate on digits
    }
    print run.parameters
    """

  /// One step of each. The numbers of weights are counted by hand; Chen et al. 2018 have 0.22 M, 0.22 M, 0.60 M and 0.24 M (table 1).
  @Test(arguments: [("odenet", 208_266), ("rknet", 208_266), ("resnet", 577_546), ("mlp", 238_510)])
  func networksTakeAStep(_ name: String, _ parameters: Int) throws {
    let recorder = Self.recorder(labels: [3, 8])
    let text = Self.network.replacing("const arch = \"odenet\"", with: "const arch = \"\(name)\"")
    #expect(recorder.run(text) == .finished, "\(recorder.errors.map(\.text).joined())")
    #expect(recorder.printed.last == "run.parameters = \(parameters)")
    let image = try recorder.interpreter.evaluate("digits[1].image")
    #expect(image.shape == [1, 28, 28])
    let pixels = try #require(image.numbers)
    #expect(pixels.allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(try recorder.interpreter.evaluate("digits[1].label").number == 8)
  }

  @Test(arguments: [UInt8(10), 255])
  func aLabelWithoutLogitEndsTheRun(label: UInt8) throws {
    let recorder = Self.recorder(labels: [3, label])
    #expect(
      recorder.run(
        """
        data digits = idx("images", "labels")
        layer classify(x) = x |> flatten |> dense(10)
        loss nll(e) = cross_entropy(classify(e.image), e.label)
        train nll on digits { optimize: adam(), steps: 1 }
        """) == .failed)
    let found = try #require(recorder.errors.first)
    #expect(found.code == "E0305" && found.message.contains("label \(label)"), "\(found.text)")
    #expect(found.place?.line == 3, "\(found.text)")
  }

  @Test func aNegativeLabelIsNoClass() throws {
    let recorder = Recorder(files: [:])
    #expect(recorder.run("let l = -1\nprint cross_entropy([1.0, 2.0], l)") == .failed)
    #expect(recorder.errors.first?.code == "E0305", "\(recorder.errors.map(\.text))")
    #expect(recorder.errors.first?.message.contains("label -1") == true)
  }

  @Test func groupNormIsWhatItsDefinitionSays() throws {
    let recorder = Recorder(files: [:])
    let key = RandomKey(seed: 2)
    let x = (0..<(6 * 2 * 3)).map { key.uniform($0, from: -2, to: 5) }
    #expect(
      recorder.run(
        """
        layer norm(x: Real[6, 2, 3]) = x |> group_norm(2)
        const x = reshape([\(x.map { "\($0)" }.joined(separator: ", "))], [6, 2, 3])
        let y = norm(x)
        """) == .finished, "\(recorder.errors.map(\.text).joined())")
    let interpreter = try #require(recorder.interpreter)
    let y = try #require(try interpreter.evaluate("y").numbers)
    for group in 0..<2 {
      let own = Array(x[(group * 18)..<((group + 1) * 18)])
      let mean = own.reduce(0, +) / 18
      let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 18
      for (i, value) in own.enumerated() {
        let expected = (value - mean) / (variance + 1e-5).squareRoot()
        #expect(abs(y[group * 18 + i] - expected) < 1e-12)
      }
    }
    // The learned scale and shift are those of a channel.
    try interpreter.setWeight("norm.group_norm_1.scale", to: [1, 1, 1, 2, 1, 1])
    try interpreter.setWeight("norm.group_norm_1.shift", to: [0, 0, 0, 5, 0, 0])
    let z = try #require(try interpreter.evaluate("norm(x)").numbers)
    for i in z.indices {
      let expected = i / 6 == 3 ? 2 * y[i] + 5 : y[i]
      #expect(abs(z[i] - expected) < 1e-12)
    }
  }

  /// A kernel's weights are uniform in ±1/√n, n numbers that it sees; the bias is 0.
  @Test func kernelsStartAsTheirDocumentationSays() throws {
    let recorder = Recorder(files: [:])
    #expect(
      recorder.run(
        """
        layer net(x: Real[8, 9, 9]) = x |> conv(50, kernel: 3, groups: 2)
        layer sequence(x: Real[8, 9]) = x |> conv1d(5, kernel: 4)
        print net(zeros(8, 9, 9))[0, 0, 0], sequence(zeros(8, 9))[0, 0]
        """) == .finished, "\(recorder.errors.map(\.text).joined())")
    let interpreter = try #require(recorder.interpreter)
    for (path, shape, seen) in [
      ("net.conv_1.weight", [50, 4, 3, 3], 36.0), ("sequence.conv1d_1.weight", [5, 8, 4], 32),
    ] {
      let weight = try #require(interpreter.weight(path))
      #expect(weight.shape == shape)
      let bound = 1 / seen.squareRoot()
      #expect(weight.values.allSatisfy { abs($0) <= bound })
      #expect(try #require(weight.values.max()) > 0.9 * bound)
    }
    #expect(interpreter.weight("net.conv_1.bias")?.values == Array(repeating: 0, count: 50))
  }

  /// What nothing calls has lengths without numbers, which are no mistake.
  @Test func whatNothingCallsMayHaveAnySize() throws {
    let recorder = Recorder(files: [:])
    #expect(
      recorder.run(
        """
        fn halved(x: Real[c, h, w]) = max_pool(x, 2)
        fn flat(x: Real[c, h, w]) = flatten(average_pool(x, 2))
        layer net(x: Real[c, h, w]) =
          x |> conv(4, kernel: 3, groups: 2) |> group_norm(2) |> relu |> flatten |> dense(2)
        print 1
        """) == .finished, "\(recorder.errors.map(\.text).joined())")
    #expect(recorder.run("print halved(ones(2, 4, 5)), flat(ones(2, 4, 4))") == .finished)
  }

  /// A mistake, and what is said of it.
  static let mistakes: [(program: String, code: String, words: String)] = [
    (
      "layer net(x: Real[3, 4, 4]) = x |> conv(4, kernel: 5)\nprint net(ones(3, 4, 4))", "E0321",
      "5 elements doesn't fit an axis of 4"
    ),
    (
      "layer net(x: Real[3, 4, 4]) = x |> conv(4, kernel: 3, dilation: 2)\nprint net(ones(3, 4, 4))",
      "E0321", "stretch over 5"
    ),
    (
      "layer net(x: Real[3, 4, 4]) = x |> conv(4, kernel: 3, groups: 2)\nprint net(ones(3, 4, 4))",
      "E0322", "3 channels don't make 2 groups"
    ),
    (
      "layer net(x: Real[4, 4, 4]) = x |> conv(3, kernel: 3, groups: 2)\nprint net(ones(4, 4, 4))",
      "E0322", "3 channels don't make 2 groups"
    ),
    (
      "layer net(x: Real[6, 4, 4]) = x |> group_norm(4)\nprint net(ones(6, 4, 4))", "E0322",
      "6 channels don't make 4 groups"
    ),
    (
      "layer net(x: Real[4, 4, 4]) = x |> conv(3, kernel: 3, stride: 0)\nprint net(ones(4, 4, 4))",
      "E0804", "`stride` is 1 or more, not 0"
    ),
    ("print convolve(ones(3, 4, 4), ones(2, 4, 3, 3))", "E0302", "has 3 channels"),
    ("print convolve(ones(3, 4, 4), ones(2, 3, 3))", "E0319", "4 axes"),
    ("print patches(ones(3, 4, 4), [2, 2, 2])", "E0302", "`size` has shape [2], found [3]"),
    (
      "layer net = conv(3, kernel: 3)\nprint net(ones(4, 4, 4)), net(ones(5, 4, 4))", "E0302",
      "weight"
    ),
    ("layer net(x: Real[4]) = x |> conv(3, kernel: 3)\nprint net(ones(4))", "E0302", ""),
    ("data d = idx(\"labels\", \"images\")\nprint d", "E0713", "one number an example"),
    ("data d = idx(\"images\", \"images\")\nprint d", "E0713", "labels are one whole number"),
    ("data d = idx(\"none\")\nprint d", "E0701", "none"),
    ("data d = idx(\"images\", labels: 3)\nprint d", "E0319", "name of a file"),
    ("data d = idx(\"images\", size: 3)\nprint d", "E0204", "size"),
    ("data d = idx()\nprint d", "E0205", "file"),
  ]

  @Test(arguments: mistakes.indices)
  func mistakesAreTold(index: Int) throws {
    let (program, code, words) = Self.mistakes[index]
    let found = Self.recorder(labels: [1, 2]).interpreter.check(Program(text: program))
    let wrong = found.first(where: \.isError)
    let error = try #require(wrong, "\(program)")
    #expect(error.code == code && error.text.contains(words), "\(program)\n\(error.text)")
    // Places are in the user's own text.
    #expect(error.place != nil)
  }
}
