"""diffrax (JAX on the processor): W1 to W6, W8, W9 and the cold start. One thread: `taskset -c 0`; XLA takes as many as it may run on.

It has no counter of evaluations: they are steps times stages, forward only. The error of a training step is that of its gradient
at the beginning, against the same in f64 by Dopri8 at a tighter tolerance.
"""
import sys

import jax

jax.config.update("jax_enable_x64", True)
import diffrax as dfx
import jax.numpy as jnp
import numpy as np
import optax

from common import *

PEER = "diffrax"
READY = jax.block_until_ready
STAGES = dict(Tsit5=6, Dopri5=6, Dopri8=13)


def controller(rtol, atol):
    return dfx.PIDController(rtol=rtol, atol=atol)


def backsolve(rtol, atol, method=dfx.Dopri5):
    return dfx.BacksolveAdjoint(solver=method(), stepsize_controller=controller(rtol, atol))


CHECKPOINTED = dfx.RecursiveCheckpointAdjoint()


def lorenz(t, y, rho):
    a, b, c = y
    return jnp.stack([10.0 * (b - a), a * (rho - c) - b, a * b - (8.0 / 3.0) * c])


def arenstorf(t, y, args):
    a, b, u, v = y
    m1 = 1 - MU
    d1, d2 = (a + MU) ** 2 + b * b, (a - m1) ** 2 + b * b
    d1, d2 = d1 * jnp.sqrt(d1), d2 * jnp.sqrt(d2)
    return jnp.stack([
        u, v, a + 2 * v - m1 * (a + MU) / d1 - MU * (a - m1) / d2, b - 2 * u - m1 * b / d1 - MU * b / d2])


def pleiades(t, y, args):
    x, z = y[:7], y[7:14]
    dx, dz = x[None] - x[:, None], z[None] - z[:, None]
    r = dx * dx + dz * dz + jnp.eye(7)
    w = jnp.arange(1.0, 8.0) / (r * jnp.sqrt(r))
    return jnp.concatenate([y[14:], (w * dx).sum(1), (w * dz).sum(1)])


def compiled(f, *arguments):
    """The first call, which compiles, in seconds."""
    start = time.perf_counter()
    READY(f(*arguments))
    return time.perf_counter() - start


def w1():
    for name, f in (("lorenz", lorenz), ("arenstorf", arenstorf), ("pleiades", pleiades)):
        y0 = jnp.array(W1[name]["y0"])
        for tol in TOLERANCES:
            for method, own in ((dfx.Tsit5, "tsit5"), (dfx.Dopri8, "dop853")):
                @jax.jit
                def solve(y0):
                    s = dfx.diffeqsolve(
                        dfx.ODETerm(f), method(), 0.0, W1[name]["t1"], None, y0, args=28.0,
                        stepsize_controller=controller(tol, tol), max_steps=200000, adjoint=dfx.ForwardMode())
                    return s.ys[-1], s.stats["num_steps"]
                first = compiled(solve, y0)
                times, (y, steps) = measure(lambda: READY(solve(y0)))
                emit(
                    w1_case(name, own, tol), PEER, method.__name__, times,
                    nfe=int(steps) * STAGES[method.__name__] + 1, steps=int(steps), error=w1_error(y, name), compile=first)


def w2():
    @jax.jit
    def solve(rho):
        def one(r):
            s = dfx.diffeqsolve(
                dfx.ODETerm(lorenz), dfx.Tsit5(), 0.0, 10.0, None, jnp.ones(3), args=r,
                stepsize_controller=controller(1e-6, 1e-6), max_steps=100000)
            return s.ys[-1], s.stats["num_steps"]
        return jax.vmap(one)(rho)
    rho = jnp.linspace(0.0, 28.0, 10000)
    first = compiled(solve, rho)
    times, (y, steps) = measure(lambda: READY(solve(rho)))
    emit(
        "W2 ensemble, tsit5 1e-6", PEER, "Tsit5, vmap, own steps", times, nfe=int(steps.sum()) * 6, steps=int(steps.sum()),
        error=relative(y, ensemble_end()), compile=first)


# Training

def linear(key, i, o, dtype, std=None):
    if std:
        return std * jax.random.normal(key, (o, i), dtype), jnp.zeros(o, dtype)
    k1, k2 = jax.random.split(key)
    bound = 1 / math.sqrt(i)
    return (
        jax.random.uniform(k1, (o, i), dtype, -bound, bound), jax.random.uniform(k2, (o,), dtype, -bound, bound))


def apply(p, x):
    return x @ p[0].T + p[1]


def doubled(tree):
    return jax.tree_util.tree_map(lambda a: a.astype(jnp.float64) if jnp.issubdtype(a.dtype, jnp.floating) else a, tree)


