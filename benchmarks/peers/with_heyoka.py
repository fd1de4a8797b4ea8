"""heyoka.py (adaptive Taylor series as machine code): W1, W2 and the cold start."""
import heyoka as hy
import numpy as np

from common import *

PEER = "heyoka"
hy.set_nthreads(1)


def lorenz(rho=28.0):
    x, y, z = hy.make_vars("x", "y", "z")
    return [(x, 10.0 * (y - x)), (y, x * (rho - z) - y), (z, x * y - (8.0 / 3.0) * z)]


def arenstorf():
    x, y, u, v = hy.make_vars("x", "y", "u", "v")
    m1 = 1 - MU
    d1 = ((x + MU) ** 2 + y ** 2) ** -1.5
    d2 = ((x - m1) ** 2 + y ** 2) ** -1.5
    return [
        (x, u), (y, v), (u, x + 2.0 * v - m1 * (x + MU) * d1 - MU * (x - m1) * d2),
        (v, y - 2.0 * u - m1 * y * d1 - MU * y * d2)]


def pleiades():
    n = 7
    xs, ys, us, vs = ([hy.make_vars("%s%d" % (c, i)) for i in range(n)] for c in "xyuv")
    ax, ay = [[] for _ in range(n)], [[] for _ in range(n)]
    for i in range(n):
        for j in range(i + 1, n):
            dx, dy = xs[j] - xs[i], ys[j] - ys[i]
            w = (dx ** 2 + dy ** 2) ** -1.5
            ax[i].append((j + 1.0) * dx * w)
            ax[j].append(-(i + 1.0) * dx * w)
            ay[i].append((j + 1.0) * dy * w)
            ay[j].append(-(i + 1.0) * dy * w)
    return (
        [(xs[i], us[i]) for i in range(n)] + [(ys[i], vs[i]) for i in range(n)]
        + [(us[i], hy.sum(ax[i])) for i in range(n)] + [(vs[i], hy.sum(ay[i])) for i in range(n)])


def w1():
    for name, f in (("lorenz", lorenz), ("arenstorf", arenstorf), ("pleiades", pleiades)):
        y0 = np.array(W1[name]["y0"])
        for tol in TOLERANCES:
            start = time.perf_counter()
            taylor = hy.taylor_adaptive(f(), state=y0.copy(), tol=tol, compact_mode=False)
            build = time.perf_counter() - start

            def run():
                taylor.time = 0.0
                taylor.state[:] = y0
                outcome = taylor.propagate_until(W1[name]["t1"])
                return outcome[3]
            times, steps = measure(run)
            emit(
                w1_case(name, "taylor", tol), PEER, "taylor of order %d" % taylor.order, times, steps=int(steps),
                error=w1_error(taylor.state, name), compile=build)


def w2():
    rho, width = np.linspace(0, 28, 10000), 8
    start = time.perf_counter()
    taylor = hy.taylor_adaptive_batch(
        lorenz(hy.par[0]), state=np.ones((3, width)), pars=np.ones((1, width)), tol=1e-6)
    build = time.perf_counter() - start
    end = np.empty((10000, 3))

    def run():
        for i in range(0, 10000, width):
            taylor.set_time(0.0)
            taylor.state[:] = 1.0
            taylor.pars[0] = rho[i:i + width]
            taylor.propagate_until(10.0)
            end[i:i + width] = taylor.state.T
        return end
    times, _ = measure(run)
    emit(
        "W2 ensemble, dop853 1e-6", PEER, "taylor of order %d, %d at a time" % (taylor.order, width), times,
        error=relative(end, ensemble_end()), compile=build)


def cold():
    taylor = hy.taylor_adaptive(lorenz(), state=np.ones(3), tol=1e-6)
    taylor.propagate_until(20.0)
    print(taylor.state[0])


if __name__ == "__main__":
    main(PEER, dict(w1=w1, w2=w2, cold=cold))
