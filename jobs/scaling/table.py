"""The tables of jobs/scaling.sh: table.py FOLDER ROOT [--NAME VALUE ...], names as in jobs/scaling.sh's usage.

Reads FOLDER/reports/*.json and FOLDER/machine.txt, writes FOLDER/runs.tsv and FOLDER/table.md, prints the table.
"""
import argparse
import pathlib
import sys

import model
import reports
import structures

MEASURED, MODELLED = "measured", "modelled"
TITLES = {"fashion-mnist": "Fashion-MNIST", "generated": "Generated", "generated-eighth": "Generated, an eighth"}


class Page:
    """Plain text and Markdown of the same."""

    def __init__(self):
        self.plain, self.markdown = [], []

    def heading(self, text, mark):
        self.plain += ["", f"{text} ({mark})", ""]
        self.markdown += [f"### {text} ({mark})", ""]

    def table(self, head, rows):
        rows = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        for row in [head, *rows]:
            cells = [cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths))]
            self.plain.append("  ".join(cells).rstrip())
        self.markdown += ["| " + " | ".join(row) + " |" for row in [head, *rows]]
        self.markdown.insert(-len(rows), "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|")
        self.plain.append("")
        self.markdown.append("")

    def lines(self, lines):
        lines = list(lines)
        self.plain += [f"  {line}" for line in lines] + [""]
        self.markdown += [f"- {line}" for line in lines] + [""]

    def text(self, text):
        self.plain += [text, ""]
        self.markdown += [text, ""]


def over_ranks(page, part, runs):
    first = runs[0]
    page.heading(f"{TITLES[part]}: {first.points:,} points, k = {first.neighbors}, over ranks", MEASURED)

    def against(value):
        return value if first.ranks == 1 else "-"

    page.table(
        ["ranks", "10^6 distance evaluations", "over 1 rank's", "ranks searched", "recall", "less 1 rank's",
         "points, largest / mean", "edges, largest / mean", "ghosts", "ghosts, largest rank"],
        [[run.ranks, f"{run.evaluations / 1e6:.1f}", against(f"{run.evaluations / first.evaluations:.2f}"),
          f"{run.searched:.2f}", f"{run.recall:.4f}", against(f"{run.recall - first.recall:+.4f}"),
          f"{run.points_imbalance:.3f}", f"{run.edges_imbalance:.3f}", f"{run.ghosts:,}", f"{run.ghosts_largest:,}"]
         for run in runs])

    def kilobytes(value):
        return "-" if value is None else f"{value / 1e3:,.1f}"

    page.table(
        ["ranks", "kB a rank and iteration", "of them ghosts", "grid strips", "FFT transposes", "rest",
         "whole embedding, kB", "whole grid, kB", "grid shared as", "peak MB, largest rank", "smallest"],
        [[run.ranks, kilobytes(run.bytes), *(kilobytes(run.kinds.get(kind)) for kind in ("ghosts", "grid", "transposes")),
          kilobytes(run.bytes - sum(run.kinds.values()) if run.kinds else None), kilobytes(8 * run.points),
          kilobytes(run.grid_bytes), run.sharing, f"{max(run.memory) / 1e6:.0f}", f"{min(run.memory) / 1e6:.0f}"]
         for run in runs])
    if part != "generated-eighth":
        goals(page, {run.ranks: run for run in runs})


def goals(page, runs):
    """What these counters should keep to, as far as the ranks were run that it is about."""
    lines = []

    def goal(text, value, holds):
        lines.append(f"{text}: {value}, {'held' if holds else 'MISSED'}")

    one = runs.get(1)
    if one and 16 in runs:
        ratio = runs[16].evaluations / one.evaluations
        goal("distance evaluations at 16 ranks at most 1.5 times those at 1", f"{ratio:.2f}", ratio <= 1.5)
    if 32 in runs:
        goal("ranks searched at 32 at most 4", f"{runs[32].searched:.2f}", runs[32].searched <= 4)
    if one:
        less = one.recall - min(run.recall for run in runs.values())
        goal("recall at most 0.005 under 1 rank's", f"{less:.4f}", less <= 0.005)
    for what, most in (("points", 1.10), ("edges", 1.25)):
        worst = max(getattr(run, f"{what}_imbalance") for run in runs.values())
        goal(f"{what} of the largest rank at most {most:.2f} times the mean", f"{worst:.3f}", worst <= most)
    page.lines(lines)


