package import NodalDiagnostics
package import NodalTypes

/// An expression in which everything is resolved: no names but ids, no overloads, no lifting, no
/// conversion that is not written out. Lowering reads it; nothing in it needs a diagnostic any more.
///
/// Shapes may hold unknown lengths (`SizeVariable`) that only the data give.
package struct TypedExpression: Sendable {
  package var kind: Kind
  package var type: Type
  package var span: Span

  package init(_ kind: Kind, _ type: Type, _ span: Span) {
    self.kind = kind
    self.type = type
    self.span = span
  }

  package indirect enum Kind: Sendable {
    // MARK: leaves
    /// A scalar `Real`, in the unit of the type.
    case number(Double)
    /// A scalar `Int`.
    case integer(Int)
    case boolean(Bool)
    case text(String)
    /// A constant array of fixed shape, row-major; integers and truth values as 0, 1, 2, …
    case array([Double])
    /// A length that only the data know, as an `Int`.
    case size(Size)
    case local(LocalID)
    /// A top-level value that is passed in when the program runs: a `let`, a data set, a run.
    case session(String)
    /// A weight; of one that has a value for each of a group, that of the example's own member.
    case weight(WeightID)
    /// The values of a weight for all members of its group.
    case weights(WeightID)

    // MARK: elementwise; all operands have the shape of the result
    /// An op by the name of its row in `Operations`.
    case elementwise(String, [TypedExpression])
    /// `condition ? a : b`, each element for itself.
    case select(TypedExpression, TypedExpression, TypedExpression)
    /// `Int` (or `Bool`, as 0 and 1) to `Real`.
    case toReal(TypedExpression)
    /// Conversion to another unit of the same dimension: the value times a constant.
    case scaled(TypedExpression, by: Double)
    /// The same numbers under another unit or mask: what `plain`, a bare number that adopts a unit, and a
    /// learned layer's boundary do. No code.
    case relabelled(TypedExpression)

    // MARK: shapes
    /// The operand's axes are the last ones of the result; it is repeated along the others.
    case broadcast(TypedExpression)
    case reduce(Reduction, TypedExpression, axes: [Int])
    /// Matrix product of operands of rank 1 or 2.
    case matmul(TypedExpression, TypedExpression)
    /// The windows of an array [c, n…]: [c, elements of a window…, windows…].
    case windows(TypedExpression, [WindowAxis])
    /// Σ over c and the elements of a window of an array [c, n…] times a kernel [d, c / groups, elements…]: [d, windows…]. With groups,
    /// each share of d sees its own share of c.
    case convolve(TypedExpression, kernel: TypedExpression, axes: [WindowAxis], groups: Int)
    /// Joined along the first axis.
    case concatenate([TypedExpression])
    /// Operands of one shape under a new first axis.
    case stack([TypedExpression])
    /// The same elements in row-major order under the shape of the type.
    case reshape(TypedExpression)
    /// Axis i of the result is axis `axes[i]` of the operand.
    case transpose(TypedExpression, axes: [Int])
    case reverse(TypedExpression, axis: Int)
    /// Elements from `start` on along one axis; how many, the type says.
    case slice(TypedExpression, axis: Int, start: Size)
    /// One element along an axis, which disappears. The index is an `Int` scalar, never negative when
    /// constant; at run time a negative one counts from the end.
    case index(TypedExpression, axis: Int, at: TypedExpression)
    /// The element of a vector that a label stands for: an `Int` that counts from 0, and never from the end.
    case pick(TypedExpression, label: TypedExpression)
    /// The elements at an array of indices along the first axis.
    case gather(TypedExpression, indices: TypedExpression)
    /// Elements moved by a constant along the first axis (positive: to higher indices), the gap filled.
    case shift(TypedExpression, axis: Int, by: Int, fill: TypedExpression)
    /// Evenly spaced numbers, both ends included; how many, the type says.
    case linspace(TypedExpression, TypedExpression)
    /// The integers 0, 1, … along the only axis.
    case iota

    // MARK: structure
    case tuple([TypedExpression])
    case element(TypedExpression, Int)
    /// Fields in the order of the type.
    case record([TypedExpression])
    /// A field of a record, of a solution (a state, an output, `t`, `final`, `stats`, `events`), of a
    /// data set (a column over all examples), of a run.
    case field(TypedExpression, String)
    /// Values in order, each visible to those behind it, and in the body.
    case bindings([Bound], TypedExpression)

    // MARK: control
    /// A scalar condition known only at run time.
    case conditional(TypedExpression, TypedExpression, TypedExpression)
    case fold(Fold)
    /// As `fold`; the body gives `(state, y)` and the result is the stack of the `y`.
    case scan(Fold)
    case map(Mapped)

    // MARK: calculus, chance, solving
    case calculus(Calculus)
    case draw(Draw)
    case solve(SolveExpression)
    /// A steady state, or the linear part of an ode's equations.
    case point(OdePoint)
    /// Of matrices, the last two axes.
    case spectral(Spectral, TypedExpression)
    /// A solution at a time (or at an array of times): a record of states and outputs.
    case interpolate(TypedExpression, at: TypedExpression)

    // MARK: data sets
    /// One example by number: a record.
    case example(TypedExpression, at: TypedExpression)
    case part(TypedExpression, DatasetPart)

    /// A mistake that got its diagnostic. Never reaches lowering: a program with errors is not run.
    case invalid
  }

  package static func invalid(_ span: Span) -> TypedExpression {
    TypedExpression(.invalid, .error, span)
  }
}

