"""The benchmark's table: table.py FOLDER TITLE reads FOLDER/programs.tsv and FOLDER/runs.tsv, prints it, writes table.md.

programs.tsv: id, name, version, settings, ranks x threads. runs.tsv: id, run, exit code, microseconds, peak KiB, kept,
accuracy. Figures are medians over the runs; a ratio is to the fastest layout of fleetsne.
"""
import pathlib
import statistics
import sys

HEAD = ["program", "version", "settings", "ranks x threads", "seconds", "ratio", "peak MB", "kept", "accuracy"]
NOTES = """\
seconds: the whole process, from reading the .npy file to the written embedding, median of {runs}. ratio: to the fastest
layout of fleetsne. peak MB: largest resident memory (10^6 bytes), summed over ranks. kept: share of a point's 10 nearest
rows that are among its 10 nearest in the embedding. accuracy: share of points whose label most of those 10 have.
Every t-SNE starts from principal components and has exaggeration 12 in its first 250 iterations; learning rates are N / 12,
of fleetsne N / exaggeration (its default).
UMAP is not t-SNE: its rows are to be compared with each other."""


def read(path):
    return [line.split("\t") for line in path.read_text().splitlines()]


def rows(folder):
    runs = read(folder / "runs.tsv")
    programs = read(folder / "programs.tsv")
    seconds = {}
    table = []
    for key, *description in programs:
        mine = [run for run in runs if run[0] == key]
        if any(run[2] != "0" for run in mine):
            table.append((key, description, None))
            continue
        time, peak, kept, accuracy = (statistics.median(float(run[i]) for run in mine) for i in (3, 4, 5, 6))
        seconds[key] = time / 1e6
        table.append((key, description, (peak * 1024 / 1e6, kept, accuracy)))
    ours = [time for key, time in seconds.items() if key.startswith("fleetsne")]
    for key, description, figures in table:
        if figures is None:
            yield [*description, "failed", "", "", "", ""]
            continue
        ratio = f"{seconds[key] / min(ours):.2f}" if ours else ""
        peak, kept, accuracy = figures
        yield [*description, f"{seconds[key]:.2f}", ratio, f"{peak:.0f}", f"{kept:.4f}", f"{accuracy:.4f}"]


def main():
    folder, title = pathlib.Path(sys.argv[1]), sys.argv[2]
    table = [HEAD, *rows(folder)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD))]
    numeric = range(4, len(HEAD))
    notes = NOTES.format(runs=len({run[1] for run in read(folder / "runs.tsv")}))

    print(f"\n{title}\n")
    for row in table:
        cells = (cell.rjust(w) if i in numeric else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths)))
        print("  ".join(cells).rstrip())
    print(f"\n{notes}")

    lines = ["| " + " | ".join(row) + " |" for row in table]
    lines.insert(1, "|" + "|".join("---:" if i in numeric else "---" for i in range(len(HEAD))) + "|")
    (folder / "table.md").write_text("\n".join([title, "", *lines, "", notes, ""]))


main()