def flat(tree):
    return np.concatenate([np.asarray(a, dtype=float).ravel() for a in jax.tree_util.tree_leaves(tree)])


def training(case, config, parameters, loss, optimizer, batches, exact):
    """Steps one after another. `loss(parameters, batch) -> (value, steps)`; `exact` is the same for f64."""
    @jax.jit
    def step(p, state, batch):
        (value, steps), g = jax.value_and_grad(loss, has_aux=True)(p, batch)
        update, state = optimizer.update(g, state, p)
        return optax.apply_updates(p, update), state, value, steps
    first = next(batches)
    g = jax.jit(jax.grad(loss, has_aux=True))(parameters, first)[0]
    reference = jax.jit(jax.grad(exact, has_aux=True))(doubled(parameters), doubled(first))[0]
    error = relative(flat(g), flat(reference))
    state = optimizer.init(parameters)
    seconds = compiled(step, parameters, state, first)
    times, counts, begun, warm = [], [], time.perf_counter(), 3
    while len(times) < 200 + warm and (len(times) < warm or goes_on(len(times) - warm, time.perf_counter() - begun)):
        batch = READY(next(batches))
        before = time.perf_counter()
        parameters, state, value, steps = READY(step(parameters, state, batch))
        times.append(time.perf_counter() - before)
        counts.append(int(np.asarray(steps).sum()))
    steps = int(statistics.median(counts[warm:]))
    emit(case, PEER, config, times[warm:], nfe=steps * 6, steps=steps, error=error, compile=seconds)


def w3():
    A, T = jnp.array([[-0.1, 2.0], [-2.0, -0.1]]), jnp.linspace(0.0, 25.0, 1000)
    Y = np.asarray(dfx.diffeqsolve(
        dfx.ODETerm(lambda t, y, a: (y ** 3) @ A), dfx.Dopri8(), 0.0, 25.0, None, jnp.array([2.0, 0.0]),
        saveat=dfx.SaveAt(ts=T), stepsize_controller=controller(1e-9, 1e-10), max_steps=10000).ys)
    net = lambda t, y, p: apply(p[1], jnp.tanh(apply(p[0], y ** 3)))

    def loss_of(own, adjoint, method, rtol, atol, dtype):
        t = jnp.asarray(T[:10], dtype)

        def solve(p, y0):
            s = dfx.diffeqsolve(
                dfx.ODETerm(net), method(), t[0], t[-1], None, y0, args=p, saveat=dfx.SaveAt(ts=t),
                stepsize_controller=controller(rtol, atol), adjoint=adjoint, max_steps=4096)
            return s.ys, s.stats["num_steps"]

        def loss(p, batch):
            if own:
                ys, steps = jax.vmap(lambda y: solve(p, y), out_axes=(1, 0))(batch[0])
            else:
                ys, steps = solve(p, batch[0])
            return jnp.abs(ys - batch).mean(), steps
        return loss
    for adjoint, way in ((CHECKPOINTED, "direct"), (backsolve(1e-7, 1e-9), "adjoint")):
        for own in (False, True):
            rng, keys = np.random.default_rng(0), jax.random.split(jax.random.PRNGKey(0))

            def batches():
                while True:
                    s = rng.choice(990, 20, replace=False)
                    yield jnp.asarray(np.stack([Y[s + i] for i in range(10)]), jnp.float32)
            p = (linear(keys[0], 2, 50, jnp.float32, 0.1), linear(keys[1], 50, 2, jnp.float32, 0.1))
            training(
                "W3 spiral, %s, %s" % (way, "own" if own else "joint"), type(adjoint).__name__, p,
                loss_of(own, adjoint, dfx.Dopri5, 1e-7, 1e-9, jnp.float32),
                optax.rmsprop(1e-3, decay=0.99, eps=1e-8, eps_in_sqrt=False), batches(),
                loss_of(False, CHECKPOINTED, dfx.Dopri8, 1e-11, 1e-12, jnp.float64))


def w4():
    t, observed = lotka_data()
    T, O = jnp.array(t), jnp.array(observed)
    f = lambda t, y, p: jnp.stack([p[0] * y[0] - p[1] * y[0] * y[1], -p[2] * y[1] + p[3] * y[0] * y[1]])
    for method, own in ((dfx.Dopri5, "dopri5"), (dfx.Tsit5, "tsit5")):
        for adjoint, way in (
                (CHECKPOINTED, "direct"), (backsolve(1e-6, 1e-6, method), "adjoint"), (dfx.ForwardMode(), "forward")):
            def loss(p):
                s = dfx.diffeqsolve(
                    dfx.ODETerm(f), method(), 0.0, 20.0, None, jnp.ones(2), args=p, saveat=dfx.SaveAt(ts=T),
                    stepsize_controller=controller(1e-6, 1e-6), adjoint=adjoint, max_steps=4096)
                return ((s.ys - O) ** 2).mean(), s.stats["num_steps"]
            if way == "forward":
                @jax.jit
                def both(p):
                    g, steps = jax.jacfwd(loss, has_aux=True)(p)
                    return (loss(p)[0], steps), g
            else:
                both = jax.jit(jax.value_and_grad(loss, has_aux=True))
            p = jnp.array(RATES)
            first = compiled(both, p)
            times, ((_, steps), g) = measure(lambda: READY(both(p)))
            emit(
                "W4 Lotka-Volterra, %s, %s" % (own, way), PEER, type(adjoint).__name__, times, nfe=int(steps) * 6,
                steps=int(steps), error=relative(g, lotka_gradient()), compile=first)


