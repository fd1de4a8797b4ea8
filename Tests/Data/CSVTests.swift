import NodalBasics
import NodalData
import NodalDiagnostics
import Testing

private func table(_ text: String) throws -> Table { try CSVReader().read(Array(text.utf8)) }

private func numbers(_ table: Table, _ name: String) -> [Double]? {
  guard case .numbers(let values, _)? = table.column(named: name)?.content else { return nil }
  return values
}

private func problem(_ text: String, _ schema: TableSchema = TableSchema()) -> String? {
  do {
    _ = try table(text).dataset(schema)
    return nil
  } catch let error as CSVError {
    return DataProblem(.csv(error), file: "f.csv").diagnostic.message
  } catch let error as TableError {
    return DataProblem(.table(error), file: "f.csv").diagnostic.message
  } catch {
    return "\(error)"
  }
}

@Suite struct CSVTests {
  @Test func decimalCommasAreReadWhereTheyAreSaid() throws {
    let text = "t;x\n0;1,5\n1;-2\n2;NA\n"
    let table = try CSVReader(decimal: UInt8(ascii: ",")).read(Array(text.utf8))
    #expect(numbers(table, "x")?.prefix(2) == [1.5, -2])
    // A point is then no decimal sign.
    let grouped = try CSVReader(decimal: UInt8(ascii: ",")).read(Array("x;y\n1.234;1\n".utf8))
    #expect(numbers(grouped, "x") == nil)
    #expect(problem(text) == "`f.csv`, line 2, column 2: `1,5` has a decimal comma")
    // Words with commas in them are words.
    #expect(problem("t;who\n0;Doe, J.\n1;Roe, R.\n") == nil)
    let given = try CSVReader(separator: .semicolon, decimal: UInt8(ascii: ",")).read(
      Array("0;1,5\n1;2,5\n".utf8))
    #expect(numbers(given, "column_2") == [1.5, 2.5])
  }

  @Test func numbersBeyondTheGreatestAreNamed() throws {
    #expect(problem("x\n1e999\n") == "`f.csv`, line 2, column 1: `1e999` is beyond 1.8e308")
    #expect(numbers(try table("x\ninf\n-inf\n"), "x") == [.infinity, -.infinity])
  }

  @Test(arguments: [
    "t,x\n1,2\n3,4\n", "t,x\r\n1,2\r\n3,4\r\n", "t,x\r1,2\r3,4", "t,x\n1,2\n3,4",
    "\u{FEFF}t,x\n1,2\n3,4", "# a comment\n% another\nt,x\n\n1,2\n  # inside\n3,4\n",
    " t , x \n 1 , 2 \n 3,\t4\n", "t,x,\n1,2,\n3,4,\n", "t,x\n1,2,\n3,4,\n", "t,x,\n1,2\n3,4\n",
    "t;x\n1;2\n3;4\n", "t\tx\n1\t2\n3\t4\n", "t|x\n1|2\n3|4", "\"t\",\"x\"\n\"1\",\"2\"\n3,4",
    "t x\n1 2\n3 4\n", "  t   x\n  1   2  \n  3   4\n", "t,x\n+1,2.\n3e0,.4e1\n",
  ])
  func theSameTableInManyHands(text: String) throws {
    let table = try table(text)
    #expect(table.columns.map(\.name) == ["t", "x"])
    #expect(numbers(table, "t") == [1, 3])
    #expect(numbers(table, "x") == [2, 4])
  }

  @Test func quotedCells() throws {
    let table = try table("name,x\n\"a \"\"b\"\", c\",1\n\"two\nlines\",2\n\"\",3\n")
    guard case .text(let words)? = table.column(named: "name")?.content else {
      Issue.record("no words")
      return
    }
    #expect(words.categories == ["a \"b\", c", "two\nlines"])
    #expect(words.codes == [0, 1, -1])
    #expect(table.rowPlaces.map(\.line) == [2, 3, 5])
  }

  @Test func missingCells() throws {
    let table = try table("t,x,y\n1,NA,1\n2,,nan\n3, n/a ,.\n4,5,NULL\n")
    guard case .numbers(let x, let missing)? = table.column(named: "x")?.content else {
      Issue.record("no numbers")
      return
    }
    #expect(missing == [true, true, true, false])
    #expect(x[3] == 5)
    #expect(x[0].isNaN)
  }

  @Test func filesWithoutHeaderNameTheirColumns() throws {
    let table = try table("%o v\n  0.0e+000  5.0  1 \n  1.0e+000  6.0  2 \n")
    #expect(table.columns.map(\.name) == ["column_1", "column_2", "column_3"])
    #expect(numbers(table, "column_2") == [5, 6])
  }

  @Test func namesMayStandInAComment() throws {
    for text in ["# a file\n# t, x\n0,1\n1,2\n", "% t x\n0 1\n1 2\n", "#t;x\n0;1\n1;2"] {
      #expect(try table(text).columns.map(\.name) == ["t", "x"])
    }
    #expect(try table("# 5, 6\n0,1\n").columns.map(\.name) == ["column_1", "column_2"])
  }

  @Test func wordsOfAHeaderAreNoColumns() throws {
    let table = try table("Time (s)\n1\n2\n")
    #expect(table.columns.map(\.name) == ["Time (s)"])
    #expect(numbers(table, "Time (s)") == [1, 2])
  }

