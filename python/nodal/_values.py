"""Values of the language as Python has them."""

import ctypes
import weakref

import numpy

from ._library import library

_NOTHING, _NUMBERS, _BOOLEANS, _TEXT, _RECORD, _TUPLE = range(6)


class Error(Exception):
    """What is wrong with a program, or went wrong in it: as a person reads it. `diagnostics` is the same as JSON."""

    def __init__(self, text: str, diagnostics: str = "[]"):
        super().__init__(text.rstrip())
        self.diagnostics = diagnostics


class Record(dict):
    """Fields by name: a record, a solution, a data set, a run. Those whose names Python can write are attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            known = ", ".join(self)
            raise AttributeError(f"there is no field `{name}`; there are {known}") from None

    def __dir__(self):
        return [*super().__dir__(), *self]


class Handle:
    """A value that the library keeps, until nothing here looks into it."""

    def __init__(self, pointer: int):
        self.pointer = pointer
        weakref.finalize(self, library().nodal_value_free, pointer)


def taken(pointer: int):
    """A value that is ours from now on. Arrays look into its memory, without a copy."""
    return _value(Handle(pointer), pointer)


def _value(owner: Handle, pointer: int):
    c = library()
    kind = c.nodal_value_kind(pointer)
    if kind == _NOTHING:
        return None
    if kind == _TEXT:
        return c.nodal_value_text(pointer).decode()
    if kind in (_RECORD, _TUPLE):
        count = c.nodal_value_field_count(pointer)
        parts = [_value(owner, c.nodal_value_field_at(pointer, i)) for i in range(count)]
        if kind == _TUPLE:
            return tuple(parts)
        names = [c.nodal_value_field_name(pointer, i).decode() for i in range(count)]
        return Record(zip(names, parts))
    count, rank = ctypes.c_size_t(), ctypes.c_size_t()
    numbers = c.nodal_value_numbers(pointer, ctypes.byref(count))
    sizes = c.nodal_value_shape(pointer, ctypes.byref(rank))
    shape = tuple(sizes[i] for i in range(rank.value))
    if not shape:
        return bool(numbers[0]) if kind == _BOOLEANS else float(numbers[0])
    if count.value == 0:
        array = numpy.empty(shape)
    else:
        memory = (ctypes.c_double * count.value).from_address(
            ctypes.cast(numbers, ctypes.c_void_p).value
        )
        # The array holds the memory, and the memory the value.
        memory._owner = owner
        array = numpy.frombuffer(memory, dtype=numpy.float64).reshape(shape)
    return array.astype(bool) if kind == _BOOLEANS else array


def text(value) -> str:
    """What is written for a value in a program."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {text(part)}" for name, part in value.items()) + "}"
    if isinstance(value, tuple) and len(value) == 2:
        return f"{text(value[0])}..{text(value[1])}"
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return "[" + ", ".join(text(part) for part in value) + "]"
    number = float(value)
    if number != number:
        return "nan"
    if number in (float("inf"), float("-inf")):
        return "inf" if number > 0 else "-inf"
    return repr(int(value)) if isinstance(value, (int, numpy.integer)) else repr(number)
