"""The shared library, and its functions as nodal.h declares them."""

import ctypes
import ctypes.util
import functools
import os
import pathlib
import sys

_NAME = "libNodalC.dylib" if sys.platform == "darwin" else "libNodalC.so"

Listener = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)


class Array(ctypes.Structure):
    """nodal_array"""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("numbers", ctypes.POINTER(ctypes.c_double)),
        ("rank", ctypes.c_size_t),
        ("shape", ctypes.POINTER(ctypes.c_size_t)),
    ]


class Step(ctypes.Structure):
    """nodal_step"""

    _fields_ = [
        ("step", ctypes.c_size_t),
        ("total", ctypes.c_size_t),
        ("loss", ctypes.c_double),
        ("seconds", ctypes.c_double),
    ]


Progress = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Step), ctypes.c_void_p)

_text, _object, _size, _status = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
_double = ctypes.POINTER(ctypes.c_double)
_sizes = ctypes.POINTER(ctypes.c_size_t)

# Result, then arguments.
_FUNCTIONS = {
    "nodal_version": (_text,),
    "nodal_open": (_object, _text),
    "nodal_close": (None, _object),
    "nodal_listen": (None, _object, Listener, _object),
    "nodal_error": (_text, _object),
    "nodal_error_json": (_text, _object),
    "nodal_check": (_status, _object, _text, _text),
    "nodal_run": (_status, _object, _text, _text),
    "nodal_run_file": (_status, _object, _text),
    "nodal_declare": (_status, _object, _text, _text),
    "nodal_cancel": (None, _object),
    "nodal_resume": (None, _object),
    "nodal_declarations": (_text, _object),
    "nodal_give": (_status, _object, _text, ctypes.POINTER(Array), _size),
    "nodal_set": (_status, _object, _text, _text),
    "nodal_set_array": (_status, _object, ctypes.POINTER(Array)),
    "nodal_evaluate": (_object, _object, _text),
    "nodal_solve": (_object, _object, _text, _text),
    "nodal_value_free": (None, _object),
    "nodal_value_kind": (ctypes.c_int, _object),
    "nodal_value_numbers": (_double, _object, _sizes),
    "nodal_value_shape": (_sizes, _object, _sizes),
    "nodal_value_text": (_text, _object),
    "nodal_value_field_count": (_size, _object),
    "nodal_value_field_name": (_text, _object, _size),
    "nodal_value_field_at": (_object, _object, _size),
    "nodal_compile": (_object, _object, _text, ctypes.POINTER(Array), _size),
    "nodal_call": (_object, _object, ctypes.POINTER(_double)),
    "nodal_function_free": (None, _object),
    "nodal_train": (_status, _object, _text, _text, _text, Progress, _object, _double),
    "nodal_gradient": (_object, _object, _text, _text, _double),
    "nodal_weights": (_object, _object),
    "nodal_set_weight": (_status, _object, _text, _double, _size),
    "nodal_load_weights": (_status, _object, _text),
}


def _places():
    """Where the library may be, in order."""
    named = os.environ.get("NODAL_LIBRARY")
    if named:
        yield named
        return
    here = pathlib.Path(__file__).resolve().parent
    yield str(here / _NAME)
    yield str(here.parent.parent / ".build" / "release" / _NAME)
    found = ctypes.util.find_library("NodalC")
    if found:
        yield found


@functools.lru_cache(maxsize=None)
def library() -> ctypes.CDLL:
    """The library, loaded when it is first needed."""
    reasons = []
    for place in _places():
        if os.sep in place and not os.path.exists(place):
            reasons.append(f"{place}: not there")
            continue
        try:
            loaded = ctypes.CDLL(place)
        except OSError as error:
            reasons.append(f"{place}: {error}")
            continue
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(loaded, name)
            function.restype = result
            function.argtypes = arguments
        return loaded
    raise ImportError(
        f"{_NAME} was not found; build it (swift build -c release --product NodalC) and set "
        "NODAL_LIBRARY to its path. Looked at:\n  " + "\n  ".join(reasons)
    )