  @Test func latin1IsRead() throws {
    let bytes = Array("t,".utf8) + [0xB5] + Array("m\n1,2\n".utf8)
    let table = try CSVReader().read(bytes)
    #expect(table.columns[1].name == "µm")
  }

  @Test(arguments: [
    ("a,b\n1,2\n3\n", "`f.csv`, line 3: the row has 1 cell where the first has 2"),
    ("a,b\n1,2\n3,4,5\n", "`f.csv`, line 3: the row has 3 cells where the first has 2"),
    (
      "# c\n\na,b\n1,2\n3,x\n4,5\n5,6", "`f.csv`, line 5, column 2 (`b`): `x` is not a number"
    ),
    ("a,b\n1,\"2\n3,4\n", "`f.csv`, line 2, column 2: the quote is never closed"),
    ("a,b\n1,\"2\"x\n", "`f.csv`, line 2, column 2: `x` follows the closing quote of a cell"),
    ("a,a\n1,2\n", "`f.csv`, line 1, column 2: the column `a` is there twice (also column 1)"),
    ("", "`f.csv` holds nothing but blanks and comments"),
    ("# only\n\n", "`f.csv` holds nothing but blanks and comments"),
    ("a,b\n", "`f.csv` has a header and no rows"),
    ("a\0b", "`f.csv` is a binary file, not CSV"),
  ])
  func mistakesAreNamed(text: String, message: String) {
    #expect(problem(text) == message)
  }

  @Test func mistakesOfTheSchemaAreNamed() {
    let text = "Time (s),theta,trial\n0,1,a\n1,2,a\n0,3,b\n"
    #expect(
      problem(text, TableSchema(time: .column("time")))
        == "`f.csv` has no column `time` (the time column named here)")
    #expect(
      problem(text, TableSchema(time: .column("Time (s)")))
        == "`f.csv`, line 4, column 1: the time `Time (s)` goes back from 1 to 0")
    #expect(problem(text, TableSchema(time: .column("Time (s)"), experiment: "trial")) == nil)
    #expect(
      problem(text, TableSchema(time: .rate(-1))) == "a rate of -1 rows a unit of time is no rate")
    let error = TableError.unknownColumn(
      name: "Theta", role: .field("θ"), columns: ["t", "theta (rad)", "theta"])
    let help = DataProblem(.table(error), file: "f").diagnostic.help
    #expect(help.first == "did you mean `theta`?")
    #expect(
      problem("t;x\n1;1,5\n2;2,5\n", TableSchema(inputs: ["x"]))?.contains("a decimal comma")
        == true)
  }

  @Test func aMistakeHasItsPlaceInTheFile() {
    let text = "a,b\n1,2\n3,oops\n4,5\n6,7\n"
    let source = SourceFile(id: SourceID(3), path: "f.csv", text: text)
    do throws(TableError) {
      _ = try (try? table(text))?.dataset(TableSchema())
    } catch {
      let diagnostic = DataProblem(.table(error), file: "f.csv", source: source.id).diagnostic
      #expect(diagnostic.code == .malformedCell)
      #expect(diagnostic.primary.map { source.text(of: $0.span) } == "oops")
    }
  }

  @Test func whatIsWrittenReadsBack() throws {
    let text = "t,\"a, b\",name\n1,0.1,x\n2,NA,\"y \"\"z\"\"\"\n3,1e-300,NA\n"
    #expect(CSVWriter.text(try table(text)) == text)
  }

  /// No bytes make the reader trap, and a table that it gives is rectangular.
  @Test func anyBytesGiveATableOrAnError() {
    let seeds = [
      "t,x\n1,2\n3,4\n", "\"a\",\"b\"\"c\"\r\n1,NA\r\n", "# c\nx;y\n1;2\n", "a b c\n1 2 3\n",
      "t,x,\n0.5,inf,\n-1e5,nan,\n",
    ].map { Array($0.utf8) }
    let alphabet = Array("\",;|\t\r\n #%.+-0123456789eExNA\u{FEFF}é\0".utf8)
    for round in 0..<20_000 {
      let key = RandomKey(seed: 11, example: UInt32(round))
      var bytes = seeds[round % seeds.count]
      for edit in 0..<1 + key.integer(0, below: 8) {
        let at = key.integer(1 + 4 * edit, below: bytes.count + 1)
        let byte = alphabet[key.integer(2 + 4 * edit, below: alphabet.count)]
        switch key.integer(3 + 4 * edit, below: 3) {
        case 0: bytes.insert(byte, at: at)
        case 1: if at < bytes.count { bytes[at] = byte }
        default: if at < bytes.count { bytes.remove(at: at) }
        }
      }
      guard let table = try? CSVReader().read(bytes) else { continue }
      for column in table.columns {
        switch column.content {
        case .numbers(let values, let missing):
          #expect(values.count == table.rowCount)
          #expect(missing.isEmpty || missing.count == table.rowCount)
        case .text(let text): #expect(text.codes.count == table.rowCount)
        }
      }
      _ = try? table.dataset(TableSchema())
      if let name = table.columns.first?.name {
        _ = try? table.dataset(TableSchema(time: .column(name)))
        _ = try? table.dataset(TableSchema(time: .rate(1), experiment: name))
      }
    }
  }
}
