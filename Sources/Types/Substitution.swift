/// What unification has found out about unknown units and lengths. Each variable is solved once;
/// solved forms never mention the variable itself, so `resolve` ends.
package struct Substitution: Sendable {
  private var units: [Unit?] = []
  private var sizes: [Size?] = []
  private var sizeNames: [String?] = []
  private var rigid: [Bool] = []
  private var tails: [Shape?] = []
  /// Variables of units in the order they were solved: how a mixed label was found for one.
  private var mixedUnits: [UnitVariable: UnitLabel] = [:]
  /// Unknowns that are units of time, or 1: they are solved by a unit with a name.
  private var times: Set<UnitVariable> = []

  package init() {}

  // MARK: new unknowns

  package mutating func freshUnit() -> Unit {
    units.append(nil)
    return Unit(UnitVariable(id: units.count - 1))
  }

  /// The unknown unit of an ode's time.
  package mutating func freshTime() -> Unit {
    let unit = freshUnit()
    times.formUnion(unit.variables.keys)
    return unit
  }

  /// A fresh unknown length. A rigid one stands for a length that only the data know: it equals
  /// itself alone. The name is how messages call it.
  package mutating func freshSize(named name: String? = nil, rigid isRigid: Bool = false) -> Size {
    sizes.append(nil)
    sizeNames.append(name)
    rigid.append(isRigid)
    return Size(SizeVariable(id: sizes.count - 1))
  }

  package mutating func freshTail() -> TailVariable {
    tails.append(nil)
    return TailVariable(id: tails.count - 1)
  }

  // MARK: resolving

  package func resolve(_ unit: Unit) -> Unit {
    guard !unit.variables.isEmpty else { return unit }
    // A unit that is one unknown is what was found for it, by the same name.
    if unit.variables.count == 1, let (variable, exponent) = unit.variables.first,
      exponent == .one, unit.atoms.isEmpty, unit.scale == 1, unit.dimension.isNone
    {
      guard units.indices.contains(variable.id), let known = units[variable.id] else { return unit }
      return resolve(known)
    }
    var result = unit
    result.variables = [:]
    for (variable, exponent) in unit.variables.sorted(by: { $0.key < $1.key }) {
      guard units.indices.contains(variable.id), let known = units[variable.id] else {
        result = result * Unit(variable).raised(to: exponent)
        continue
      }
      result = result * resolve(known).raised(to: exponent)
    }
    return result
  }

  package func resolve(_ size: Size) -> Size {
    if size.value != nil { return size }
    return size.substituting { variable in
      guard sizes.indices.contains(variable.id), let known = sizes[variable.id] else { return nil }
      return resolve(known)
    }
  }

  package func resolve(_ shape: Shape) -> Shape {
    var result = Shape(shape.sizes.map { resolve($0) }, tail: shape.tail)
    if let tail = shape.tail, tails.indices.contains(tail.id), let known = tails[tail.id] {
      let rest = resolve(known)
      result.sizes += rest.sizes
      result.tail = rest.tail
    }
    return result
  }

  package func resolve(_ label: UnitLabel) -> UnitLabel {
    switch label {
    case .uniform(let unit):
      let resolved = resolve(unit)
      if resolved.variables.count == 1, let (variable, exponent) = resolved.variables.first,
        exponent == .one, resolved.dimension.isNone, resolved.scale == 1,
        let mixed = mixedUnits[variable]
      {
        return resolve(mixed)
      }
      return .uniform(resolved)
    case .mixed(let units, let depth):
      let resolved = units.map { resolve($0) }
      if let first = resolved.first, resolved.allSatisfy({ $0 == first && $0.isKnown }) {
        return .uniform(first)
      }
      return .mixed(resolved, depth: depth)
    }
  }

  package func resolve(_ type: Type) -> Type {
    switch type {
    case .error, .string, .run, .nothing: return type
    case .tensor(var tensor):
      tensor.shape = resolve(tensor.shape)
      tensor.unit = resolve(tensor.unit)
      return .tensor(tensor)
    case .tuple(let parts): return .tuple(parts.map { resolve($0) })
    case .record(let fields): return .record(fields.map { Field($0.name, resolve($0.type)) })
    case .solution(var solution):
      solution.fields = solution.fields.map { Field($0.name, resolve($0.type)) }
      if case .saved(let size) = solution.samples { solution.samples = .saved(resolve(size)) }
      solution.leading = solution.leading.map { resolve($0) }
      return .solution(solution)
    case .dataset(var dataset):
      dataset.example = dataset.example.map { Field($0.name, resolve($0.type)) }
      dataset.length = dataset.length.map { resolve($0) }
      dataset.count = dataset.count.map { resolve($0) }
      return .dataset(dataset)
    case .interval(let unit): return .interval(resolve(unit))
    }
  }

  // MARK: unifying

  /// Makes two units equal by solving for one unknown: linear algebra in the exponents, a variable
  /// at a time.
  /// - Returns: false, changing nothing, where they measure different things.
  package mutating func unify(_ a: Unit, _ b: Unit) -> Bool {
    let quotient = resolve(a / b)
    if quotient.variables.isEmpty {
      return quotient.dimension.isNone && Unit.sameScale(quotient.scale, 1)
    }
    // The youngest unknown is solved for: older ones belong to declarations, and keep their names.
    guard
      let (variable, exponent) = quotient.variables
        .filter({ mixedUnits[$0.key] == nil }).max(by: { $0.key < $1.key })
    else { return false }
    var rest = quotient
    rest.variables[variable] = nil
    // An unknown that meets a unit as it stands is that unit, as it was written.
    let whole = [(a, b), (b, a)].map { (resolve($0.0), resolve($0.1)) }
      .first { $0.0.isVariable(variable) && $0.1.variables[variable] == nil }?.1
    units[variable.id] = whole ?? rest.raised(to: -(Rational.one / exponent))
    return true
  }

  /// Solves for a unit of time where it is the last unknown between two units: by the longest time that they name, else
  /// by the second. Linear algebra would find products, `km*s/m` or `deg^(1/2)*s`, in which no clock counts.
  package mutating func settleTime(_ a: Unit, _ b: Unit) {
    let quotient = resolve(a / b)
    guard quotient.variables.count == 1, let (variable, exponent) = quotient.variables.first,
      times.contains(variable)
    else { return }
    var rest = quotient
    rest.variables = [:]
    let solution = rest.raised(to: -(Rational.one / exponent))
    if solution.dimension.isNone {
      units[variable.id] = .one
    } else if solution.dimension == .time {
      units[variable.id] = solution.namedTimes.longest ?? .second
    }
  }

  package mutating func unify(_ a: Size, _ b: Size) -> Bool {
    let difference = resolve(a - b)
    if let value = difference.value { return value == 0 }
    let candidates = difference.terms.filter { !rigid[$0.key.id] }
    for (variable, factor) in candidates.sorted(by: { $0.key > $1.key }) {
      var rest = difference - Size(variable).scaled(by: factor)
      if factor.magnitude != 1 {
        guard let value = rest.value, value % factor == 0 else { continue }
        rest = Size(value / factor)
        sizes[variable.id] = rest.scaled(by: -1)
      } else {
        sizes[variable.id] = rest.scaled(by: factor > 0 ? -1 : 1)
      }
      return true
    }
    return false
  }

  /// Makes two shapes equal; an open trailing axis becomes one or none.
  package mutating func unify(_ a: Shape, _ b: Shape) -> Bool {
    let a = resolve(a)
    let b = resolve(b)
    let common = min(a.rank, b.rank)
    guard max(a.rank, b.rank) - common <= 1 else { return false }
    let saved = self
    for index in 0..<common where !unify(a.sizes[index], b.sizes[index]) {
      self = saved
      return false
    }
    if a.rank == b.rank {
      switch (a.tail, b.tail) {
      case (nil, nil): return true
      case (let x?, let y?):
        if x != y { tails[x.id] = Shape([], tail: y) }
        return true
      case (let x?, nil): tails[x.id] = .scalar
      case (nil, let y?): tails[y.id] = .scalar
      }
      return true
    }
    let (shorter, longer) = a.rank < b.rank ? (a, b) : (b, a)
    guard let tail = shorter.tail, longer.tail == nil else {
      // A longer shape whose own tail is open must close it to agree.
      if let tail = shorter.tail, let other = longer.tail {
        tails[other.id] = .scalar
        tails[tail.id] = Shape([longer.sizes[common]])
        return true
      }
      self = saved
      return false
    }
    tails[tail.id] = Shape([longer.sizes[common]])
    return true
  }

  /// Gives an unknown unit a label with one unit for each component.
  package mutating func bind(_ variable: UnitVariable, to label: UnitLabel) {
    mixedUnits[variable] = label
  }

  /// Closes an open trailing axis as absent, where nothing has decided it.
  package mutating func closeTail(of shape: Shape) {
    if let tail = resolve(shape).tail { tails[tail.id] = .scalar }
  }

  /// Makes every unknown of a unit a plain number.
  package mutating func defaultUnit(_ unit: Unit) {
    for variable in resolve(unit).variables.keys where mixedUnits[variable] == nil {
      units[variable.id] = .one
    }
  }

  // MARK: names

  package func name(of variable: SizeVariable) -> String {
    guard sizeNames.indices.contains(variable.id), let name = sizeNames[variable.id] else {
      return "?"
    }
    return name
  }
  package func isRigid(_ variable: SizeVariable) -> Bool {
    rigid.indices.contains(variable.id) && rigid[variable.id]
  }
}

extension [Unit] {
  /// The one with the greatest scale, the first of several.
  package var longest: Unit? {
    reduce(nil) { best, next in best.map { $0.scale >= next.scale ? $0 : next } ?? next }
  }
}
