#!/usr/bin/env python3
"""Times Nodal and other tools on the same problems, in turns, and writes RESULTS.md.

    benchmarks/run.py                     everything: about 20 minutes
    benchmarks/run.py --only W1,W4        some workloads (W1 to W9, cold)
    benchmarks/run.py --quick             one short round: figures to look at, not to keep
    benchmarks/run.py --no-install        with the tools that are there

Tools in Python are installed in benchmarks/.venv; those in C and C++ are compiled where their headers are (Debian: libboost-dev,
libsundials-dev). One that can't be had is named, and left out. Each program runs on one thread (W7: two). Of each figure the median over the
rounds is taken; in a round the programs follow one another, so that what else the machine does meets all of them.
"""
import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PEERS = os.path.join(HERE, "peers")
VENV = os.path.join(HERE, ".venv")
MADE = os.path.join(HERE, ".build")
PYTHON = os.path.join(VENV, "bin", "python")
WORKLOADS = ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9"]
THREADS = dict(w7=2)  # one, where nothing else is said
ABOUT = dict(
    w1="one trajectory, its final state; the error is relative, against a solution in quadruple precision",
    w2="10,000 Lorenz systems, each with its own steps but for torchdiffeq; the error is that of all final states",
    w3="a training step on 20 windows of the cubic spiral, f32; the error of this and the following is the gradient's, "
       "against the same program in f64 at a tight tolerance",
    w4="loss and gradient of a Lotka-Volterra fit by four rates, f64",
    w5="a training step of a continuous normalizing flow on a batch of 512, f32",
    w6="a training step of a latent ODE on 1000 spirals, f32",
    w7="a training step of an ODE-Net and of a residual network on 128 images, f32, **two threads**; errors are large "
       "because the tolerance is 1e-3, and PyTorch's are of 8 images",
    w8="stiff problems at four tolerances, final states; errors are relative, in the Euclidean norm. Robertson's problem ends nearly all in one "
       "component, and the norm sees little else: `precision.py` looks at all components, and at times for the same digits",
    w9="1000 paths of geometric Brownian motion, 1000 steps of Euler and Maruyama each, f64; the error is that of the mean at the end, "
       "of 1000 paths (its standard deviation is 6e-3)",
    cold="a new process, to the first Lorenz result and its end")


class Tool:
    """A peer: how it is had, and how its workloads are run."""
    def __init__(self, name, workloads, packages=(), source=None, compiler=None, libraries=(), pinned=False):
        self.name, self.workloads, self.packages = name, workloads, packages
        self.source, self.compiler, self.libraries, self.pinned = source, compiler, libraries, pinned

    @property
    def command(self):
        if self.compiler:
            return [os.path.join(MADE, os.path.splitext(self.source)[0])]
        command = [PYTHON, os.path.join(PEERS, self.source)]
        return pinned(command) if self.pinned else command

    @property
    def modules(self):
        return [p.split("=")[0].split(";")[0] for p in self.packages]


