"""numbalsoda (DOP853 and LSODA, called from compiled code): W1, W2, W8 and the cold start."""
import math

import numba as nb
import numpy as np
from numbalsoda import dop853, lsoda, lsoda_sig

from common import *

PEER = "numbalsoda"


@nb.cfunc(lsoda_sig)
def lorenz(t, y, d, p):
    d[0] = 10.0 * (y[1] - y[0])
    d[1] = y[0] * (p[0] - y[2]) - y[1]
    d[2] = y[0] * y[1] - (8.0 / 3.0) * y[2]


def others():
    """Compiled when they are wanted: the cold start wants one only."""
    @nb.cfunc(lsoda_sig)
    def arenstorf(t, y, d, p):
        m1 = 1 - MU
        a = (y[0] + MU) ** 2 + y[1] * y[1]
        b = (y[0] - m1) ** 2 + y[1] * y[1]
        a *= math.sqrt(a)
        b *= math.sqrt(b)
        d[0] = y[2]
        d[1] = y[3]
        d[2] = y[0] + 2 * y[3] - m1 * (y[0] + MU) / a - MU * (y[0] - m1) / b
        d[3] = y[1] - 2 * y[2] - m1 * y[1] / a - MU * y[1] / b

    @nb.cfunc(lsoda_sig)
    def pleiades(t, y, d, p):
        for i in range(14):
            d[i] = y[14 + i]
            d[14 + i] = 0.0
        for i in range(7):
            for j in range(i + 1, 7):
                dx = y[j] - y[i]
                dy = y[7 + j] - y[7 + i]
                r = dx * dx + dy * dy
                r = 1.0 / (r * math.sqrt(r))
                d[14 + i] += (j + 1) * dx * r
                d[21 + i] += (j + 1) * dy * r
                d[14 + j] -= (i + 1) * dx * r
                d[21 + j] -= (i + 1) * dy * r
    return arenstorf, pleiades


def solver(method):
    if method == "dop853":
        @nb.njit
        def run(address, y0, t, data, tol):
            return dop853(address, y0, t, data=data, rtol=tol, atol=tol, mxstep=10000000)
    else:
        @nb.njit
        def run(address, y0, t, data, tol):
            return lsoda(address, y0, t, data=data, rtol=tol, atol=tol, mxstep=10000000)
    return run


def w1():
    arenstorf, pleiades = others()
    for method in ("dop853", "lsoda"):
        solve = solver(method)
        for name, f in (("lorenz", lorenz), ("arenstorf", arenstorf), ("pleiades", pleiades)):
            y0, t, data = np.array(W1[name]["y0"]), np.array([0.0, W1[name]["t1"]]), np.array([28.0])
            for tol in TOLERANCES:
                times, (y, _) = measure(lambda: solve(f.address, y0, t, data, tol))
                emit(w1_case(name, "dop853", tol), PEER, method, times, error=w1_error(y[-1], name))


def w2():
    rho, t = np.linspace(0, 28, 10000), np.array([0.0, 10.0])

    @nb.njit
    def all_of_them(address, rho):
        end = np.empty((rho.shape[0], 3))
        for i in range(rho.shape[0]):
            y, _ = dop853(address, np.ones(3), t, data=np.array([rho[i]]), rtol=1e-6, atol=1e-6, mxstep=100000)
            end[i] = y[1]
        return end
    times, end = measure(lambda: all_of_them(lorenz.address, rho))
    emit("W2 ensemble, dop853 1e-6", PEER, "dop853, a compiled loop", times, error=relative(end, ensemble_end()))


def stiff():
    """The right-hand sides of W8. Each counts its evaluations in `p`."""
    def hires(t, y, d, p):
        p[0] += 1
        bound = 280.0 * y[5] * y[7]
        d[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007
        d[1] = 1.71 * y[0] - 8.75 * y[1]
        d[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4]
        d[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3]
        d[4] = -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6]
        d[5] = -bound + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6]
        d[6] = bound - 1.81 * y[6]
        d[7] = -bound + 1.81 * y[6]

    def orego(t, y, d, p):
        p[0] += 1
        d[0] = 77.27 * (y[1] + y[0] - y[0] * y[1] - 8.375e-6 * y[0] * y[0])
        d[1] = (y[2] - (1 + y[0]) * y[1]) / 77.27
        d[2] = 0.161 * (y[0] - y[2])

    def robertson(t, y, d, p):
        p[0] += 1
        slow, back, fast = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]
        d[0] = -slow + back
        d[1] = slow - fast - back
        d[2] = fast

    def vdpol(t, y, d, p):
        p[0] += 1
        d[0] = y[1]
        d[1] = ((1 - y[0] * y[0]) * y[1] - y[0]) / 1e-6

    def vdpol_1000(t, y, d, p):
        p[0] += 1
        d[0] = y[1]
        d[1] = 1000 * (1 - y[0] * y[0]) * y[1] - y[0]

    rates = [nb.cfunc(lsoda_sig)(f) for f in (hires, orego, robertson, robertson, vdpol, vdpol_1000)]
    return dict(zip(W8, rates))


def w8():
    @nb.njit
    def solve(address, y0, t, data, rtol, atol):
        return lsoda(address, y0, t, data=data, rtol=rtol, atol=atol, mxstep=10000000)
    for name, f in stiff().items():
        y0, t, evaluations = np.array(W8[name]["y0"]), np.array([0.0, W8[name]["t1"]]), np.zeros(1)

        def run():
            evaluations[0] = 0
            return solve(f.address, y0, t, evaluations, tol, atol)
        for tol in STIFF_TOLERANCES:
            atol = w8_atol(name, tol)
            times, (y, fine) = measure(run)
            if fine:
                emit(w8_case(name, "bdf", tol), PEER, "lsoda", times, nfe=int(evaluations[0]), **w8_errors(y[-1], name))
            else:
                fail(w8_case(name, "bdf", tol), PEER, "lsoda", "it did not reach the end")


def cold():
    y, _ = dop853(lorenz.address, np.ones(3), np.array([0.0, 20.0]), data=np.array([28.0]), rtol=1e-6, atol=1e-6)
    print(y[-1, 0])


if __name__ == "__main__":
    main(PEER, dict(w1=w1, w2=w2, w8=w8, cold=cold))
