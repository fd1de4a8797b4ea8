"""torchsde: W9, on one thread."""
import torch
import torchsde

from common import *

torch.set_num_threads(1)


class Growth(torch.nn.Module):
    noise_type, sde_type = "diagonal", "ito"

    def f(self, t, y):
        return 0.05 * y

    def g(self, t, y):
        return 0.2 * y


def w9():
    y0, t = torch.ones(1000, 1, dtype=torch.float64), torch.tensor([0.0, 1.0], dtype=torch.float64)

    def run():
        with torch.no_grad():
            return torchsde.sdeint(Growth(), y0, t, method="euler", dt=1e-3)[-1]
    times, y = measure(run)
    emit("W9 geometric Brownian motion, one path whatever the steps", "torchsde", "euler, BrownianInterval", times,
         steps=1000 * 1000, error=relative(y.mean(), math.exp(0.05)))


if __name__ == "__main__":
    main("torchsde", dict(w9=w9))
