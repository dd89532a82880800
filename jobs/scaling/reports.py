"""The report.json files of jobs/scaling.sh, as numbers."""
import dataclasses
import json
import pathlib
import sys


@dataclasses.dataclass
class Stage:
    seconds: float
    bytes: int  # sent by all ranks
    messages: int  # of the rank with the most


@dataclasses.dataclass
class Run:
    name: str
    points: int
    ranks: int
    neighbors: int
    evaluations: int
    routing_evaluations: int  # of these
    routing_seconds: float  # of a rank, mean
    searched: float
    recall: float
    points_imbalance: float
    edges_imbalance: float
    edges: int
    bytes_per_edge: float
    ghosts: int
    ghosts_largest: int
    bytes: float  # of a rank in an iteration, mean
    kinds: dict  # the same by kind: ghosts, grid, transposes
    grid: tuple  # rows, columns, padding included
    sharing: str
    pieces: list  # seconds an iteration, piece by piece of the KL curve
    iterations: int
    memory: list  # peak of every rank
    stages: dict

    @property
    def cells(self):
        """Of the grid, padding included."""
        return self.grid[0] * self.grid[1]

    @property
    def grid_bytes(self):
        """Of all cells that points can touch: a quarter, the rest is padding."""
        return self.cells

    def seconds(self, *names):
        return sum(self.stages[name].seconds for name in names if name in self.stages)


def parse(name, report):
    config, optimize = report["config"]["optimize"], report["optimize"]
    every = config["kl_every"]
    return Run(
        name=name,
        points=report["points"],
        ranks=report["ranks"],
        neighbors=report["neighbors"]["count"],
        evaluations=report["neighbors"]["distance_evaluations"],
        routing_evaluations=report["neighbors"]["routing_evaluations"],
        routing_seconds=report["neighbors"]["routing_seconds"],
        searched=report["neighbors"]["ranks_searched_mean"],
        recall=report["neighbors"]["recall"],
        points_imbalance=report["imbalance"]["points"],
        edges_imbalance=report["imbalance"]["edges"],
        edges=report["affinity"]["edges"],
        bytes_per_edge=report["affinity"]["bytes_per_edge"],
        ghosts=report["affinity"]["ghosts_total"],
        ghosts_largest=report["affinity"]["ghosts_max"],
        bytes=optimize["bytes_per_rank_iteration"],
        kinds=optimize.get("bytes_per_rank_iteration_by_kind", {}),
        grid=(optimize["grid"]["rows"], optimize["grid"]["columns"]),
        sharing=optimize["grid_sharing"],
        pieces=[piece["seconds"] / every for piece in optimize["kl_curve"]],
        iterations=config["early_iterations"] + config["iterations"],
        memory=report["peak_memory_bytes"],
        stages={
            stage["name"]: Stage(stage["wall_seconds"], sum(stage["bytes_sent"]), max(stage["messages"]))
            for stage in report["stages"]
        },
    )


def load(folder):
    """All runs of a folder that ended well, by name; of the others it is told."""
    runs = {}
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        report = json.loads(path.read_text())
        if report["exit_code"] == 0:
            runs[path.stem] = parse(path.stem, report)
        else:
            print(f"scaling: {path} is of a run that failed ({report.get('error', '?')}): left out", file=sys.stderr)
    return runs


def series(runs, part):
    """The runs of one data set (counters-PART-rRANKS), by ranks."""
    prefix = f"counters-{part}-r"
    return sorted((run for name, run in runs.items() if name.startswith(prefix)), key=lambda run: run.ranks)


HEAD = ["run", "points", "ranks", "evaluations", "routing_evaluations", "searched", "recall", "points_imbalance",
        "edges_imbalance", "edges", "ghosts", "ghosts_largest", "bytes", "bytes_ghosts", "bytes_grid", "bytes_transposes", "grid_rows",
        "grid_columns", "sharing", "memory_largest", "partition_s", "neighbors_s", "affinity_s", "optimize_s",
        "iterations"]


def write_tsv(runs, path):
    lines = ["\t".join(HEAD)]
    for run in runs.values():
        kinds = [run.kinds.get(kind, "") for kind in ("ghosts", "grid", "transposes")]
        seconds = [run.seconds(name) for name in ("partition", "neighbors", "affinity", "optimize")]
        fields = [run.name, run.points, run.ranks, run.evaluations, run.routing_evaluations, run.searched, run.recall,
                  run.points_imbalance, run.edges_imbalance, run.edges, run.ghosts, run.ghosts_largest, run.bytes, *kinds, *run.grid,
                  run.sharing, max(run.memory), *seconds, run.iterations]
        lines.append("\t".join(map(str, fields)))
    pathlib.Path(path).write_text("\n".join(lines) + "\n")