def times(page, runs, machine):
    one, two = runs["times-1"], runs["times-2"]
    page.heading(f"{one.points:,} generated points, {one.iterations} iterations, 1 thread a rank, on {machine}", MEASURED)

    def row(title, a, b):
        return [title, f"{a:.2f}", f"{b:.2f}", f"{a / b:.2f}" if b else "-"]

    rows = [row(name, stage.seconds, two.seconds(name)) for name, stage in one.stages.items()]
    rows.append(row("all", one.seconds(*one.stages), two.seconds(*two.stages)))
    rows.append(row("peak MB, largest rank", max(one.memory) / 1e6, max(two.memory) / 1e6))
    page.table(["seconds", "1 rank", "2 ranks", "ratio"], rows)
    lines = []
    for title, stage in (("neighbours", "neighbors"), ("iterations", "optimize")):
        ratio = one.seconds(stage) / two.seconds(stage)
        lines.append(f"{title} with 2 ranks at least 1.8 times as fast: {ratio:.2f}, {'held' if ratio >= 1.8 else 'MISSED'}")
    peaks = [max(run.memory) / 1e6 for run in (one, two)]
    lines.append(f"peak memory of a rank falls with ranks: {peaks[0]:.0f} to {peaks[1]:.0f} MB, "
                 f"{'held' if peaks[1] < peaks[0] else 'MISSED'}")
    page.lines(lines)


