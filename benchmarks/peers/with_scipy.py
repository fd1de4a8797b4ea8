"""scipy.integrate.solve_ivp: W1, W8 and the cold start."""
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


# What does not change of the Jacobian.
HIRES = np.array([
    [-1.71, 0.43, 8.32, 0, 0, 0, 0, 0], [1.71, -8.75, 0, 0, 0, 0, 0, 0], [0, 0, -10.03, 0.43, 0.035, 0, 0, 0],
    [0, 8.32, 1.71, -1.12, 0, 0, 0, 0], [0, 0, 0, 0, -1.745, 0.43, 0.43, 0], [0, 0, 0, 0.69, 1.71, -0.43, 0.69, 0],
    [0, 0, 0, 0, 0, 0, -1.81, 0], [0, 0, 0, 0, 0, 0, 1.81, 0]])


def hires_jacobian(t, y):
    J, a, b = HIRES.copy(), 280.0 * y[7], 280.0 * y[5]
    J[5, 5] -= a
    J[6, 5] = a
    J[7, 5] = -a
    J[5, 7] = J[7, 7] = -b
    J[6, 7] = b
    return J


S, Q, W = 77.27, 8.375e-6, 0.161


def orego_jacobian(t, y):
    a, b, c = y
    return np.array([[S * (1 - b - 2 * Q * a), S * (1 - a), 0], [-b / S, -(1 + a) / S, 1 / S], [W, 0, -W]])


def robertson_jacobian(t, y):
    a, b, c = y
    return np.array([[-0.04, 1e4 * c, 1e4 * b], [0.04, -6e7 * b - 1e4 * c, -1e4 * b], [0, 6e7 * b, 0]])


def vdpol_jacobian(t, y):
    a, b = y
    return np.array([[0, 1], [(-2 * a * b - 1) / 1e-6, (1 - a * a) / 1e-6]])


def vdpol_1000_jacobian(t, y):
    a, b = y
    return np.array([[0, 1], [-2000 * a * b - 1, 1000 * (1 - a * a)]])


JACOBIANS = dict(zip(W8, (
    hires_jacobian, orego_jacobian, robertson_jacobian, robertson_jacobian, vdpol_jacobian, vdpol_1000_jacobian)))


def w8():
    for name, problem in W8.items():
        rates = W8_RATES[name]
        for tol in STIFF_TOLERANCES:
            for method, own in (("Radau", "rodas5p"), ("BDF", "bdf"), ("LSODA", "bdf")):
                def run():
                    return solve_ivp(
                        lambda t, y: np.array(rates(y)), (0, problem["t1"]), problem["y0"], method=method, jac=JACOBIANS[name],
                        rtol=tol, atol=w8_atol(name, tol), t_eval=[problem["t1"]])
                times, found = measure(run)
                if found.status < 0:
                    fail(w8_case(name, own, tol), PEER, method, found.message)
                else:
                    emit(w8_case(name, own, tol), PEER, method, times, nfe=int(found.nfev), **w8_errors(found.y[:, -1], name))


def cold():
    print(solve_ivp(lorenz, (0, 20.0), LORENZ["y0"], method="RK45", rtol=1e-6, atol=1e-6).y[0, -1])


if __name__ == "__main__":
    main(PEER, dict(w1=w1, w8=w8, cold=cold))