package enum Reduction: String, Sendable, Hashable, CaseIterable {
  case sum, mean, max, min, argmax, argmin, product, any, all
}

/// How windows lie along one axis.
package struct WindowAxis: Sendable, Hashable {
  /// Elements of a window.
  package var size: Int
  /// From one window to the next.
  package var stride = 1
  /// From one element of a window to the next.
  package var dilation = 1
  /// Zeros on either side.
  package var pad = 0
}

/// A local name and its value.
package struct Bound: Sendable {
  package var local: LocalID
  package var value: TypedExpression
  /// As the user wrote it, for dumps and reports; empty for what the compiler introduced.
  package var name: String
  package init(_ local: LocalID, _ value: TypedExpression, name: String = "") {
    self.local = local
    self.value = value
    self.name = name
  }
}

/// A loop over the leading axis of every array in `sequence` (an array, or a tuple or record of arrays).
package struct Fold: Sendable {
  package var sequence: TypedExpression
  package var initial: TypedExpression
  package var state: LocalID
  package var stateType: Type
  package var element: LocalID
  package var elementType: Type
  package var length: Size
  package var body: TypedExpression
}

/// The body for every index of the leading axes: what lifting a call leaves behind. Locals of outside that
/// the body reads are shared. The result's arrays (and solutions) have the extents as further leading axes.
package struct Mapped: Sendable {
  package var extents: [Size]
  /// Each runs along the leading axes of its argument, as many as there are extents.
  package var arguments: [Argument]
  package var body: TypedExpression

  package init(extents: [Size], arguments: [Argument], body: TypedExpression) {
    self.extents = extents
    self.arguments = arguments
    self.body = body
  }

  package struct Argument: Sendable {
    package var local: LocalID
    /// Of one element.
    package var type: Type
    package var value: TypedExpression
    package init(local: LocalID, type: Type, value: TypedExpression) {
      self.local = local
      self.type = type
      self.value = value
    }
  }
}

/// A derivative of `body`, a function of `variable`, at the place `at`.
package struct Calculus: Sendable {
  package enum Kind: Sendable {
    /// Of a scalar: the shape of the variable.
    case gradient
    /// Shape of the body, then the shape of the variable.
    case jacobian
    /// Of a body with the shape of the variable: Σ ∂fᵢ/∂xᵢ.
    case divergence
    /// One Hutchinson estimate of it, with Rademacher noise drawn once a solve.
    case hutchinson(PlaceID)
    /// Of a scalar: the shape of the variable, twice.
    case hessian
    /// The body's derivative along a tangent.
    case jvp(tangent: TypedExpression)
    /// A cotangent of the body pulled back to the variable.
    case vjp(cotangent: TypedExpression)
  }
  package var kind: Kind
  package var variable: LocalID
  package var at: TypedExpression
  package var body: TypedExpression
}

/// Independent base noise of the type's shape, keyed by its place.
package struct Draw: Sendable {
  package enum Kind: String, Sendable, Hashable { case normal, uniform }
  package var kind: Kind
  package var place: PlaceID
}

/// A part of a data set.
package enum DatasetPart: Sendable, Hashable {
  /// The share at the end or the beginning, 0…1 (of the time of a single experiment, else of the examples).
  case last(Double), first(Double)
  /// Examples (or samples) from … up to.
  case range(Int, Int)
}
