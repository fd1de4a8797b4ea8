"""What the peers' programs share: the problems, what is exact, how time is taken, a line of JSON for each figure.

`case` is the title of the Nodal bench that a figure is compared with. As a program it prepares what has to be
computed once: reference values for the programs in C and C++, and the end of the ensemble.
"""
import json
import math
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MADE = os.path.join(os.path.dirname(HERE), ".build")
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))

TOLERANCES = [1e-6, 1e-9, 1e-12]
LORENZ = dict(y0=[1.0, 1.0, 1.0], t1=20.0)
MU = 0.012277471
ARENSTORF = dict(y0=[0.994, 0.0, 0.0, -2.00158510637908252240537862224], t1=17.0652165601579625588917206249)
PLEIADES = dict(
    y0=[float(v) for v in [3, 3, -1, -3, 2, -2, 2, 3, -3, 2, 0, 0, -4, 4,
                           0, 0, 0, 0, 0, 1.75, -1.5, 0, 0, 0, -1.25, 1, 0, 0]], t1=3.0)
W1 = dict(lorenz=LORENZ, arenstorf=ARENSTORF, pleiades=PLEIADES)
RATES = [1.3, 0.9, 2.8, 1.1]
STIFF_TOLERANCES = [1e-4, 1e-6, 1e-8, 1e-10]
# `atol` goes with the relative tolerance 1e-6; with others it grows and shrinks in proportion.
W8 = {
    "hires": dict(y0=[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057], t1=321.8122, atol=1e-8),
    "orego": dict(y0=[1.0, 2.0, 3.0], t1=360.0, atol=1e-6),
    "robertson 1e5": dict(y0=[1.0, 0.0, 0.0], t1=1e5, atol=1e-10),
    "robertson 1e11": dict(y0=[1.0, 0.0, 0.0], t1=1e11, atol=1e-14),
    "vdpol": dict(y0=[2.0, 0.0], t1=2.0, atol=1e-6),
    "vdpol 1000": dict(y0=[2.0, 0.0], t1=2000.0, atol=1e-6)}


# Right-hand sides of W8, for any kind of number; who calls them makes an array of what they give.

def hires(y):
    a, b, c, d, e, f, g, h = y
    bound = 280.0 * f * h
    return [
        -1.71 * a + 0.43 * b + 8.32 * c + 0.0007, 1.71 * a - 8.75 * b, -10.03 * c + 0.43 * d + 0.035 * e,
        8.32 * b + 1.71 * c - 1.12 * d, -1.745 * e + 0.43 * f + 0.43 * g,
        -bound + 0.69 * d + 1.71 * e - 0.43 * f + 0.69 * g, bound - 1.81 * g, -bound + 1.81 * g]


def orego(y):
    a, b, c = y
    return [77.27 * (b + a - a * b - 8.375e-6 * a * a), (c - (1 + a) * b) / 77.27, 0.161 * (a - c)]


def robertson(y):
    a, b, c = y
    slow, back, fast = 0.04 * a, 1e4 * b * c, 3e7 * b * b
    return [-slow + back, slow - fast - back, fast]


def vdpol(y):
    a, b = y
    return [b, ((1 - a * a) * b - a) / 1e-6]


def vdpol_1000(y):
    a, b = y
    return [b, 1000 * (1 - a * a) * b - a]


W8_RATES = dict(zip(W8, (hires, orego, robertson, robertson, vdpol, vdpol_1000)))


def tolerance_name(tol):
    return "1e-%d" % round(-math.log10(tol))


def w1_case(name, method, tol):
    return "W1 %s, %s %s" % (name, method, tolerance_name(tol))


def w8_case(name, method, tol):
    return "W8 %s, %s %s" % (name, method, tolerance_name(tol))


def w8_atol(name, tol):
    return W8[name]["atol"] * tol / 1e-6


# What is exact

def references():
    """End states of W1: Taylor's method in quadruple precision, tolerance 1e-30, from the same doubles.

    Those of W8 are published with the Test Set for IVP Solvers (Mazzia and Magherini, release 2.4), but for Robertson's at 1e5:
    Radau at 1e-12, which another method agrees with to 12 digits.
    """
    with open(os.path.join(HERE, "refs.json")) as file:
        return json.load(file)


def relative(y, reference):
    """|y - reference| / |reference|, in the Euclidean norm."""
    import numpy as np
    y, reference = np.asarray(y, dtype=float).ravel(), np.asarray(reference, dtype=float).ravel()
    return float(np.linalg.norm(y - reference) / np.linalg.norm(reference))


def w1_error(y, name):
    return relative(y, references()[name])


def w8_errors(y, name):
    """That of W8 in the norm, and the largest of a component: of Robertson's problem the norm sees but one."""
    reference = references()[name.replace(" ", "_")]
    return dict(error=relative(y, reference), worst=max(abs(float(a) - b) / abs(b) for a, b in zip(y, reference)))


