import NodalDiagnostics
import NodalTypes

/// Putting the results of unification into what has been built: unknown units that are left are plain
/// numbers, open axes are none.
extension Checker {
  func finished(_ type: Type) -> Type { Checker.plainUnits(resolve(type)) }

  private static func plainUnits(_ type: Type) -> Type {
    func plain(_ unit: Unit) -> Unit {
      var result = unit
      result.variables = [:]
      return result
    }
    switch type {
    case .error, .string, .run, .nothing: return type
    case .tensor(var tensor):
      switch tensor.unit {
      case .uniform(let unit): tensor.unit = .uniform(plain(unit))
      case .mixed(let units, let depth): tensor.unit = .mixed(units.map(plain), depth: depth)
      }
      tensor.shape.tail = nil
      return .tensor(tensor)
    case .tuple(let parts): return .tuple(parts.map { plainUnits($0) })
    case .record(let fields):
      return .record(fields.map { Field($0.name, plainUnits($0.type)) })
    case .solution(var solution):
      solution.fields = solution.fields.map { Field($0.name, plainUnits($0.type)) }
      return .solution(solution)
    case .dataset(var data):
      data.example = data.example.map { Field($0.name, plainUnits($0.type)) }
      return .dataset(data)
    case .interval(let unit): return .interval(plain(unit))
    }
  }

  func finished(_ expression: TypedExpression) -> TypedExpression {
    var isBroken = false
    let typed = expression.mapTypes(
      { type in
        if type.isError { isBroken = true }
        return self.finished(type)
      }, size: { self.environment.substitution.resolve($0) })
    if isBroken { leftovers.spans.append(expression.span) }
    return typed.withoutEmptyBroadcasts
  }

  func finished(_ ode: OdeInstance) -> OdeInstance {
    var result = ode
    result.timeUnit = resolve(ode.timeUnit)
    result.timeUnit.variables = [:]
    result.states = ode.states.map { state in
      var next = state
      next.type = finished(state.type)
      next.initial = state.initial.map { finished($0) }
      next.derivative = finished(state.derivative)
      return next
    }
    result.implicit = ode.implicit.map { equation in
      var next = equation
      next.value = finished(equation.value)
      return next
    }
    result.bindings = ode.bindings.map { Bound($0.local, finished($0.value), name: $0.name) }
    result.outputs = ode.outputs.map {
      OdeInstance.Output(name: $0.name, value: finished($0.value))
    }
    result.inputs = ode.inputs.map { input in
      var next = input
      next.type = finished(input.type)
      next.value = input.value.map { finished($0) }
      return next
    }
    result.noise = ode.noise.map { noise in
      var next = noise
      next.value = finished(noise.value)
      return next
    }
    result.delays = ode.delays.map { OdeInstance.Delay(value: finished($0.value), span: $0.span) }
    result.events = ode.events.map { event in
      var next = event
      switch event.trigger {
      case .crossing(let value, let direction):
        next.trigger = .crossing(finished(value), direction)
      case .times(let value): next.trigger = .times(finished(value))
      }
      next.bindings = event.bindings.map { Bound($0.local, finished($0.value), name: $0.name) }
      next.columns = event.columns.map { column in
        var finished = column
        finished.value = self.finished(column.value)
        return finished
      }
      next.assignments = event.assignments.map { ($0.state, finished($0.value)) }
      return next
    }
    result.terms = ode.terms.map { term in
      var next = term
      next.contributions = term.contributions.map { ($0.state, finished($0.value)) }
      return next
    }
    result.standardized = ode.standardized.map { input in
      var next = input
      next.value = finished(input.value)
      return next
    }
    result.weights = weights(of: result)
    return result
  }

  func finished(_ loss: LossInstance) -> LossInstance {
    var result = loss
    result.parameterType = finished(loss.parameterType)
    switch loss.body {
    case .value(let value): result.body = .value(finished(value))
    case .logDensity(let value): result.body = .logDensity(finished(value))
    }
    return result
  }

  func finished(_ data: DataInstance) -> DataInstance {
    var result = data
    if case .dataset(let type) = finished(.dataset(data.type)) { result.type = type }
    switch data.source {
    case .simulate(let value): result.source = .simulate(finished(value))
    case .call: break
    }
    return result
  }

  func finished(_ item: PrintItem) -> PrintItem {
    switch item {
    case .value(let label, let value): .value(label: label, finished(value))
    case .declaration: item
    }
  }

