#!/usr/bin/env python3
"""Times stiff solvers against the digits that they give, and writes PRECISION.md: work and precision of W8.

    benchmarks/precision.py                    three rounds: about 10 minutes
    benchmarks/precision.py --rounds 1         one
    benchmarks/precision.py --quick            one short round: figures to look at, not to keep
    benchmarks/precision.py --nodal PATH       another build

Solvers at one tolerance are not equally accurate, so times are compared at equal digits. How is said in what is written. At the end is a
list of where Nodal gives fewer digits than it should.
"""
import argparse
import datetime
import math
import os
import statistics
import sys

import run

HERE = os.path.dirname(os.path.abspath(__file__))
METHODS = ["rodas5p", "radau5", "kvaerno5", "bdf", "rosenbrock23"]
BEST = "its best"
DIGITS = [3, 4, 5, 6, 7, 8]
TOLERANCES = ["1e-4", "1e-6", "1e-8", "1e-10"]
# Whose digits a method's should be near.
FAMILIES = [
    (["bdf"], ["CVODES, BDF", "scipy, BDF", "scipy, LSODA"]),
    (["rodas5p", "radau5", "kvaerno5"], ["scipy, Radau"]),
]
NEAR = 0.3
SURE = 12  # Of some references no more digits are certain, and rounding takes what comes behind.
# What methods that remember no earlier steps should give in any case.
ONE_STEP, LEAST = ["rodas5p", "radau5", "kvaerno5", "rosenbrock23"], {"1e-4": 3, "1e-8": 6}
ABOUT = """Each solver solves each problem at four relative tolerances; the absolute tolerance goes with the relative one and is the same for all.
Digits are -log₁₀ of the error of the end state against a published one, relative, in the Euclidean norm. Robertson's problem ends
nearly all in one component, whose error is tiny whatever the others are: there **digits of all** are those of the component that is
least right, and the summary goes by them. Evaluations are of the right-hand side, without those of Jacobians that are given as
formulas; numbalsoda's has none given, and counts differences. diffrax has no counter. SciPy's right-hand sides are Python, so its times
say what Python costs; its digits are what it is here for."""
METHOD = """Time at equal digits: a solver's points (digits, time) of one problem, without those that another of its points beats in both, are
joined by straight lines in the logarithm of time; this is what at least so many digits cost, so left of the first point the time is
that point's. It is read at 3, 4, 5, 6, 7 and 8 digits, where both solvers reach them. A ratio is the geometric mean over these of the
peer's time over Nodal's: above 1, Nodal is faster. The last column is the geometric mean over the problems. **Its best** is the fastest
of Nodal's methods at each number of digits; `rosenbrock23`, of which there is one point a problem, counts there only."""


class Point:
    """One solver at one tolerance. `least` are the digits of the component that is least right, where they are known."""
    def __init__(self, tolerance, evaluations, seconds, error, worst=None):
        self.tolerance, self.evaluations, self.seconds = tolerance, evaluations, seconds
        self.norm, self.least = digits(error), None if worst is None else digits(worst)


def digits(error):
    return -math.log10(max(error, 1e-17))


def by_component(problem):
    return problem.startswith("robertson")


# Measuring

def components(options):
    """The largest relative errors of components that Nodal makes, by title."""
    folder = os.path.join(HERE, "precision")
    command = run.nodal(options, "bench", os.path.join(folder, "components.node"), "--json", "-q", "--threads", "1", "--allow-read", HERE)
    return {line["title"]: line["error"] for line in run.figures(command, dict(os.environ)) if "error" in line}


def curves(found, worst):
    """By problem and by solver, what was measured: points in the order of tolerances."""
    problems = {}
    for case, rows in found.rows.items():
        problem, rest = case[len("W8 "):].split(", ")
        method, tolerance = rest.split(" ")
        for who, figures in rows.items():
            own = who[0] == "Nodal"
            solver = method if own else "%s, %s" % who
            last = figures[-1]
            point = Point(
                tolerance, last.get("evaluations"), found.median(case, who), last["error"],
                (worst.get(case) if own else last["worst"]) if by_component(problem) else None)
            problems.setdefault(problem, {}).setdefault(solver, []).append(point)
    for solvers in problems.values():
        for points in solvers.values():
            points.sort(key=lambda p: -float(p.tolerance))
    return problems


def peers(problems):
    return sorted({s for solvers in problems.values() for s in solvers if s not in METHODS})


# Time at equal digits