def ensemble_end():
    """W2 at t = 10: a Taylor series of order 20 in steps of 0.01, all systems at once."""
    import numpy as np
    path = os.path.join(MADE, "w2.bin")
    if os.path.exists(path):
        return np.fromfile(path).reshape(10000, 3)
    rho, order, h = np.linspace(0, 28, 10000), 20, 0.01
    x, y, z = (np.ones(10000) for _ in range(3))
    for _ in range(1000):
        X, Y, Z = [x], [y], [z]
        for k in range(order):
            xz = sum(X[i] * Z[k - i] for i in range(k + 1))
            xy = sum(X[i] * Y[k - i] for i in range(k + 1))
            X.append(10 * (Y[k] - X[k]) / (k + 1))
            Z_next = (xy - 8 / 3 * Z[k]) / (k + 1)
            Y.append((rho * X[k] - xz - Y[k]) / (k + 1))
            Z.append(Z_next)
        x, y, z = (sum(c * h**k for k, c in enumerate(S)) for S in (X, Y, Z))
    end = np.stack([x, y, z], 1)
    os.makedirs(MADE, exist_ok=True)
    end.tofile(path)
    return end


def lotka_data():
    """Times 0.2 .. 20, and both species at them, of the rates 1.5, 1, 3, 1."""
    import numpy as np
    from scipy.integrate import solve_ivp
    t = np.linspace(0, 20, 101)[1:]
    found = solve_ivp(
        lambda t, y: [1.5 * y[0] - y[0] * y[1], -3 * y[1] + y[0] * y[1]], (0, 20), [1.0, 1.0], t_eval=t,
        rtol=1e-12, atol=1e-13, method="DOP853")
    return t, found.y.T


def lotka_gradient():
    """The exact gradient of W4 at RATES: forward sensitivities at 1e-12."""
    import numpy as np
    from scipy.integrate import solve_ivp
    t, observed = lotka_data()
    a, b, c, d = RATES

    def f(t, s):
        y, S = s[:2], s[2:].reshape(2, 4)
        J = np.array([[a - b * y[1], -b * y[0]], [d * y[1], -c + d * y[0]]])
        P = np.array([[y[0], -y[0] * y[1], 0, 0], [0, 0, -y[1], y[0] * y[1]]])
        return np.concatenate([[a * y[0] - b * y[0] * y[1], -c * y[1] + d * y[0] * y[1]], (J @ S + P).ravel()])

    found = solve_ivp(f, (0, 20), [1.0, 1.0] + [0.0] * 8, t_eval=t, rtol=1e-12, atol=1e-12, method="DOP853")
    gradient = np.zeros(4)
    for k in range(100):
        gradient += 2 * (found.y[:2, k] - observed[k]) @ found.y[2:, k].reshape(2, 4) / 200
    return gradient


# Data for training

def circles(rng, n=512):
    import numpy as np
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = np.where(np.arange(n) < n // 2, 1.0, 0.5)
    return (np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1) + rng.normal(0, 0.06, (n, 2))).astype(np.float32)


def spirals(rng, count=1000, length=1000, sample=100, noise=0.3, b=0.3):
    """Noisy stretches of two families of spirals, and their times."""
    import numpy as np
    t = np.linspace(0, 6 * np.pi, length)
    back = np.flip(t)
    inner = b * 50.0 / np.linspace(1e-3 + np.pi, 7 * np.pi, length) / 10.0
    outer = b * t
    clockwise = np.stack([inner * np.cos(back) * 3 - 1.0, inner * np.sin(back) * 3], 1)
    counter = np.stack([outer * np.cos(t), outer * np.sin(t)], 1)
    rows = []
    for _ in range(count):
        curve = counter if rng.random() > 0.5 else clockwise
        k = rng.integers(sample, length - 2 * sample)
        rows.append(curve[k:k + sample] + rng.normal(0, noise, (sample, 2)))
    return np.stack(rows).astype(np.float32), t[:sample].astype(np.float32)


# Time

def goes_on(count, elapsed):
    """No run begins after `SECONDS`, but for the third; and that not where runs take very long."""
    return elapsed < SECONDS or (count < 3 and elapsed < 5 * SECONDS)


def measure(run, repeats=200):
    """Times of `run()` in seconds, as `nodal bench` takes them, and its last result."""
    start = time.perf_counter()
    warm, result = 0, None
    while warm == 0 or (warm < 20 and time.perf_counter() - start < 0.1):
        result = run()
        warm += 1
    times, start = [], time.perf_counter()
    while len(times) < repeats and goes_on(len(times), time.perf_counter() - start):
        before = time.perf_counter()
        result = run()
        times.append(time.perf_counter() - before)
    return times, result


def emit(case, peer, config, times, nfe=None, steps=None, error=None, compile=None, **more):
    print(json.dumps(dict(
        case=case, peer=peer, config=config, median=statistics.median(times), minimum=min(times),
        repeats=len(times), evaluations=nfe, steps=steps, error=error, compile=compile, **more)), flush=True)


def fail(case, peer, config, why):
    print(json.dumps(dict(case=case, peer=peer, config=config, failure=str(why)[:200])), flush=True)


def main(peer, workloads):
    """Runs the workloads named on the command line; one that fails does not stop the others."""
    for name in sys.argv[1:] or workloads:
        if name not in workloads:
            continue
        try:
            workloads[name]()
        except Exception as error:  # the table says what failed
            fail(name, peer, "", "%s: %s" % (type(error).__name__, error))


if __name__ == "__main__":
    os.makedirs(MADE, exist_ok=True)
    ensemble_end()
    t, observed = lotka_data()
    arrays = dict(references(), lotka_gradient=list(lotka_gradient()), lotka_data=[float(v) for v in observed.ravel()])
    with open(os.path.join(MADE, "references.h"), "w") as header:
        for name, values in arrays.items():
            header.write("static const double ref_%s[] = {%s};\n" % (name, ", ".join("%.17g" % v for v in values)))