  func finished(_ option: OptionValue) -> OptionValue {
    var result = option
    result.value = finished(option.value)
    result.subOptions = option.subOptions.map { finished($0) }
    return result
  }

  private func finished(_ value: OptionValue.Value) -> OptionValue.Value {
    switch value {
    case .expression(let expression): .expression(finished(expression))
    case .data(let expression): .data(finished(expression))
    case .call(let name, let arguments):
      .call(
        name,
        arguments.map { OptionValue.Argument(label: $0.label, value: finished($0.value)) })
    case .perExample(let loss, let data): .perExample(finished(loss), data: finished(data))
    case .text, .weights, .rates, .ode, .penalties: value
    }
  }

  private func finished(_ plot: PlotInstance) -> PlotInstance {
    var plot = plot
    plot.series = plot.series.map { series in
      var next = series
      next.value = finished(series.value)
      return next
    }
    plot.options = plot.options.map { finished($0) }
    return plot
  }

  private func finished(_ portrait: PortraitInstance) -> PortraitInstance {
    var portrait = portrait
    portrait.field = portrait.field.mapped { finished($0) }
    portrait.horizontal = (finished(portrait.horizontal.from), finished(portrait.horizontal.to))
    portrait.vertical = (finished(portrait.vertical.from), finished(portrait.vertical.to))
    portrait.trajectories = portrait.trajectories.map { finished($0) }
    portrait.plot = finished(portrait.plot)
    return portrait
  }

  func finished(_ statement: TypedStatement) -> TypedStatement {
    switch statement {
    case .data(let data): return .data(finished(data))
    case .let(let name, let value): return .let(name: name, value: finished(value))
    case .train(let train): return .train(finished(train))
    case .uncertainty(var command):
      command.training = finished(command.training)
      command.prediction = command.prediction.map { finished($0) }
      command.options = command.options.map { finished($0) }
      return .uncertainty(command)
    case .residuals(var command):
      command.training = finished(command.training)
      return .residuals(command)
    case .print(let items, let span): return .print(items.map { finished($0) }, span)
    case .plot(let plot): return .plot(finished(plot))
    case .portrait(let portrait): return .portrait(finished(portrait))
    case .explain(var explain):
      explain.trajectory = finished(explain.trajectory)
      return .explain(explain)
    case .checkGradients(let loss, let data, let options, let span):
      return .checkGradients(
        loss: finished(loss), data: data.map { finished($0) },
        options: options.map { finished($0) }, span)
    case .write(let value, let file, let span):
      return .write(finished(value), file: file, span)
    case .save, .load: return statement
    case .assert(let condition, let sides, let text, let span):
      return .assert(
        condition: finished(condition), sides: sides.map { ($0.text, finished($0.value)) },
        text: text, span)
    case .test(var test):
      test.statements = test.statements.map { finished($0) }
      return .test(test)
    case .bench(var bench):
      bench.statements = bench.statements.map { finished($0) }
      bench.options = bench.options.map { finished($0) }
      bench.work = finished(bench.work)
      return .bench(bench)
    case .show(let item, let span): return .show(finished(item), span)
    case .group(let statements): return .group(statements.map { finished($0) })
    }
  }

  private func finished(_ command: TrainCommand) -> TrainCommand {
    var train = command
    train.loss = finished(train.loss)
    train.data = train.data.map { finished($0) }
    train.stages = train.stages.map { finished($0) }
    train.options = train.options.map { finished($0) }
    return train
  }

  private func finished(_ work: BenchInstance.Work) -> BenchInstance.Work {
    switch work {
    case .expression(let expression): .expression(finished(expression))
    case .train(let train): .train(finished(train))
    case .gradient(let loss, let data, let options):
      .gradient(
        loss: finished(loss), data: data.map { finished($0) },
        options: options.map { finished($0) })
    }
  }
}

extension TypedExpression {
  /// Without broadcasts to the shape that the operand has already (an open axis turned out to be none).
  var withoutEmptyBroadcasts: TypedExpression {
    let inner = mapChildren { $0.withoutEmptyBroadcasts }
    if case .broadcast(let operand) = inner.kind, let a = operand.type.tensor,
      let b = inner.type.tensor, a.shape == b.shape
    {
      var result = operand
      result.type = inner.type
      return result
    }
    return inner
  }
}