def predict(page, runs, options):
    constants = structures.read_structures(options.root, runs["times-1"].neighbors)
    rates = model.fit_rates(*(runs[f"times-{name}"] for name in ("1", "2", "eighth", "few")))
    laws = model.fit_laws(runs, constants)
    network = model.Network(options.bandwidth * 1e9, options.latency * 1e-6, options.ranks_per_node)
    predicted = model.Model(rates, laws, constants, network)
    points, ranks, iterations = options.target_points, options.target_ranks, options.target_iterations

    page.heading("Rates of a core here", f"{MEASURED}, or {MODELLED} where it says so")
    page.table(["what", "ns", ""], [
        ["neighbours, per distance evaluation, routing left out", f"{rates.evaluation * 1e9:.2f}", MEASURED],
        ["routing, per distance from a cell", f"{rates.routing * 1e9:.2f}", MEASURED],
        ["partition, per point and level", f"{rates.placing * 1e9:.2f}", MEASURED],
        ["affinities, per stored edge", f"{rates.affinity_edge * 1e9:.2f}", MEASURED],
        ["attraction, per edge and iteration", f"{rates.edge * 1e9:.3f}", MODELLED],
        ["field and step, per point and iteration", f"{rates.point * 1e9:.2f}", MODELLED],
        ["transforms, per padded cell, log2(cells) and iteration", f"{rates.cell * 1e9:.3f}", MODELLED]])
    page.text(f"The modelled ones are what six measured pieces of three runs come to, which they give within {rates.worst:.0%}. "
              f"Two cores at work slow an iteration's work {rates.sharing:.2f}-fold (measured); the model takes that for every "
              "node.")

    page.heading("Growth with ranks and points, fitted to measured counters", MODELLED)

    def law_row(title, law):
        return [title, str(law), law.runs or "none: the worst case", f"{law.worst:.0%}"]

    page.table(["what", "law", "runs", "largest error"], [
        law_row("distance evaluations of a point, routing left out", laws.evaluations),
        law_row("distances of a point from each cell of another rank, to route it", laws.routing),
        law_row("ranks searched beyond its own", laws.more_ranks),
        law_row("ghosts over own points", laws.ghosts),
        law_row("cells of the grid, padding included", laws.cells),
        law_row("share of the grid in a rank's strips", laws.cover),
        ["peak bytes of a rank", f"{laws.base_memory:.3g} + {laws.neighbor_memory:.3g} x ranks on its node + {laws.point_memory:.0f} x points + "
         f"{laws.ghost_memory:.0f} x ghosts",
         "all", f"{laws.memory_worst:.0%}"]])

    page.text("Cells are taken to grow at least as the points do: embeddings of a fixed number of iterations have settled less "
              "the larger they are.")

    page.heading(f"{points:,} points on {ranks:,} ranks, {iterations} iterations", MODELLED)
    page.text(f"Network, as stated: {options.bandwidth:g} GB/s a node, {options.latency:g} us a message, "
              f"{options.ranks_per_node} ranks a node. No overlap of work and messages; every rank has something for every "
              "other; files are left out.")
    terms = predicted.terms(points, ranks, iterations)
    total = sum(term.seconds for term in terms)
    stages = list(dict.fromkeys(term.stage for term in terms))
    rows = []
    for stage in [*stages, "all"]:
        kinds = [sum(term.seconds for term in terms if term.kind == kind and stage in (term.stage, "all"))
                 for kind in ("work", "bytes", "messages")]
        rows.append([stage, *(f"{seconds:.2f}" for seconds in kinds), f"{sum(kinds):.2f}", f"{sum(kinds) / total:.0%}"])
    page.table(["seconds", "work", "bytes", "messages", "in all", "share"], rows)

    sent = predicted.bytes_per_iteration(points, ranks)
    memory = predicted.memory(points, ranks)
    page.table(["a rank", "MB"], [
        *([f"sent in an iteration: {kind}", f"{value / 1e6:.2f}"] for kind, value in sent.items()),
        ["sent in an iteration, in all", f"{sum(sent.values()) / 1e6:.2f}"],
        ["the whole embedding, to compare", f"{8 * points / 1e6:.2f}"],
        ["the whole grid, to compare", f"{predicted.cells(points) / 1e6:.2f}"],
        *([f"peak memory: {what}", f"{value / 1e6:.1f}"] for what, value in memory.items()),
        ["peak memory, in all", f"{sum(memory.values()) / 1e6:.1f}"]])

    page.heading(f"What breaks first, with {points:,} points", MODELLED)
    largest = max(terms, key=lambda term: term.seconds)
    breaks, fine = predicted.breaks(points, ranks, iterations, options.memory_per_node * 1e9 / options.ranks_per_node)
    page.lines([f"largest term at {ranks:,} ranks: {largest.stage}, {largest.kind}: {largest.seconds:.1f} s "
                f"({largest.seconds / total:.0%} of all)",
                *(f"by {at:,} ranks: {what}" for at, what in breaks), *fine])


def options_of(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--only", default="all")
    for name, kind in (("bandwidth", float), ("latency", float), ("ranks-per-node", int), ("memory-per-node", float),
                       ("target-points", int), ("target-ranks", int), ("target-iterations", int)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    return parser.parse_args(arguments)


def main():
    options = options_of(sys.argv[1:])
    runs = reports.load(options.folder / "reports")
    reports.write_tsv(runs, options.folder / "runs.tsv")
    machine = (options.folder / "machine.txt").read_text().strip()
    page = Page()
    for part in TITLES:
        if found := reports.series(runs, part):
            over_ranks(page, part, found)
    if "times-1" in runs and "times-2" in runs:
        times(page, runs, machine)
    timed = [f"times-{name}" for name in ("1", "2", "eighth", "few")]
    missing = [name for name in timed if name not in runs]
    if not any(run.ranks > 1 for run in reports.series(runs, "generated")):
        missing.append("counters of generated points at more than 1 rank")
    if not missing:
        predict(page, runs, options)
    print("\n".join(page.plain))
    (options.folder / "table.md").write_text("\n".join(page.markdown))
    if missing:
        print(f"No model: there are no runs {', '.join(missing)}")
        sys.exit(1 if options.only in ("all", "model") else 0)


main()
