package import NodalIR
import NodalOperations

extension Batching {
  /// Expands all maps, and gives the regions of batched solves and branches their axis of lanes, outermost first.
  package static func expand(_ region: Region) throws(IRError) -> Region {
    try region.rebuilt { (builder, node, operands) throws(IRError) in
      switch node.form {
      case .map(let map) where !map.isLowered:
        // Outermost first: a map inside is expanded together with the one around it.
        let body = try batch(map.body, mapped: map.mapped, extent: map.extent)
        return builder.inline(try expand(body.region), operands)
      case .solve(var solve) where solve.trajectories != nil && !solve.isLowered:
        var operands = operands
        solve.sharesClock = solve.settings.hasOneStepSize
        if solve.sharesClock {
          sharePhase(&solve, &operands, &builder)
          try countFromStart(&solve, &operands, &builder)
        }
        let flags = [!solve.sharesClock, true] + solve.batched[Solve.Operand.parameters...]
        solve.rhs = try expand(batch(solve.rhs, mapped: flags, extent: .lane).region)
        if let mass = solve.mass {
          solve.mass = try expand(batch(mass, mapped: flags, extent: .lane).region)
        }
        if let noise = solve.noise {
          solve.noise?.diffusion = try expand(
            batch(noise.diffusion, mapped: flags, extent: .lane).region)
        }
        if let delays = solve.delays {
          solve.delays?.history = try expand(
            batch(delays.history, mapped: [flags[0]] + flags[2...], extent: .lane).region)
        }
        if let kick = solve.delays?.kick {
          solve.delays?.kick = try expand(
            batch(kick, mapped: [flags[0], true, true] + flags[2...], extent: .lane).region)
        }
        let inEvents = [flags[0], true, true] + flags[2...]
        solve.events = try solve.events.map { (event) throws(IRError) in
          try event.mapRegions { (region) throws(IRError) in
            try expand(batch(region, mapped: inEvents, extent: .lane).region)
          }
        }
        solve.isLowered = true
        return builder.emit(.solve(solve), operands)
      case .branch(var branch) where branch.lanes != nil && !branch.isLowered:
        branch.whenTrue = try expand(
          batch(branch.whenTrue, mapped: branch.batched, extent: .lane).region)
        branch.whenFalse = try expand(
          batch(branch.whenFalse, mapped: branch.batched, extent: .lane).region)
        branch.isLowered = true
        return builder.emit(.branch(branch), operands)
      case .constant, .elementwise, .select, .convert, .reduce, .contract, .layout, .gather,
        .scatter, .factorize, .linearSolve, .random, .scan, .interpolate, .branch, .map,
        .derivative, .solve:
        let form = try node.form.mapRegions { (r) throws(IRError) in try expand(r) }
        return builder.values(form, operands)
      }
    }
  }

  /// Trajectories that share a clock are in one phase.
  private static func sharePhase(
    _ solve: inout Solve, _ operands: inout [Value], _ builder: inout RegionBuilder
  ) {
    guard let corners = solve.corners else { return }
    let operand = Solve.Operand.parameters + corners.phase
    operands[operand] = builder.constant(0, .time)
    solve.batched[operand] = false
  }

  /// Trajectories that share a clock may begin at times of their own: then it counts from there.
  private static func countFromStart(
    _ solve: inout Solve, _ operands: inout [Value], _ builder: inout RegionBuilder
  ) throws(IRError) {
    guard let trajectories = solve.trajectories, solve.batched[Solve.Operand.start] else { return }
    let start = operands[Solve.Operand.start]
    for operand in [Solve.Operand.end, Solve.Operand.saveTimes] {
      var time = operands[operand]
      if !solve.batched[operand] {
        let extents = [trajectories] + builder.type(time).extents
        time = builder.broadcast(time, to: extents, axes: Array(1..<extents.count))
        solve.batched[operand] = true
      }
      let origin = builder.broadcast(start, to: builder.type(time).extents, axes: [0])
      operands[operand] = builder.sub(time, origin)
    }
    operands[Solve.Operand.start] = builder.constant(0, .time)
    solve.batched[Solve.Operand.start] = false
    solve.clockStarts.append(operands.count)
    operands.append(start)
    solve.batched.append(true)

    let phase = solve.corners?.phase
    let times = moveCorners(&solve, &operands, from: start, &builder)
    func moved(_ region: Region) throws(IRError) -> Region {
      try countingFrom(region, phase: phase, corners: times)
    }
    solve.rhs = try moved(solve.rhs)
    solve.mass = try solve.mass.map(moved)
    if let noise = solve.noise { solve.noise?.diffusion = try moved(noise.diffusion) }
  }

  /// Corners whose times are counted from the start, too, as parameters of their own; gives their types.
  private static func moveCorners(
    _ solve: inout Solve, _ operands: inout [Value], from start: Value,
    _ builder: inout RegionBuilder
  ) -> [ValueType] {
    guard let corners = solve.corners, let trajectories = solve.trajectories else { return [] }
    var types: [ValueType] = []
    func moved(_ place: Int) -> Int {
      var times = operands[Solve.Operand.parameters + place]
      if !solve.batched[Solve.Operand.parameters + place] {
        let extents = [trajectories] + builder.type(times).extents
        times = builder.broadcast(times, to: extents, axes: [1])
      }
      let type = builder.type(times)
      types.append(type.droppingFirst())
      solve.batched.append(true)
      operands.append(
        builder.sub(times, builder.broadcast(start, to: type.extents, axes: [0])))
      return operands.count - 1 - Solve.Operand.parameters
    }
    solve.corners = Corners(
      phase: corners.phase, bends: corners.bends.map(moved), jumps: corners.jumps.map(moved))
    return types
  }

  /// A region of time, state and parameters, its time counted from one more of these; behind that stand corners, which it doesn't read.
  private static func countingFrom(
    _ region: Region, phase: Int?, corners: [ValueType]
  ) throws(IRError) -> Region {
    let types = region.parameterTypes
    var builder = RegionBuilder(parameters: types + [.time] + corners)
    var given = builder.parameters
    for place in [0, phase.map { 2 + $0 }].compactMap({ $0 }) {
      given[place] = builder.add(given[place], given[types.count])
    }
    let results = builder.inline(region, Array(given[..<types.count]))
    return try builder.finish(results)
  }
}

extension SolverSettings {
  /// One step size for all trajectories of a batch.
  fileprivate var hasOneStepSize: Bool {
    switch stepping {
    case .adaptive: joint
    case .step, .count: false
    }
  }
}