TOOLS = [
    Tool("Boost.odeint", ["w1", "w2", "cold"], source="with_odeint.cpp",
         compiler=["g++", "-O3", "-march=native", "-std=c++17", "-w"]),
    Tool("CVODES", ["w1", "w4", "w8", "cold"], source="with_cvodes.c", compiler=["gcc", "-O3", "-march=native", "-w"],
         libraries=["sundials_cvodes", "sundials_nvecserial", "sundials_sunmatrixdense", "sundials_sunlinsoldense",
                    "sundials_sunnonlinsolfixedpoint", "m"]),
    Tool("heyoka", ["w1", "w2", "cold"], ["heyoka"], "with_heyoka.py"),
    Tool("numbalsoda", ["w1", "w2", "w8", "cold"], ["numba", "numbalsoda"], "with_numbalsoda.py"),
    Tool("torchsde", ["w9"], ["torch", "torchsde"], "with_torchsde.py"),
    Tool("diffrax", [w for w in WORKLOADS if w != "w7"] + ["cold"], ["jax", "diffrax", "optax"], "with_diffrax.py", pinned=True),
    Tool("torchdiffeq", [w for w in WORKLOADS if w not in ("w8", "w9")] + ["cold"], ["torch", "torchdiffeq"], "with_torchdiffeq.py"),
    Tool("scipy", ["w1", "w8", "cold"], ["scipy"], "with_scipy.py"),
]
# Ways to have a package that is not simply asked for, tried in turn. Torch's own index has builds without CUDA, which are smaller.
WAYS = dict(torch=[["--index-url", "https://download.pytorch.org/whl/cpu", "--retries", "0", "--timeout", "20"], []])
ENVIRONMENT = dict(
    os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")


def say(text):
    print(text, file=sys.stderr, flush=True)


def pinned(command):
    """XLA takes as many threads as it may run on; where they can't be limited, it takes them all."""
    if not shutil.which("taskset"):
        return command
    return ["taskset", "-c", str(min(os.sched_getaffinity(0)))] + command


def succeeds(command, **more):
    try:
        found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    except OSError as error:
        return False, str(error)
    return found.returncode == 0, (found.stdout.strip().splitlines() or [""])[-1]


# Having the tools

def install(tools):
    """Those that can be had, and why the others can't."""
    missing = {}
    if not os.path.exists(PYTHON):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [PYTHON, "-m", "pip", "install", "-q"]
    succeeds(pip + ["numpy", "scipy"])
    for tool in tools:
        for package in tool.packages:
            if succeeds([PYTHON, "-c", "import " + package])[0]:
                continue
            tries = [succeeds(pip + [package] + way) for way in WAYS.get(package, [[]])]
            fine, last = tries[-1]
            if not any(fine for fine, _ in tries):
                missing[tool.name] = "pip install %s: %s" % (package, last)
    return missing


def build(tool):
    """Compiles a program in C or C++."""
    if not shutil.which(tool.compiler[0]):
        return "there is no " + tool.compiler[0]
    fine, last = succeeds(
        tool.compiler + ["-I", MADE, os.path.join(PEERS, tool.source), "-o", tool.command[0]]
        + ["-l" + name for name in tool.libraries])
    return None if fine else last


def available(tools, installs):
    """The tools that can run, and what is said of the others."""
    missing = install(tools) if installs else {}
    os.makedirs(MADE, exist_ok=True)
    if os.path.exists(PYTHON):
        fine, last = succeeds([PYTHON, os.path.join(PEERS, "common.py")])
        if not fine:
            sys.exit("the reference values can't be made: " + last)
    else:
        sys.exit("there is no benchmarks/.venv: run without --no-install once")
    for tool in tools:
        if tool.compiler:
            why = build(tool)
        else:
            fine, last = succeeds([PYTHON, "-c", "import " + ", ".join(tool.modules)])
            why = None if fine else last
        if why:
            missing.setdefault(tool.name, why)
    for name, why in missing.items():
        say("without %s: %s" % (name, why))
    return [tool for tool in tools if tool.name not in missing], missing


# Running

def figures(command, environment):
    """The lines of JSON that a program writes."""
    try:
        found = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=1800)
    except (OSError, subprocess.TimeoutExpired) as error:
        say("%s: %s" % (" ".join(command), error))
        return []
    lines = []
    for line in found.stdout.splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            pass
    if found.returncode:
        say("%s: status %d %s" % (" ".join(command[-2:]), found.returncode, found.stderr.strip()[-300:]))
    return lines


class Figures:
    """What was measured, by case and by who was measured."""
    def __init__(self):
        self.rows = {}

    def add(self, case, who, config, figure):
        self.rows.setdefault(case, {}).setdefault((who, config), []).append(figure)

    def median(self, case, who):
        return statistics.median(f["median"] for f in self.rows[case][who])

    def error(self, case, who):
        return self.rows[case][who][-1].get("error")


def nodal(options, *arguments, backend=None):
    return [options.nodal] + list(arguments) + ["--backend", backend or options.backend]


