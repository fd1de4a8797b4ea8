"""torchdiffeq: W1 to W7 and the cold start, on one thread; W7 on two.

The error of a training step is that of its gradient at the beginning, against the same in f64 by dopri8 at a tighter tolerance.
"""
import copy

import numpy as np
import torch
import torch.nn as nn
from torchdiffeq import odeint, odeint_adjoint

from common import *

PEER = "torchdiffeq"
torch.set_num_threads(1)
WAYS = ((odeint, "direct"), (odeint_adjoint, "adjoint"))


class Count(nn.Module):
    """Counts evaluations of a right-hand side; one of a batch is one."""
    def __init__(self, f):
        super().__init__()
        self.f, self.n = f, 0

    def forward(self, t, y):
        self.n += 1
        return self.f(t, y)


class Lorenz(nn.Module):
    def __init__(self, rho=28.0):
        super().__init__()
        self.rho = rho

    def forward(self, t, y):
        a, b, c = y.unbind(-1)
        return torch.stack([10.0 * (b - a), a * (self.rho - c) - b, a * b - (8.0 / 3.0) * c], -1)


class Arenstorf(nn.Module):
    def forward(self, t, y):
        a, b, u, v = y.unbind()
        m1 = 1 - MU
        d1 = ((a + MU) ** 2 + b * b) ** 1.5
        d2 = ((a - m1) ** 2 + b * b) ** 1.5
        return torch.stack([
            u, v, a + 2 * v - m1 * (a + MU) / d1 - MU * (a - m1) / d2, b - 2 * u - m1 * b / d1 - MU * b / d2])


class Pleiades(nn.Module):
    def __init__(self):
        super().__init__()
        self.mass = torch.arange(1.0, 8.0, dtype=torch.float64)
        self.eye = torch.eye(7, dtype=torch.float64)

    def forward(self, t, y):
        x, z = y[:7], y[7:14]
        dx, dz = x[None] - x[:, None], z[None] - z[:, None]
        w = self.mass / ((dx * dx + dz * dz + self.eye) ** 1.5)
        return torch.cat([y[14:], (w * dx).sum(1), (w * dz).sum(1)])


def w1():
    for name, F in (("lorenz", Lorenz), ("arenstorf", Arenstorf), ("pleiades", Pleiades)):
        y0 = torch.tensor(W1[name]["y0"], dtype=torch.float64)
        t = torch.tensor([0.0, W1[name]["t1"]], dtype=torch.float64)
        for tol in TOLERANCES:
            for method, own in (("dopri5", "dopri5"), ("dopri8", "dop853")):
                f = Count(F())

                def run():
                    f.n = 0
                    with torch.no_grad():
                        return odeint(f, y0, t, rtol=tol, atol=tol, method=method)[-1]
                times, y = measure(run)
                emit(w1_case(name, own, tol), PEER, method, times, nfe=f.n, error=w1_error(y, name))


def w2():
    f = Count(Lorenz(torch.linspace(0, 28, 10000, dtype=torch.float64)))
    y0, t = torch.ones(10000, 3, dtype=torch.float64), torch.tensor([0.0, 10.0], dtype=torch.float64)

    def run():
        f.n = 0
        with torch.no_grad():
            return odeint(f, y0, t, rtol=1e-6, atol=1e-6, method="dopri5")[-1]
    times, y = measure(run)
    emit(
        "W2 ensemble, dopri5 1e-6", PEER, "dopri5, one state, shared steps", times, nfe=f.n,
        error=relative(y, ensemble_end()))


# Training

def gradient(loss, modules):
    """Of all parameters, as one vector."""
    parameters = [p for m in modules for p in m.parameters()]
    for p in parameters:
        p.grad = None
    loss().backward()
    return np.concatenate([p.grad.double().numpy().ravel() for p in parameters])


def training(case, config, modules, loss, batches, optimizer, exact):
    """Steps one after another; `exact(modules)` gives the first batch's loss for modules in f64."""
    doubles = [copy.deepcopy(m).double() for m in modules]
    first = next(batches)
    error = relative(gradient(lambda: loss(first), modules), gradient(lambda: exact(doubles, first), doubles))
    counter = next((m for module in modules for m in module.modules() if isinstance(m, Count)), Count(None))
    evaluations, times, begun = [], [], time.perf_counter()
    warm = 3
    while len(times) < 200 + warm and (len(times) < warm or goes_on(len(times) - warm, time.perf_counter() - begun)):
        batch = next(batches)
        counter.n = 0
        before = time.perf_counter()
        optimizer.zero_grad()
        loss(batch).backward()
        optimizer.step()
        times.append(time.perf_counter() - before)
        evaluations.append(counter.n)
    emit(case, PEER, config, times[warm:], nfe=int(statistics.median(evaluations[warm:])), error=error)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 2))
        for layer in (self.net[0], self.net[2]):
            nn.init.normal_(layer.weight, std=0.1)
            nn.init.zeros_(layer.bias)

    def forward(self, t, y):
        return self.net(y ** 3)


