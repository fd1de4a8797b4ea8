"""Models: programs that were run, and can be asked."""

import ctypes
import json
import os
import pathlib
import weakref

import numpy

from ._library import Array, Listener, Progress, library
from ._values import Error, Record, taken, text


def load(path, **constants) -> "Model":
    """Runs a program of a file. Paths in it start from its folder.

    constants: as Model.set takes them, in force before it runs.
    """
    path = pathlib.Path(path)
    return Model(
        path.read_text(encoding="utf-8"), name=str(path), folder=str(path.parent or "."), **constants
    )


def _rows(array) -> numpy.ndarray:
    """An array as rows of doubles: itself, where it is that."""
    return numpy.ascontiguousarray(array, dtype=numpy.float64)


def _arrays(columns):
    """What C reads of arrays by name; with the objects that have to live as long."""
    kept, made = [], (Array * max(1, len(columns)))()
    for place, (name, column) in enumerate(columns.items()):
        # NumPy makes an axis where there is none.
        rows, axes = _rows(column), numpy.shape(column)
        shape = (ctypes.c_size_t * max(1, len(axes)))(*axes)
        kept += [rows, shape]
        made[place] = Array(
            name.encode(), rows.ctypes.data_as(ctypes.POINTER(ctypes.c_double)), len(axes), shape
        )
    return made, kept


class Run(Record):
    """How a training went: `loss`, and the `history` of the losses that each step saw."""