def w5():
    def hyper(p, t):
        x = jnp.reshape(t, (1,)).astype(p[0][0].dtype)
        q = apply(p[2], jnp.tanh(apply(p[1], jnp.tanh(apply(p[0], x)))))
        return q[:128].reshape(64, 2), q[384:], q[128:256].reshape(64, 2) * jax.nn.sigmoid(q[256:384].reshape(64, 2))

    def closed(t, s, p):
        W, b, U = hyper(p, t)
        h = jnp.tanh(s[0] @ W.T + b)
        return h @ U / 64, -((1 - h * h) @ (U * W).sum(1, keepdims=True)) / 64

    def differentiated(t, s, p):
        W, b, U = hyper(p, t)

        def both(z):
            dz, vjp = jax.vjp(lambda z: jnp.tanh(W @ z + b) @ U / 64, z)
            return dz, -jnp.trace(jax.vmap(vjp)(jnp.eye(2, dtype=z.dtype))[0])[None]
        return jax.vmap(both)(s[0])

    def loss_of(f, adjoint, method, tol):
        def loss(p, x):
            s = dfx.diffeqsolve(
                dfx.ODETerm(f), method(), jnp.asarray(10.0, x.dtype), jnp.asarray(0.0, x.dtype), None,
                (x, jnp.zeros((512, 1), x.dtype)), args=p, stepsize_controller=controller(tol, tol), adjoint=adjoint,
                max_steps=4096)
            z, lp = s.ys[0][-1], s.ys[1][-1]
            logp = -0.5 * (z ** 2).sum(1) / 0.1 - math.log(2 * math.pi * 0.1)
            return -(logp - lp[:, 0]).mean(), s.stats["num_steps"]
        return loss
    for name, f in (("flow", differentiated), ("flow closed form", closed)):
        for adjoint, way in ((backsolve(1e-5, 1e-5), "adjoint"), (CHECKPOINTED, "direct")):
            rng, keys = np.random.default_rng(0), jax.random.split(jax.random.PRNGKey(0), 3)

            def batches():
                while True:
                    yield jnp.asarray(circles(rng))
            p = (
                linear(keys[0], 1, 32, jnp.float32), linear(keys[1], 32, 32, jnp.float32),
                linear(keys[2], 32, 448, jnp.float32))
            training(
                "W5 %s, %s, joint" % (name, way), type(adjoint).__name__, p, loss_of(f, adjoint, dfx.Dopri5, 1e-5),
                optax.adam(1e-3), batches(), loss_of(closed, CHECKPOINTED, dfx.Dopri8, 1e-9))


def w6():
    X, T = (jnp.asarray(a) for a in spirals(np.random.default_rng(0)))
    log_variance = 2 * math.log(0.3)
    latent = lambda t, z, p: apply(p[2], jax.nn.elu(apply(p[1], jax.nn.elu(apply(p[0], z)))))

    def loss_of(adjoint, method, rtol, atol):
        def loss(P, draw):
            flow, encoder, decoder = P
            x, t = X.astype(draw.dtype), T.astype(draw.dtype)

            def cell(h, xi):
                return jnp.tanh(apply(encoder[0], jnp.concatenate([xi, h], 1))), None
            h, _ = jax.lax.scan(cell, jnp.zeros((1000, 25), draw.dtype), x.transpose(1, 0, 2)[::-1])
            q = apply(encoder[1], h)
            mean, lv = q[:, :4], q[:, 4:]
            s = dfx.diffeqsolve(
                dfx.ODETerm(latent), method(), t[0], t[-1], None, mean + draw * jnp.exp(0.5 * lv), args=flow,
                saveat=dfx.SaveAt(ts=t), stepsize_controller=controller(rtol, atol), adjoint=adjoint, max_steps=4096)
            found = apply(decoder[1], jax.nn.relu(apply(decoder[0], s.ys))).transpose(1, 0, 2)
            likelihood = (
                -0.5 * (math.log(2 * math.pi) + log_variance + (x - found) ** 2 / math.exp(log_variance))).sum((1, 2))
            divergence = (-0.5 * lv + (jnp.exp(lv) + mean ** 2) / 2 - 0.5).sum(1)
            return (divergence - likelihood).mean(), s.stats["num_steps"]
        return loss
    for adjoint, way in ((CHECKPOINTED, "direct"), (backsolve(1e-7, 1e-9), "adjoint")):
        k = jax.random.split(jax.random.PRNGKey(0), 8)
        sizes = ((4, 20), (20, 20), (20, 4), (27, 25), (25, 8), (4, 20), (20, 2))
        layers = [linear(k[i], a, b, jnp.float32) for i, (a, b) in enumerate(sizes)]

        def batches(key=k[7]):
            while True:
                key, own = jax.random.split(key)
                yield jax.random.normal(own, (1000, 4), jnp.float32)
        training(
            "W6 latent ODE, %s, joint" % way, type(adjoint).__name__, (layers[:3], layers[3:5], layers[5:]),
            loss_of(adjoint, dfx.Dopri5, 1e-7, 1e-9), optax.adam(1e-2), batches(),
            loss_of(CHECKPOINTED, dfx.Dopri8, 1e-10, 1e-11))


