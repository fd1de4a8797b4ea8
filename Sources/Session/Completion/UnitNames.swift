import NodalTypes

/// Units by what was written of their symbols.
enum UnitNames {
  static func beginning(_ written: String) -> [CompletionItem] {
    var items = UnitTable.rows.filter { $0.symbol != "%" }.map {
      CompletionItem($0.symbol, .unit, $0.name)
    }
    if !written.isEmpty {
      for prefix in UnitTable.prefixes where prefix.symbol != "µ" {
        for row in UnitTable.rows where row.takesPrefixes {
          let symbol = prefix.symbol + row.symbol
          // A whole symbol goes before a prefixed one: `cd` is a candela.
          guard UnitTable.unit(named: symbol)?.row.symbol == row.symbol else { continue }
          items.append(CompletionItem(symbol, .unit, "1e\(prefix.power) \(row.name)"))
        }
      }
    }
    return items.filter { $0.text.hasPrefix(written) }
  }
}