class Model:
    """A program, and what came of it."""

    def __init__(self, program: str = "", *, name: str = "program.node", folder: str = ".", **constants):
        self._c = library()
        self._pointer = self._c.nodal_open(os.fsencode(folder))
        self._close = weakref.finalize(self, self._c.nodal_close, self._pointer)
        for constant, value in constants.items():
            self.set(constant, value)
        self.program = program
        if program:
            self.run(program, name=name)

    def __repr__(self):
        names = ", ".join(self._words())
        return f"<nodal.Model: {names or 'nothing declared'}>"

    def _words(self):
        return [f"{d['kind']} {d['name']}" for d in json.loads(self._c.nodal_declarations(self._pointer))]

    def _check(self, status: int):
        if status != 0:
            self._fail()

    def _fail(self):
        raise Error(
            self._c.nodal_error(self._pointer).decode(),
            self._c.nodal_error_json(self._pointer).decode(),
        )

    def _taken(self, pointer):
        if not pointer:
            self._fail()
        return taken(pointer)

    # Programs

    def run(self, program: str, *, name: str = "program.node"):
        """Runs more of a program: a name that is declared again has the new meaning from then on.

        What it prints goes to standard output.
        """

        def hear(event, _):
            said = json.loads(event)
            if said.get("kind") == "print":
                print(said["text"])

        listener = Listener(hear)
        self._c.nodal_listen(self._pointer, listener, None)
        try:
            self._check(self._c.nodal_run(self._pointer, program.encode(), name.encode()))
        finally:
            self._c.nodal_listen(self._pointer, Listener(), None)

    def check(self, program: str, *, name: str = "program.node"):
        """Raises Error where a program is wrong; runs nothing."""
        self._check(self._c.nodal_check(self._pointer, program.encode(), name.encode()))

    def set(self, constant: str, value):
        """Gives a constant another value, for what is checked from now on: a number, an array, or the text of an expression."""
        if isinstance(value, str) or numpy.ndim(value) == 0:
            self._check(self._c.nodal_set(self._pointer, constant.encode(), text(value).encode()))
        else:
            arrays, _kept = _arrays({constant: value})
            self._check(self._c.nodal_set_array(self._pointer, arrays))

    def data(self, name: str, *, time: str = None, **columns):
        """Declares a data set of arrays: with a time, one experiment (one axis) or several (two, experiments first)."""
        arrays, _kept = _arrays(columns)
        self._check(self._c.nodal_give(self._pointer, name.encode(), arrays, len(columns)))
        options = f', time: "{time}"' if time else ""
        self.run(f'data {name} = given("{name}"{options})')

    # Values

    def evaluate(self, expression: str):
        """The value of an expression: a number, an array, a Record."""
        return self._taken(self._c.nodal_evaluate(self._pointer, expression.encode()))

    __getitem__ = evaluate

    def solve(self, ode: str, **arguments) -> Record:
        """Solves an ode; arguments as `solve` has them.

        A pair is a span (`over=(0, 10)`), a dict a record (`from_={"θ": 1}`, `with_={"k": 2}`), an array a list of times (`at=ts`); a text goes
        as it is (`over="0..10<s>"`, `solver="dopri5(rtol: 1e-8)"`).
        """
        given = ", ".join(f"{name.rstrip('_')}: {text(value)}" for name, value in arguments.items())
        return self._taken(self._c.nodal_solve(self._pointer, ode.encode(), given.encode()))

    def function(self, expression: str, *names: str, **shapes) -> "Function":
        """Compiles an expression once, as a function of names in it: single numbers, or arrays of a shape (`y0=(3,)`)."""
        return Function(self, expression, {**{name: () for name in names}, **shapes})

    # Training

    def train(self, loss: str, on: str = None, progress=None, **options) -> Run:
        """Trains a loss on data. Options are those of `train`, `optimize="adam(lr: 1e-2)", steps=500`.

        progress: called with (step, total, loss) after each step; True stops, and keeps the best parameters.
        """
        history = []
        raised = []

        def step(state, _):
            state = state.contents
            history.append(state.loss)
            try:
                return 1 if progress and progress(state.step, state.total, state.loss) else 0
            except BaseException as error:  # C can't carry it: raised again below.
                raised.append(error)
                return 1

        loss_value = ctypes.c_double()
        given = ", ".join(f"{name}: {text(value)}" for name, value in options.items())
        status = self._c.nodal_train(
            self._pointer,
            loss.encode(),
            on.encode() if on is not None else None,
            given.encode(),
            Progress(step),
            None,
            ctypes.byref(loss_value),
        )
        if raised:
            raise raised[0]
        self._check(status)
        return Run(loss=loss_value.value, history=numpy.array(history))

    def gradient(self, loss: str, on: str = None):
        """The loss at the weights as they are, and its gradient, a Record by path."""
        value = ctypes.c_double()
        pointer = self._c.nodal_gradient(
            self._pointer, loss.encode(), on.encode() if on is not None else None, ctypes.byref(value)
        )
        gradient = self._taken(pointer)
        return value.value, gradient

    @property
    def weights(self) -> Record:
        """All weights by their paths, as they are now."""
        return self._taken(self._c.nodal_weights(self._pointer))

    def set_weight(self, path: str, values):
        """Gives a weight other numbers, in its own unit."""
        rows = _rows(values)
        self._check(
            self._c.nodal_set_weight(
                self._pointer,
                path.encode(),
                rows.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
                rows.size,
            )
        )

    def load_weights(self, file):
        """Takes weights by their paths from a file of safetensors."""
        self._check(self._c.nodal_load_weights(self._pointer, os.fsencode(file)))

    def cancel(self):
        """Stops what runs, from another thread."""
        self._c.nodal_cancel(self._pointer)


class Function:
    """An expression that was compiled once. It follows the weights of its model; what else it reads is as it was."""

    def __init__(self, model: Model, expression: str, shapes: dict):
        self._model = model
        self.shapes = {
            name: (shape,) if isinstance(shape, int) else tuple(shape) for name, shape in shapes.items()
        }
        # Their numbers are not looked at.
        made, _kept = _arrays({name: numpy.empty(shape) for name, shape in self.shapes.items()})
        self._pointer = model._c.nodal_compile(model._pointer, expression.encode(), made, len(shapes))
        if not self._pointer:
            model._fail()
        self._close = weakref.finalize(self, model._c.nodal_function_free, self._pointer)

    def __call__(self, *arguments):
        if len(arguments) != len(self.shapes):
            raise TypeError(f"it is a function of {', '.join(self.shapes)}, not of {len(arguments)} arguments")
        rows = []
        for (name, shape), argument in zip(self.shapes.items(), arguments):
            row = _rows(argument)
            if numpy.shape(argument) != shape:
                raise TypeError(f"`{name}` has the shape {shape}, not {numpy.shape(argument)}")
            rows.append(row)
        doubles = ctypes.POINTER(ctypes.c_double)
        pointers = (doubles * max(1, len(rows)))(*[row.ctypes.data_as(doubles) for row in rows])
        return self._model._taken(self._model._c.nodal_call(self._pointer, pointers))
