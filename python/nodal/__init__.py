"""Models of dynamics written in the .node language.

>>> import nodal
>>> model = nodal.load("swing.node")
>>> s = model.solve("pendulum", over="0..10<s>", every="0.1<s>")
>>> s.t, s["θ"]
"""

from ._model import Function, Model, Run, load
from ._values import Error, Record

__all__ = ["Error", "Function", "Model", "Record", "Run", "load", "version"]


def version() -> str:
    """The version of the library."""
    from ._library import library

    return library().nodal_version().decode()
