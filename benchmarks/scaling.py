#!/usr/bin/env python3
"""Times Nodal against the size of a problem, and writes SCALING.md: how time grows, and where its growth changes.

    benchmarks/scaling.py                      everything: about 5 minutes
    benchmarks/scaling.py --only state,width   some studies
    benchmarks/scaling.py --nodal PATH         another build

The problems are in scaling/, one constant of each is the size. From each size to the next the slope is log(time ratio) / log(size ratio):
0 where size costs nothing, 1 where it costs in proportion. A slope is marked where it is steeper or flatter than the one before by
half or more.
"""
import argparse
import math
import os
import sys

import run

HERE = os.path.dirname(os.path.abspath(__file__))
STUDIES = [
    ("state", "components of the state: a ring of them, one trajectory, dopri5", 1,
     [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]),
    ("batch", "trajectories: Lorenz systems with their own steps, dopri5", 1,
     [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000]),
    ("width", "width of a network of two hidden layers: a training step on 20 windows, f32", 1,
     [8, 16, 32, 64, 128, 256, 512, 1024]),
    ("observations", "observations on one trajectory: a loss and its gradient by four rates", 1,
     [10, 30, 100, 300, 1000, 3000, 10_000]),
    ("threads", "threads: 10,000 Lorenz systems with their own steps", None, None),
]


def timed(options, name, constants, threads):
    """The medians of a program's benchmarks, in seconds, by title."""
    command = run.nodal(options, "bench", os.path.join(HERE, "scaling", name + ".node"), "--json", "-q", "--threads", str(threads))
    for key, value in constants.items():
        command += ["--set", "%s=%d" % (key, value)]
    found = {line["title"]: line["median"] for line in run.figures(command, dict(os.environ)) if "median" in line}
    return found or sys.exit(" ".join(command))


def rows(sizes, times):
    """Markdown rows: size, time, time for one, slope from the row before."""
    made, last = [], None
    for i, (n, t) in enumerate(zip(sizes, times)):
        slope = ""
        if i > 0:
            own = math.log(t / times[i - 1]) / math.log(n / sizes[i - 1])
            slope = "%.2f" % own
            if last is not None and abs(own - last) >= 0.5:
                slope += " (bends)"
            last = own
        made.append("| %s | %s | %s | %s |" % (format(n, ","), run.duration(t), run.duration(t / n), slope))
    return made


def study(options, name, threads, sizes):
    found = [timed(options, name, dict(n=n), threads) for n in sizes]
    lines = []
    for title in found[0]:
        if len(found[0]) > 1:
            lines += ["", title + ":"]
        lines += ["", "| size | median | of one | slope |", "|--:|--:|--:|--:|"]
        lines += rows(sizes, [result[title] for result in found])
    return lines


def threads_study(options):
    cores = os.cpu_count() or 1
    counts = [n for n in (1, 2, 4, 8, 16, 32) if n <= cores]
    times = [timed(options, "batch", dict(n=10_000), n)["batch"] for n in counts]
    lines = ["", "| threads | median | faster |", "|--:|--:|--:|"]
    return lines + ["| %d | %s | %.2f |" % (n, run.duration(t), times[0] / t) for n, t in zip(counts, times)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(s[0] for s in STUDIES))
    parser.add_argument("--nodal", default=os.path.join(run.ROOT, ".build", "release", "nodal"))
    parser.add_argument("--backend", default="native")
    options = parser.parse_args()
    if not os.access(options.nodal, os.X_OK):
        sys.exit("there is no %s: build it first (./nodal --version)" % options.nodal)
    wanted = options.only.split(",")
    unknown = set(wanted) - {s[0] for s in STUDIES}
    if unknown:
        sys.exit("no study is called %s" % ", ".join(sorted(unknown)))
    lines = ["# How time grows with size", "", "Written by `benchmarks/scaling.py` on: " + run.machine() + ". One thread unless said; medians."]
    for name, about, threads, sizes in STUDIES:
        if name not in wanted:
            continue
        print(name, file=sys.stderr)
        lines += ["", "## " + name.capitalize(), "", about[0].upper() + about[1:] + "."]
        lines += threads_study(options) if sizes is None else study(options, name, threads, sizes)
    report = "\n".join(lines) + "\n"
    print(report)
    if set(wanted) == {s[0] for s in STUDIES}:
        with open(os.path.join(HERE, "SCALING.md"), "w") as file:
            file.write(report)


if __name__ == "__main__":
    main()
