/// A grid of characters, each of them two by four dots of Unicode Braille or one sign.
struct BrailleCanvas: Sendable {
  let columns: Int
  let rows: Int
  private var dots: [UInt8]
  private var signs: [Character?]
  /// The palette's number of what was drawn last in each cell, -1 for nothing.
  private var colors: [Int]

  var dotColumns: Int { 2 * columns }
  var dotRows: Int { 4 * rows }

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    dots = Array(repeating: 0, count: columns * rows)
    signs = Array(repeating: nil, count: columns * rows)
    colors = Array(repeating: -1, count: columns * rows)
  }

  /// The bit of each dot in a cell, by its place: left column downwards, then right.
  private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  /// Sets a dot; x to the right, y upwards. Outside is ignored.
  mutating func dot(_ x: Int, _ y: Int, color: Int) {
    guard (0..<dotColumns).contains(x), (0..<dotRows).contains(y) else { return }
    let down = dotRows - 1 - y
    let cell = (down / 4) * columns + x / 2
    dots[cell] |= Self.bits[x % 2][down % 4]
    colors[cell] = color
  }

  /// Puts a sign on the cell that holds a dot.
  mutating func sign(_ sign: Character, _ x: Int, _ y: Int, color: Int) {
    guard (0..<dotColumns).contains(x), (0..<dotRows).contains(y) else { return }
    let cell = ((dotRows - 1 - y) / 4) * columns + x / 2
    signs[cell] = sign
    colors[cell] = color
  }

  /// A straight line (Bresenham's).
  mutating func line(from a: (x: Int, y: Int), to b: (x: Int, y: Int), color: Int) {
    let dx = abs(b.x - a.x)
    let dy = -abs(b.y - a.y)
    let (sx, sy) = (a.x < b.x ? 1 : -1, a.y < b.y ? 1 : -1)
    var (x, y, error) = (a.x, a.y, dx + dy)
    while true {
      dot(x, y, color: color)
      if x == b.x, y == b.y { return }
      let twice = 2 * error
      if twice >= dy {
        error += dy
        x += sx
      }
      if twice <= dx {
        error += dx
        y += sy
      }
    }
  }

  /// The lines from the top, coloured by ANSI codes if wanted.
  func lines(hasColor: Bool) -> [String] {
    (0..<rows).map { row in
      var line = ""
      var current = -1
      for column in 0..<columns {
        let cell = row * columns + column
        let isBlank = signs[cell] == nil && dots[cell] == 0
        if hasColor, !isBlank, colors[cell] != current {
          current = colors[cell]
          line += TextColor.begin(current)
        }
        if let sign = signs[cell] {
          line.append(sign)
        } else if dots[cell] == 0 {
          line += " "
        } else {
          line.unicodeScalars.append(Unicode.Scalar(0x2800 + UInt32(dots[cell])) ?? " ")
        }
      }
      return current >= 0 ? line + TextColor.end : line
    }
  }
}

/// The palette in a terminal's 256 colours.
enum TextColor {
  private static let codes = [32, 166, 36, 175, 214, 74, 245, 94]

  static func begin(_ index: Int) -> String {
    "\u{1B}[38;5;\(codes[((index % codes.count) + codes.count) % codes.count])m"
  }

  static let end = "\u{1B}[0m"
}