def w3():
    A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]], dtype=torch.float64)
    T = torch.linspace(0.0, 25.0, 1000, dtype=torch.float64)
    with torch.no_grad():
        Y = odeint(lambda t, y: (y ** 3) @ A, torch.tensor([2.0, 0.0], dtype=torch.float64), T, rtol=1e-9, atol=1e-10)
    T, Y = T.float(), Y.float()
    for solver, way in WAYS:
        torch.manual_seed(0)
        rng, f = np.random.default_rng(0), Count(Net())

        def batches():
            while True:
                s = torch.from_numpy(rng.choice(990, 20, replace=False))
                yield torch.stack([Y[s + i] for i in range(10)])

        def loss(batch):
            found = solver(f, batch[0], T[:10], rtol=1e-7, atol=1e-9, method="dopri5")
            return (found - batch).abs().mean()

        def exact(modules, batch):
            found = odeint(modules[0], batch[0].double(), T[:10].double(), rtol=1e-11, atol=1e-12, method="dopri8")
            return (found - batch.double()).abs().mean()
        training(
            "W3 spiral, %s, joint" % way, solver.__name__, [f], loss, batches(),
            torch.optim.RMSprop(f.parameters(), lr=1e-3), exact)


def w4():
    t, observed = lotka_data()
    T, O = torch.tensor(np.concatenate([[0.0], t])), torch.tensor(observed)

    class Lotka(nn.Module):
        def __init__(self):
            super().__init__()
            self.p = nn.Parameter(torch.tensor(RATES, dtype=torch.float64))

        def forward(self, t, y):
            a, b, c, d = self.p.unbind()
            x, z = y.unbind()
            return torch.stack([a * x - b * x * z, -c * z + d * x * z])
    y0 = torch.ones(2, dtype=torch.float64)
    for solver, way in WAYS:
        f = Count(Lotka())

        def run():
            f.n, f.f.p.grad = 0, None
            found = solver(f, y0, T, rtol=1e-6, atol=1e-6, method="dopri5")[1:]
            ((found - O) ** 2).mean().backward()
            return f.f.p.grad
        times, g = measure(run)
        emit(
            "W4 Lotka-Volterra, dopri5, %s" % way, PEER, solver.__name__, times, nfe=f.n,
            error=relative(g, lotka_gradient()))


class Hyper(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 448))

    def forward(self, t):
        p = self.net(t.reshape(1, 1).to(self.net[0].weight.dtype)).reshape(-1)
        W = p[:128].reshape(64, 2, 1)
        U = p[128:256].reshape(64, 1, 2) * torch.sigmoid(p[256:384].reshape(64, 1, 2))
        return W, p[384:].reshape(64, 1, 1), U


class Flow(nn.Module):
    """The exact trace by automatic differentiation."""
    def __init__(self):
        super().__init__()
        self.hyper = Hyper()

    def forward(self, t, state):
        z = state[0]
        with torch.set_grad_enabled(True):
            z.requires_grad_(True)
            W, B, U = self.hyper(t)
            h = torch.tanh(torch.matmul(z.unsqueeze(0).repeat(64, 1, 1), W) + B)
            dz = torch.matmul(h, U).mean(0)
            trace = 0.0
            for i in range(2):
                trace = trace + torch.autograd.grad(dz[:, i].sum(), z, create_graph=True)[0][:, i]
        return dz, -trace.view(-1, 1)


class FlowClosed(Flow):
    """The trace written out."""
    def forward(self, t, state):
        W, B, U = self.hyper(t)
        h = torch.tanh(torch.matmul(state[0], W) + B)
        return torch.matmul(h, U).mean(0), -((1 - h * h) * torch.matmul(U, W)).mean(0)


def w5():
    for F, name in ((Flow, "flow"), (FlowClosed, "flow closed form")):
        for solver, way in WAYS:
            if F is Flow and way == "direct":
                continue
            torch.manual_seed(0)
            rng, f = np.random.default_rng(0), Count(F())

            def batches():
                while True:
                    yield torch.from_numpy(circles(rng))

            def loss_of(f, x, solver, tol, method):
                T = torch.tensor([10.0, 0.0], dtype=x.dtype)
                z, lp = solver(f, (x, torch.zeros(512, 1, dtype=x.dtype)), T, rtol=tol, atol=tol, method=method)
                logp = -0.5 * (z[-1] ** 2).sum(1) / 0.1 - math.log(2 * math.pi * 0.1)
                return -(logp - lp[-1].view(-1)).mean()

            def exact(modules, x):
                closed = Count(FlowClosed()).double()
                closed.f.hyper = modules[0].f.hyper
                return loss_of(closed, x.double(), odeint, 1e-9, "dopri8")
            training(
                "W5 %s, %s, joint" % (name, way), solver.__name__, [f],
                lambda x: loss_of(f, x, solver, 1e-5, "dopri5"), batches(),
                torch.optim.Adam(f.parameters(), lr=1e-3), exact)