def front(problem, points):
    """(digits, logarithm of time), both growing: what no other point beats."""
    pairs = sorted((p.least if by_component(problem) else p.norm, math.log(p.seconds)) for p in points)
    kept = []
    for pair in reversed(pairs):
        if not kept or pair[1] < kept[-1][1]:
            kept.append(pair)
    return kept[::-1]


def log_time(line, wanted):
    """The logarithm of the time for at least so many digits, or nothing where they are not reached."""
    if not line or wanted > line[-1][0]:
        return None
    if wanted <= line[0][0]:
        return line[0][1]
    right = next(i for i, pair in enumerate(line) if wanted <= pair[0])
    (x0, t0), (x1, t1) = line[right - 1], line[right]
    return t0 + (t1 - t0) * (wanted - x0) / (x1 - x0)


class Costs:
    """Of a problem: the time of each solver at each number of digits."""
    def __init__(self, problem, solvers):
        lines = {solver: front(problem, points) for solver, points in solvers.items()}
        self.at = {solver: {n: log_time(line, n) for n in DIGITS} for solver, line in lines.items()}

    def fastest(self, solvers, wanted):
        """(logarithm of time, solver), or nothing where none of them reaches so many digits."""
        times = [(self.at[s][wanted], s) for s in solvers if s in self.at and self.at[s][wanted] is not None]
        return min(times) if times else None

    def ratios(self, theirs, own):
        """By digits, the fastest of theirs over the fastest of Nodal's: (ratio, digits, theirs, Nodal's)."""
        made = []
        for n in DIGITS:
            a, b = self.fastest(theirs, n), self.fastest(own, n)
            if a and b:
                made.append((math.exp(a[0] - b[0]), n, a[1], b[1]))
        return made


def mean(ratios):
    """The geometric one."""
    return math.exp(sum(math.log(r) for r in ratios) / len(ratios)) if ratios else None


def ratio_text(value):
    return "" if value is None else ("%.0f" if value >= 10 else "%.2f") % value


# Telling

def rows_of(*rows):
    return ["| " + " | ".join(row) + " |" for row in rows]


def problem_table(problem, solvers, others):
    lines = ["### " + problem, ""]
    head = ["solver", "rtol", "evaluations", "time", "digits"] + (["digits of all"] if by_component(problem) else [])
    lines += rows_of(head, ["---"] + ["--:"] * (len(head) - 1))
    for solver in METHODS + others:
        for point in solvers.get(solver, []):
            row = [("Nodal, " if solver in METHODS else "") + solver, point.tolerance]
            row += ["" if point.evaluations is None else format(point.evaluations, ","), run.duration(point.seconds), "%.1f" % point.norm]
            if by_component(problem):
                row.append("" if point.least is None else "%.1f" % point.least)
            lines += rows_of(row)
    return lines + [""]


def summary(costs, others):
    """Each peer beside each of Nodal's methods, and its best."""
    lines = rows_of(["peer", "Nodal"] + list(costs) + ["all"], ["---", "---"] + ["--:"] * (len(costs) + 1))
    for peer in others:
        for name, own in [(BEST, METHODS)] + [(m, [m]) for m in METHODS[:-1]]:
            ratios = [mean([r[0] for r in cost.ratios([peer], own)]) for cost in costs.values()]
            overall = mean([r for r in ratios if r is not None])
            if overall is not None:
                lines += rows_of([peer, name] + [ratio_text(r) for r in ratios] + [ratio_text(overall)])
    return lines + [""]


def against_the_best(costs, others):
    """Nodal's best beside the best peer: in the middle, and where it does worst. Where the compiled peers end, SciPy is the best, by far the slower:
    a mean would tell of little else."""
    lines = rows_of(["problem", "median", "worst", "at digits", "peer", "Nodal"], ["---", "--:", "--:", "--:", "---", "---"])
    for problem, cost in costs.items():
        found = cost.ratios(others, METHODS)
        if found:
            ratio, n, peer, own = min(found)
            lines += rows_of([problem, ratio_text(statistics.median(r[0] for r in found)), ratio_text(ratio), str(n), peer, own])
    return lines + [""]


# What digits should be

def digits_by_measure(problem, points):
    """By tolerance, for each measure of the error, its digits."""
    found = [("", {p.tolerance: p.norm for p in points})]
    if by_component(problem):
        found.append((" of all components", {p.tolerance: p.least for p in points if p.least is not None}))
    return found


