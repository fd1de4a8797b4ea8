"""The Python package, from the outside: fits, values without copies, mistakes as exceptions."""

import gc
import pathlib
import tempfile

import numpy

import nodal

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def raises(kind, what, part=""):
    try:
        what()
    except kind as error:
        assert part in str(error), (part, str(error))
        return error
    raise AssertionError(f"{what} raises nothing")


DECAY = """
ode decay { state x = 1; param k = 0.5 in (0, inf); x' = -k*x }
loss fit(w) = mse(solve(decay, at: w.t).x, w.x)
"""

assert nodal.version()

# Values.
model = nodal.Model(DECAY)
assert "ode decay" in repr(model)
s = model.solve("decay", over=(0, 1), every=0.25)
assert s.t.shape == (5,) and numpy.allclose(s.x, numpy.exp(-0.5 * s.t), atol=1e-6)
assert s["final"].x == s.x[-1]
assert not s.x.flags.owndata
x = s.x
del s
gc.collect()
assert numpy.allclose(x, numpy.exp(-0.5 * numpy.linspace(0, 1, 5)), atol=1e-6)
assert model["1 + 1"] == 2.0 and model["1 < 2"] is True and model['"θ"'] == "θ"
assert model["[[1, 2], [3, 4]]"].tolist() == [[1, 2], [3, 4]]
assert model["{a: 1, b: (2, 3)}"] == {"a": 1.0, "b": (2.0, 3.0)}
raises(AttributeError, lambda: model["{a: 1}"].b, "`b`")
times = numpy.linspace(0, 2, 9)
assert model.solve("decay", at=times, with_={"k": 0.8}, from_={"x": 2}).x.shape == (9,)

# Mistakes.
error = raises(nodal.Error, lambda: nodal.Model("print nope", name="wrong.node"), "wrong.node:1:7")
assert "E0201" in str(error) and error.diagnostics.startswith("[{")
raises(nodal.Error, lambda: model.evaluate("(1"))
raises(nodal.Error, lambda: model.solve("decay", over=(0, 1), speed=3), "speed")
raises(nodal.Error, lambda: model.check("const a ="))
raises(FileNotFoundError, lambda: nodal.load("/nowhere.node"))

# Data, and a fit that is watched.
model.data("obs", time="t", t=times, x=numpy.exp(-0.8 * times))
seen = []
run = model.train("fit", on="obs", optimize="adam(lr: 1e-2)", steps=50,
                  progress=lambda step, total, loss: seen.append((step, total)) or step >= 7)
assert seen[-1] == (7, 50) and len(run.history) == 7
raises(ZeroDivisionError, lambda: model.train(
    "fit", on="obs", optimize="adam()", steps=9, progress=lambda *_: 1 // 0))
value, gradient = model.gradient("fit", on="obs")
assert value > 0 and gradient["decay.k"] < 0
run = model.train("fit", on="obs", optimize="lm()", steps=30)
assert run.loss < 1e-12 and abs(model.weights["decay.k"] - 0.8) < 1e-6
model.set_weight("decay.k", 0.3)
assert model.weights["decay.k"] == 0.3
raises(nodal.Error, lambda: model.set_weight("decay.k", -1.0), "domain")
# Columns of any layout and type.
model.data("obs", time="t", t=times.astype(numpy.float32), x=numpy.stack([times, times], 1)[:, 0])
assert model["obs.x"].tolist() == times.tolist()

# Functions.
end = model.function("solve(decay, over: 0..1, from: {x: a}).final.x", "a")
for a in (1.0, 2.0, 3.5):
    assert abs(end(a) - a * numpy.exp(-0.3)) < 1e-5
total = model.function("sum(v) + b", "b", v=(3,))
assert total(1.0, [1, 2, 3]) == 7.0
raises(TypeError, lambda: end())
raises(TypeError, lambda: total(1.0, [1, 2]), "shape")
raises(nodal.Error, lambda: model.function("nope(a)", "a"))

# Constants.
other = nodal.Model("const c = [0.0, 0], d = 1.0", c=[3, 4], d="1.5")
assert other["c[1] + d"] == 5.5

# Weights in a file, and a program of a file.
with tempfile.TemporaryDirectory() as folder:
    program = pathlib.Path(folder) / "decay.node"
    program.write_text(DECAY + 'save decay to "decay.safetensors"\n', encoding="utf-8")
    first = nodal.load(program)
    first.set_weight("decay.k", 0.7)
    first.run('save decay to "decay.safetensors"')
    model.load_weights(pathlib.Path(folder) / "runs" / "decay.safetensors")
    assert model.weights["decay.k"] == 0.7

# A scientist's afternoon: lynx and hare.
with open(ROOT / "examples" / "hudson-bay-lynx-hare.csv", encoding="utf-8") as file:
    lines = [line for line in file if not line.startswith("#")]
rows = numpy.genfromtxt(lines, delimiter=",", names=True)
pelts = nodal.Model("""
ode populations {
  state hare = 33 in (0, inf)
  state lynx = 6 in (0, inf)
  param α = 0.5, β = 0.02, γ = 0.8, δ = 0.02 in (0, inf)
  hare' = α*hare - β*hare*lynx
  lynx' = -γ*lynx + δ*hare*lynx
}
loss fit(w) {
  let s = solve(populations, at: w.year)
  mse(log(s.hare), log(w.hare)) + mse(log(s.lynx), log(w.lynx))
}
""")
pelts.data("pelts", time="year", year=rows["Year"] - 1900, hare=rows["Hare"], lynx=rows["Lynx"])
run = pelts.train("fit", on="pelts", optimize="lm()", steps=100)
assert run.loss < 0.15, run.loss
assert abs(pelts.weights["populations.γ"] - 0.8) < 0.1

print({path: round(value, 3) for path, value in pelts.weights.items()}, round(run.loss, 4))
print("all hold")