class Latent(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 20), nn.ELU(), nn.Linear(20, 20), nn.ELU(), nn.Linear(20, 4))

    def forward(self, t, z):
        return self.net(z)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(27, 25), nn.Linear(25, 8)

    def forward(self, X):
        h = torch.zeros(X.shape[0], 25, dtype=X.dtype)
        for k in reversed(range(X.shape[1])):
            h = torch.tanh(self.inner(torch.cat([X[:, k], h], 1)))
        return self.outer(h)


def w6():
    X, T = (torch.from_numpy(a) for a in spirals(np.random.default_rng(0)))
    log_variance = 2 * math.log(0.3)

    def loss_of(modules, draw, solver, rtol, atol, method):
        f, encoder, decoder = modules
        x = X.to(draw.dtype)
        q = encoder(x)
        mean, lv = q[:, :4], q[:, 4:]
        z = solver(f, mean + draw * torch.exp(0.5 * lv), T.to(draw.dtype), rtol=rtol, atol=atol, method=method)
        found = decoder(z.permute(1, 0, 2))
        likelihood = (
            -0.5 * (math.log(2 * math.pi) + log_variance + (x - found) ** 2 / math.exp(log_variance))).sum((1, 2))
        divergence = (-0.5 * lv + (torch.exp(lv) + mean ** 2) / 2 - 0.5).sum(1)
        return (divergence - likelihood).mean()

    for solver, way in WAYS:
        torch.manual_seed(0)
        modules = [Count(Latent()), Encoder(), nn.Sequential(nn.Linear(4, 20), nn.ReLU(), nn.Linear(20, 2))]

        def batches():
            while True:
                yield torch.randn(1000, 4)
        training(
            "W6 latent ODE, %s, joint" % way, solver.__name__, modules,
            lambda draw: loss_of(modules, draw, solver, 1e-7, 1e-9, "dopri5"), batches(),
            torch.optim.Adam([p for m in modules for p in m.parameters()], lr=1e-2),
            lambda doubles, draw: loss_of(doubles, draw.double(), odeint, 1e-10, 1e-11, "dopri8"))


class TimeConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(65, 64, 3, 1, 1)

    def forward(self, t, x):
        return self.conv(torch.cat([torch.ones_like(x[:, :1]) * t, x], 1))


class ImageField(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(32, 64) for _ in range(3))
        self.convs = nn.ModuleList(TimeConv() for _ in range(2))

    def forward(self, t, x):
        x = self.convs[0](t, torch.relu(self.norms[0](x)))
        return self.norms[2](self.convs[1](t, torch.relu(self.norms[1](x))))


class Solved(nn.Module):
    def __init__(self, solver):
        super().__init__()
        self.field, self.solver, self.options = Count(ImageField()), solver, dict(rtol=1e-3, atol=1e-3, method="dopri5")

    def forward(self, x):
        return self.solver(self.field, x, torch.tensor([0.0, 1.0], dtype=x.dtype), **self.options)[1]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.GroupNorm(32, 64) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(64, 64, 3, 1, 1) for _ in range(2))

    def forward(self, x):
        y = self.convs[0](torch.relu(self.norms[0](x)))
        return x + self.convs[1](torch.relu(self.norms[1](y)))


def w7():
    torch.set_num_threads(2)

    def network(solver):
        middle = [Solved(solver)] if solver else [Residual() for _ in range(6)]
        return nn.Sequential(
            nn.Conv2d(1, 64, 3), nn.GroupNorm(32, 64), nn.ReLU(), nn.Conv2d(64, 64, 4, 2, 1), nn.GroupNorm(32, 64), nn.ReLU(),
            nn.Conv2d(64, 64, 4, 2, 1), *middle, nn.GroupNorm(32, 64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            nn.Linear(64, 10))

    def loss_of(net, batch):
        return nn.functional.cross_entropy(net(batch[0].to(next(net.parameters()).dtype)), batch[1])

    def exact(net, batch):
        for m in net.modules():
            if isinstance(m, Solved):
                m.solver, m.options = odeint, dict(rtol=1e-6, atol=1e-6, method="dopri8")
        return loss_of(net, batch)
    for solver, case in ((odeint, "ODE-Net, direct"), (odeint_adjoint, "ODE-Net, adjoint"), (None, "residual network")):
        torch.manual_seed(0)
        net = network(solver)

        def batches():
            n = 8  # for the error; in f64 that takes long
            while True:
                yield torch.rand(n, 1, 28, 28), torch.randint(0, 10, (n,))
                n = 128
        training(
            "W7 " + case, solver.__name__ if solver else "PyTorch's own", [net], lambda batch: loss_of(net, batch),
            batches(), torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9), lambda doubles, batch: exact(doubles[0], batch))


def cold():
    t = torch.tensor([0.0, 20.0], dtype=torch.float64)
    with torch.no_grad():
        print(float(odeint(Lorenz(), torch.ones(3, dtype=torch.float64), t, rtol=1e-6, atol=1e-6)[-1, 0]))


if __name__ == "__main__":
    main(PEER, dict(w1=w1, w2=w2, w3=w3, w4=w4, w5=w5, w6=w6, w7=w7, cold=cold))