def run_workload(name, options, tools, rounds, environment):
    found = Figures()
    for turn in range(rounds):
        say("%s, round %d of %d" % (name.upper(), turn + 1, rounds))
        command = nodal(options, "bench", os.path.join(HERE, name + ".node"), "--json", "-q", "--threads", str(THREADS.get(name, 1)))
        for line in figures(command, dict(environment, NODAL_CACHE="")):
            if line.get("kind") == "bench" and "median" in line:
                found.add(line["title"], "Nodal", "", line)
            elif line.get("kind") in ("bench", "diagnostic"):
                say("Nodal: " + json.dumps(line)[:300])
        for tool in tools:
            if name not in tool.workloads:
                continue
            limits = {k: str(THREADS.get(name, 1)) for k in environment if k.endswith("_NUM_THREADS")}
            arguments = [name] + ([os.path.join(MADE, "w2.bin")] if name == "w2" and tool.compiler else [])
            for line in figures(tool.command + arguments, dict(environment, **limits)):
                if "failure" in line:
                    say("%s, %s: %s" % (tool.name, line["case"], line["failure"]))
                else:
                    found.add(line["case"], tool.name, line["config"], line)
    return found


def run_cold(options, tools, rounds, environment):
    """Whole processes; the first round, which finds nothing in the disk's cache, is not counted."""
    found = Figures()
    run = ["run", os.path.join(HERE, "cold.node"), "-q"]
    jobs = [("Nodal", "interpreted", nodal(options, *run, backend="reference"), {})]
    if options.backend == "native":
        jobs = [("Nodal", "machine code from the cache", nodal(options, *run), {}),
                ("Nodal", "machine code made", nodal(options, *run), dict(NODAL_CACHE=""))] + jobs
    for tool in tools:
        if "cold" in tool.workloads:
            jobs.append((tool.name, "compiled beforehand" if tool.compiler else "", tool.command + ["cold"], {}))
    for turn in range(max(3, rounds) + 1):
        for who, config, command, more in jobs:
            before = time.perf_counter()
            fine, last = succeeds(command, env=dict(environment, **more))
            seconds = time.perf_counter() - before
            if not fine:
                say("%s: %s" % (who, last))
            elif turn:
                found.add("cold", who, config, dict(median=seconds))
    return found


# Telling

def duration(seconds):
    for limit, scale, unit in ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (float("inf"), 1, "s")):
        if seconds < limit:
            return "%.3g %s" % (seconds * scale, unit) if seconds * scale < 1000 else "%.0f %s" % (seconds * scale, unit)


def small(error):
    return "" if error is None else "%.1e" % error


def table(found):
    """A line for each peer beside the Nodal bench that it is compared with."""
    lines = ["| workload | Nodal | error | peer | time | error | peer / Nodal |", "|---|--:|--:|---|--:|--:|--:|"]
    for case, rows in found.rows.items():
        own = [who for who in rows if who[0] == "Nodal"]
        base = found.median(case, own[0]) if own else None
        name = case + (", " + own[0][1] if own and own[0][1] else "")
        first = [name, duration(base), small(found.error(case, own[0]))] if own else [name, "", ""]
        others = [who for who in rows if who not in own[:1]]
        for who in sorted(others, key=lambda w: found.median(case, w)):
            seconds = found.median(case, who)
            ratio = "%.2f" % (seconds / base) if base else ""
            if base and seconds / base >= 10:
                ratio = "%.0f" % (seconds / base)
            name = who[0] + (", " + who[1] if who[1] else "")
            lines.append("| " + " | ".join(first + [name, duration(seconds), small(found.error(case, who)), ratio]) + " |")
            first = ["", "", ""]
        if not others:
            lines.append("| " + " | ".join(first + ["", "", "", ""]) + " |")
    return "\n".join(lines)


def machine():
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            name = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return "%s, %d cores, %s %s" % (name, os.cpu_count(), platform.system(), platform.release())