def behind_family(problem, solvers):
    for methods, relatives in FAMILIES:
        for method in methods:
            for index, (measure, own) in enumerate(digits_by_measure(problem, solvers.get(method, []))):
                for tolerance, has in own.items():
                    theirs = [(digits_by_measure(problem, solvers[s])[index][1].get(tolerance), s) for s in relatives if s in solvers]
                    most, best = max((pair for pair in theirs if pair[0] is not None), default=(0, ""))
                    if has < min(most, SURE) - NEAR:
                        yield "%s, %s at %s: %.1f digits%s; %s has %.1f" % (problem, method, tolerance, has, measure, best, most)


def below_least(problem, solvers):
    for method in ONE_STEP:
        for measure, own in digits_by_measure(problem, solvers.get(method, [])):
            for tolerance, least in LEAST.items():
                if own.get(tolerance, least) < least:
                    yield "%s, %s at %s: %.1f digits%s, below %d" % (problem, method, tolerance, own[tolerance], measure, least)


def unfinished(problem, solvers):
    for method in METHODS:
        there = [point.tolerance for point in solvers.get(method, [])]
        for tolerance in TOLERANCES if method != "rosenbrock23" else TOLERANCES[:1]:
            if tolerance not in there:
                yield "%s, %s at %s: it did not reach the end" % (problem, method, tolerance)


def violations(problems):
    checks = (unfinished, below_least, behind_family)
    return [text for problem, solvers in problems.items() for check in checks for text in check(problem, solvers)]


def report(problems):
    others = peers(problems)
    costs = {problem: Costs(problem, solvers) for problem, solvers in problems.items()}
    lines = ["## Summary", "", METHOD, ""] + summary(costs, others)
    lines += ["Nodal's best beside the best peer at each number of digits: the median over these, and the worst.", ""]
    lines += against_the_best(costs, others)
    lines += ["## Digits that are missing", "", (
        "`bdf` should have no fewer digits than the best of CVODES' BDF and SciPy's BDF and LSODA at the same tolerance, less %.1f; `rodas5p`, `radau5` and "
        "`kvaerno5` no fewer than SciPy's Radau, less the same. More than %d are as good as %d: the references are not surer. Methods of one step "
        "should have at least 3 at 1e-4, and 6 at 1e-8." % (NEAR, SURE, SURE)), ""]
    lines += ["- " + text for text in violations(problems)] or ["None are."]
    lines += ["", "## All figures", ""]
    for problem, solvers in problems.items():
        lines += problem_table(problem, solvers, others)
    return lines


def heading(options, rounds, load, tools, missing):
    lines = ["# Work and precision", "", "Made by `benchmarks/precision.py` on %s: %s, one thread." % (
        datetime.date.today().isoformat(), "one round" if rounds == 1 else "medians of %d rounds" % rounds), "", ABOUT, "",
        "- Machine: %s; load %s when it began." % (run.machine(), ", ".join("%.1f" % v for v in load)),
        "- Versions: %s." % run.versions(options, tools)]
    if load[0] > 0.5 * os.cpu_count():
        lines.append("- The machine was busy with other work, which slows some programs far more than others: **the figures are provisional**.")
    return lines + ["- Without %s: %s" % (name, why) for name, why in missing.items()] + [""]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--no-install", action="store_true", help="only with the tools that are there")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--backend", default="native", choices=["native", "reference"])
    parser.add_argument("--nodal", default=os.path.join(run.ROOT, ".build", "release", "nodal"), help="the built command")
    parser.add_argument("--out", default=os.path.join(HERE, "PRECISION.md"))
    options = parser.parse_args()
    if not os.access(options.nodal, os.X_OK):
        sys.exit("there is no %s: build it first (./nodal --version)" % options.nodal)
    tools, missing = run.available([tool for tool in run.TOOLS if "w8" in tool.workloads], not options.no_install)
    rounds = 1 if options.quick else options.rounds
    environment = dict(run.ENVIRONMENT, BENCH_SECONDS="0.1" if options.quick else "0.4")
    load = os.getloadavg()
    found = run.run_workload("w8", options, tools, rounds, environment)
    lines = report(curves(found, components(options)))
    print("\n".join(lines))
    if options.quick:
        run.say("not measured for long: %s stays as it is" % os.path.basename(options.out))
        return
    with open(options.out, "w") as file:
        file.write("\n".join(heading(options, rounds, load, tools, missing) + lines).rstrip() + "\n")
    run.say("written: " + options.out)


if __name__ == "__main__":
    main()
