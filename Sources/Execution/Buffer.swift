package import NodalIR

/// Owned raw memory, aligned to 64 bytes, that grows and never shrinks.
///
/// Sendable by discipline: one thread writes at a time. Contents survive `reserve` only where said.
///
/// Here, and in all workspaces, properties are read and written some hundred times a step, each in an access of its own: to have every
/// one of them checked for overlaps would cost as much as the step. Hence `@exclusivity(unchecked)`.
package final class Buffer: @unchecked Sendable {
  @exclusivity(unchecked) package private(set) var pointer: UnsafeMutableRawPointer
  @exclusivity(unchecked) package private(set) var capacity: Int

  package init(byteCount: Int = 0) {
    capacity = max(byteCount, 64)
    pointer = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit { pointer.deallocate() }

  /// Makes room for `byteCount` bytes. With `keeping`, the first so many bytes stay. The pointer
  /// may change.
  @discardableResult
  package func reserve(_ byteCount: Int, keeping: Int = 0) -> UnsafeMutableRawPointer {
    if byteCount > capacity {
      // What is large grows in smaller strides: the machine may have room for it, and not for twice as much.
      let larger = max(byteCount, capacity < 1 << 28 ? capacity * 2 : capacity / 4 * 5)
      let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
      if keeping > 0 { moved.copyMemory(from: pointer, byteCount: min(keeping, capacity)) }
      pointer.deallocate()
      pointer = moved
      capacity = larger
    }
    return pointer
  }

  /// The memory as numbers.
  package func typed<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
    pointer.assumingMemoryBound(to: type)
  }

  package func zero(_ byteCount: Int) {
    reserve(byteCount)
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }
}

extension [Buffer] {
  /// The memory that all of them hold.
  package var byteCount: Int { reduce(0) { $0 + $1.capacity } }
}

/// A fixed number of pointers, as executables take their inputs and give their results.
package final class PointerTable {
  package let base: UnsafeMutablePointer<UnsafeRawPointer>
  package let count: Int

  package init(count: Int) {
    self.count = count
    base = .allocate(capacity: max(count, 1))
    base.initialize(
      repeating: UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped, count: max(count, 1))
  }

  deinit { base.deallocate() }

  package subscript(i: Int) -> UnsafeRawPointer {
    get { base[i] }
    set { base[i] = newValue }
  }
  package var pointer: UnsafePointer<UnsafeRawPointer> { UnsafePointer(base) }
}

extension Buffer {
  /// Writes the first `count` elements of a constant.
  package func fill(_ constant: Constant, _ count: Int) {
    let element = constant.type.element
    reserve(count * element.byteCount)
    switch constant.values {
    case .splat(let x):
      switch element {
      case .f32: typed(Float.self).update(repeating: Float(x), count: count)
      case .f64: typed(Double.self).update(repeating: x, count: count)
      case .i64, .bool: for j in 0..<count { ElementAccess.store(x, element, pointer, j) }
      }
    case .array(let numbers):
      for (j, x) in numbers.prefix(count).enumerated() {
        ElementAccess.store(x, element, pointer, j)
      }
    }
  }
}