def versions(options, tools):
    found = []
    fine, last = succeeds([options.nodal, "--version"])
    fine, commit = succeeds(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"])
    found.append("%s%s, backend %s" % (last, " (" + commit + ")" if fine else "", options.backend))
    code = "import importlib.metadata as m, sys; print(', '.join(p + ' ' + m.version(p) for p in sys.argv[1:]))"
    for tool in tools:
        if tool.compiler:
            found.append(tool.name + " " + header_version(tool.name))
        else:
            found.append(succeeds([PYTHON, "-c", code] + tool.modules)[1])
    for compiler in ("g++", "gcc"):
        if any(tool.compiler and tool.compiler[0] == compiler for tool in tools):
            found.append("%s %s" % (compiler, succeeds([compiler, "-dumpfullversion"])[1]))
    found.append("Python %s" % platform.python_version())
    return "; ".join(found)


def header_version(name):
    """As a library's own header says it."""
    header, macro = {
        "Boost.odeint": ("boost/version.hpp", "BOOST_LIB_VERSION"),
        "CVODES": ("sundials/sundials_config.h", "SUNDIALS_VERSION")}[name]
    found = succeeds(["gcc", "-E", "-P", "-x", "c", "-"], input="#include <%s>\n%s\n" % (header, macro))[1]
    return found.strip('"').replace("_", ".")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", help="workloads, parted by commas: W1,W4,cold")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--no-install", action="store_true", help="only with the tools that are there")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backend", default="native", choices=["native", "reference"])
    parser.add_argument("--nodal", default=os.path.join(ROOT, ".build", "release", "nodal"), help="the built command")
    parser.add_argument("--out", default=os.path.join(HERE, "RESULTS.md"))
    options = parser.parse_args()
    wanted = [w.strip().lower() for w in options.only.split(",")] if options.only else WORKLOADS + ["cold"]
    unknown = [w for w in wanted if w not in WORKLOADS + ["cold"]]
    if unknown:
        parser.error("there is no workload %s; there are %s, cold" % (", ".join(unknown), ", ".join(WORKLOADS).upper()))
    if not os.access(options.nodal, os.X_OK):
        sys.exit("there is no %s: build it first (./nodal --version)" % options.nodal)
    tools, missing = available(TOOLS, not options.no_install)
    rounds = 1 if options.quick else options.rounds
    environment = dict(ENVIRONMENT, BENCH_SECONDS="0.5" if options.quick else "2")
    load = os.getloadavg()
    parts = []
    for name in wanted:
        if name == "cold":
            found = run_cold(options, tools, rounds, environment)
        else:
            found = run_workload(name, options, tools, rounds, environment)
        title = name.upper() if name != "cold" else "Cold start"
        parts.append("## %s\n\n%s.\n\n%s\n" % (title, ABOUT[name][0].upper() + ABOUT[name][1:], table(found)))
        print(parts[-1], flush=True)
    if options.quick or options.only:
        say("not all was measured, or not for long: %s stays as it is" % os.path.basename(options.out))
        return
    with open(options.out, "w") as file:
        file.write("# Results\n\nMade by `benchmarks/run.py` on %s: %s, one thread but for W7. Ratios are the peer's time over "
                   "Nodal's: above 1, Nodal is faster. What is compared is not always equally accurate: look at the errors "
                   "beside the times.\n\n" % (
                       datetime.date.today().isoformat(), "one round" if rounds == 1 else "medians of %d rounds" % rounds))
        file.write("- Machine: %s; load %s when it began.\n- Versions: %s.\n" % (
            machine(), ", ".join("%.1f" % v for v in load), versions(options, tools)))
        if load[0] > 0.5 * os.cpu_count():
            file.write("- The machine was busy with other work, which slows some programs far more than others: **the figures are "
                       "provisional**.\n")
        for name, why in missing.items():
            file.write("- Without %s: %s\n" % (name, why))
        file.write("\n" + "\n".join(parts))
    say("written: " + options.out)


if __name__ == "__main__":
    main()