W9 = "W9 geometric Brownian motion, "


def w9():
    def emitted(case, config, run):
        first = compiled(run)
        times, y = measure(lambda: READY(run()))
        emit(W9 + case, PEER, config, times, steps=1000 * 1000, error=relative(y.mean(), math.exp(0.05)), compile=first)

    def paths(motion, adjoint):
        @jax.jit
        def run(key):
            def one(k):
                terms = dfx.MultiTerm(
                    dfx.ODETerm(lambda t, y, a: 0.05 * y), dfx.ControlTerm(lambda t, y, a: 0.2 * y, motion(k)))
                return dfx.diffeqsolve(
                    terms, dfx.Euler(), 0.0, 1.0, 1e-3, jnp.array(1.0), max_steps=1005, adjoint=adjoint).ys[-1]
            return jax.vmap(one)(jax.random.split(key, 1000))
        return lambda: run(jax.random.PRNGKey(0))

    @jax.jit
    def written_out(key):
        def step(y, k):
            return y * (1 + 0.05e-3) + 0.2 * y * math.sqrt(1e-3) * jax.random.normal(k, (1000,)), None
        return jax.lax.scan(step, jnp.ones(1000), jax.random.split(key, 1000))[0]

    tree = lambda k: dfx.VirtualBrownianTree(0.0, 1.0, tol=5e-4, shape=(), key=k)
    emitted("one path whatever the steps", "VirtualBrownianTree, to 5e-4", paths(tree, dfx.RecursiveCheckpointAdjoint()))
    emitted("increments of steps", "UnsafeBrownianPath",
            paths(lambda k: dfx.UnsafeBrownianPath(shape=(), key=k), dfx.DirectAdjoint()))
    emitted("increments of steps", "a loop written by hand in JAX", lambda: written_out(jax.random.PRNGKey(0)))


def w8():
    """Kvaerno5, its steps by the controller that diffrax's manual has for stiff problems. A compiled solve serves all tolerances."""
    for name, rates in W8_RATES.items():
        y0, term = jnp.array(W8[name]["y0"]), dfx.ODETerm(lambda t, y, args: jnp.stack(rates(y)))

        @jax.jit
        def solve(y0, rtol, atol):
            steps = dfx.PIDController(rtol=rtol, atol=atol, pcoeff=0.3, icoeff=0.4)
            s = dfx.diffeqsolve(
                term, dfx.Kvaerno5(), 0.0, W8[name]["t1"], 1e-6, y0, stepsize_controller=steps, max_steps=1000000,
                adjoint=dfx.ForwardMode(), throw=False)
            return s.ys[-1], s.stats["num_steps"], s.result == dfx.RESULTS.successful
        for tol in STIFF_TOLERANCES:
            times, (y, steps, fine) = measure(lambda: READY(solve(y0, tol, w8_atol(name, tol))))
            if fine:
                emit(w8_case(name, "kvaerno5", tol), PEER, "Kvaerno5", times, steps=int(steps), **w8_errors(y, name))
            else:
                fail(w8_case(name, "kvaerno5", tol), PEER, "Kvaerno5", "it did not reach the end")


def cold():
    @jax.jit
    def solve(y0):
        return dfx.diffeqsolve(
            dfx.ODETerm(lorenz), dfx.Tsit5(), 0.0, 20.0, None, y0, args=28.0,
            stepsize_controller=controller(1e-6, 1e-6), max_steps=200000).ys[-1]
    print(float(solve(jnp.ones(3))[0]))


if __name__ == "__main__":
    main(PEER, dict(w1=w1, w2=w2, w3=w3, w4=w4, w5=w5, w6=w6, w8=w8, w9=w9, cold=cold))
