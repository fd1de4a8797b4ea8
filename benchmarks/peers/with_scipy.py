"""scipy.integrate.solve_ivp: W1 and the cold start."""
import numpy as np
from scipy.integrate import solve_ivp

from common import *

PEER = "scipy"


def lorenz(t, y):
    a, b, c = y
    return np.array([10.0 * (b - a), a * (28.0 - c) - b, a * b - (8.0 / 3.0) * c])


def arenstorf(t, y):
    a, b, u, v = y
    m1 = 1.0 - MU
    d1 = ((a + MU) ** 2 + b * b) ** 1.5
    d2 = ((a - m1) ** 2 + b * b) ** 1.5
    return np.array([
        u, v, a + 2 * v - m1 * (a + MU) / d1 - MU * (a - m1) / d2, b - 2 * u - m1 * b / d1 - MU * b / d2])


MASS, EYE = np.arange(1.0, 8.0), np.eye(7)


def pleiades(t, y):
    x, z = y[:7], y[7:14]
    dx, dz = x[None] - x[:, None], z[None] - z[:, None]
    w = MASS[None] / ((dx * dx + dz * dz + EYE) ** 1.5)
    return np.concatenate([y[14:28], (w * dx).sum(1), (w * dz).sum(1)])


def w1():
    for name, f in (("lorenz", lorenz), ("arenstorf", arenstorf), ("pleiades", pleiades)):
        problem = W1[name]
        for tol in TOLERANCES:
            for method, own in (("RK45", "dopri5"), ("DOP853", "dop853"), ("LSODA", "dop853")):
                def run():
                    return solve_ivp(
                        f, (0, problem["t1"]), problem["y0"], method=method, rtol=tol, atol=tol, t_eval=[problem["t1"]])
                times, found = measure(run)
                emit(w1_case(name, own, tol), PEER, method, times, nfe=int(found.nfev), error=w1_error(found.y[:, -1], name))


def cold():
    print(solve_ivp(lorenz, (0, 20.0), LORENZ["y0"], method="RK45", rtol=1e-6, atol=1e-6).y[0, -1])


if __name__ == "__main__":
    main(PEER, dict(w1=w1, cold=cold))
