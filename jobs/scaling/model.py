"""time = work / rate + bytes / bandwidth + messages x latency, for every stage of a run on many ranks.

Rates are of one core here (times-* runs), growth laws of the counters over ranks and points (counters-* runs of generated
data), O(ranks) structures of the sources. Nothing overlaps, and a rank that may have something for all others is taken
to have: the model errs on the slow side. Reading and writing files is left out.
"""
import dataclasses
import math

import fit
import reports
import structures


@dataclasses.dataclass(frozen=True)
class Network:
    bandwidth: float  # bytes / s of a node, shared by its ranks
    latency: float  # s, of a message
    ranks_per_node: int

    @property
    def rank_bandwidth(self):
        return self.bandwidth / self.ranks_per_node


@dataclasses.dataclass(frozen=True)
class Rates:
    """Seconds of one core; the slower of those at 1 and at 2 ranks."""

    evaluation: float  # of a distance, all that a neighbour search does included
    routing: float  # of a distance from a cell of the router, all that routing does included; at 2 ranks
    placing: float  # of a point in a level of the partition
    affinity_edge: float
    edge: float  # in an iteration, and so the two below
    point: float  # charges, potentials, step
    cell: float  # of the padded grid, times log2 of their number: transforms
    sharing: float  # an iteration's work with two busy cores over that with one
    worst: float = 0.0  # relative error of edge, point and cell on the pieces of runs that they are from


@dataclasses.dataclass(frozen=True)
class Laws:
    """Of ranks and all points. Where the figure is bounded by its nature, `Model` bounds it."""

    evaluations: fit.PowerLaw  # of a point, the router's and its calibration's left out
    routing: fit.PowerLaw  # distances of a point from a cell of another rank: centre and axes, in two looks
    more_ranks: fit.PowerLaw  # searched by a point, beyond its own
    ghosts: fit.PowerLaw  # mean of a rank, over its own points
    cells: fit.PowerLaw  # of the padded grid at the end
    cover: fit.PowerLaw  # share of the grid that a rank's strips are
    edges_per_point: float
    points_imbalance: float
    edges_imbalance: float
    ghosts_imbalance: float
    query_bytes: float  # there and back, of a point on one more rank
    affinity_bytes: float  # sent, for a ghost
    base_memory: float  # bytes of a rank
    neighbor_memory: float  # for each rank on its node: what MPI shares with them
    point_memory: float
    ghost_memory: float
    memory_worst: float = 0.0


@dataclasses.dataclass(frozen=True)
class Term:
    stage: str
    kind: str  # work, bytes, messages
    seconds: float


@dataclasses.dataclass(frozen=True)
class Model:
    rates: Rates
    laws: Laws
    structures: object
    network: Network

    def own_points(self, points, ranks):
        return points / ranks * self.laws.points_imbalance

    def more_ranks(self, points, ranks):
        return min(self.laws.more_ranks(ranks, points), ranks - 1) if ranks > 1 else 0.0

    def routing_evaluations(self, points, ranks):
        """Of a point."""
        if ranks == 1:
            return 0.0
        of_cell = min(self.laws.routing(ranks, points), self.structures.most_routing_evaluations)
        return of_cell * self.structures.other_cells(ranks, points)

    def edges(self, points, ranks):
        """Of the largest rank."""
        return points / ranks * self.laws.edges_per_point * self.laws.edges_imbalance

    def ghosts(self, points, ranks):
        """Of the largest rank."""
        if ranks == 1:
            return 0.0
        mean = self.laws.ghosts(ranks, points) * points / ranks
        most = min(points - points / ranks, points / ranks * self.laws.edges_per_point)
        return min(mean * self.laws.ghosts_imbalance, most)

    def cells(self, points):
        return self.laws.cells(1, points)

    def bytes_per_iteration(self, points, ranks):
        """Of the largest rank, by kind: positions of ghosts; strips to the slabs and back; half spectra there and back."""
        cells = self.cells(points)
        covered = min(cells / 4 * min(self.laws.cover(ranks, points), 1),
                      structures.POINT_CELLS * self.own_points(points, ranks))
        return {
            "ghosts": 8 * self.ghosts(points, ranks),
            "grid": 2 * 4 * covered if ranks > 1 else 0.0,
            "transposes": 4 * cells * (ranks - 1) / ranks**2,
        }

    def base_memory(self, ranks):
        return self.laws.base_memory + self.laws.neighbor_memory * min(ranks, self.network.ranks_per_node)

    def memory(self, points, ranks):
        """Peak bytes of the largest rank, by what they are for."""
        return {
            "base": self.base_memory(ranks),
            "points": self.laws.point_memory * self.own_points(points, ranks),
            "ghosts": self.laws.ghost_memory * self.ghosts(points, ranks),
            "router": self.structures.router_memory(ranks),
            "sample": self.structures.sample_memory(ranks),
            "cuts": self.structures.cut_memory(ranks),
        }

    def terms(self, points, ranks, iterations):
        rates, constants = self.rates, self.structures
        n = self.own_points(points, ranks)
        others, hops = ranks - 1, math.log2(ranks)
        result = []

        def stage(name, work, sent=0.0, messages=0.0, times=1):
            seconds = (work, sent / self.network.rank_bandwidth, messages * self.network.latency)
            result.extend(Term(name, kind, s * times) for kind, s in zip(("work", "bytes", "messages"), seconds))

        # A level of the bisection of ranks: one reduction for every digit of its cuts, of up to ranks / 2 groups.
        reductions = math.ceil(hops) * constants.cut_digits
        stage("partition", n * math.log2(points) * rates.placing,
              n * constants.row_bytes * others / ranks + 2 * constants.cut_memory(ranks) * constants.cut_digits,
              others + reductions * 2 * hops)

        more = self.more_ranks(points, ranks)
        a_round = min(constants.round_points(ranks), n)
        # Rows and requests there, lengths and lists back, in both passes; with whom is agreed on first.
        per_round = structures.ROUTER_PASSES * 4 * (min(others, a_round * more) + hops)
        computed = self.laws.evaluations(ranks, points) + constants.calibration_evaluations(ranks)
        stage("neighbours: search", n * computed * rates.evaluation,
              n * more * self.laws.query_bytes, math.ceil(n / a_round) * per_round if others else 0)
        stage("neighbours: router", n * self.routing_evaluations(points, ranks) * rates.routing,
              constants.router_memory(ranks) * others / ranks, hops)

        edges, ghosts = self.edges(points, ranks), self.ghosts(points, ranks)
        stage("affinities", edges * rates.affinity_edge, ghosts * self.laws.affinity_bytes, 2 * others)

        cells, sent = self.cells(points), self.bytes_per_iteration(points, ranks)
        slabs = min(ranks, math.sqrt(cells) / 2)  # ranks beyond the rows have none
        stage("attraction", edges * rates.edge * rates.sharing, times=iterations)
        stage("field: points", n * rates.point * rates.sharing, times=iterations)
        stage("field: transforms", cells * math.log2(cells) / slabs * rates.cell * rates.sharing, times=iterations)
        stage("field: strips", 0, sent["grid"], 2 * others, iterations)
        stage("field: transposes", 0, sent["transposes"], 2 * others, iterations)
        stage("halo", 0, sent["ghosts"], min(others, ghosts), iterations)
        stage("reductions", 0, 0, 4 * 2 * hops, iterations)
        return result

    def seconds(self, points, ranks, iterations):
        return sum(term.seconds for term in self.terms(points, ranks, iterations))

    def fastest(self, points, iterations):
        """The power of two of ranks beyond which twice as many are no faster."""
        ranks = 1
        while ranks < 2**20 and self.seconds(points, 2 * ranks, iterations) < self.seconds(points, ranks, iterations):
            ranks *= 2
        return ranks

    def breaks(self, points, ranks, iterations, memory):
        """(ranks, what) of these points, the first to break first; `memory` bytes are a rank's. And what does not."""
        s, found = self.structures, []

        def first(holds):
            return next((2**i for i in range(1, 21) if holds(2**i)), None)

        def add(at, text):
            if at is not None:
                found.append((at, text))

        add(first(lambda r: self.routing_evaluations(points, r) * self.rates.routing
                  > self.laws.evaluations(r, points) * self.rates.evaluation),
            "routing a point, past the cells of all ranks, takes longer than searching for its neighbours")
        add(s.ranks_of_smallest_round(),
            f"a round of queries is down to {s.least_round} points: rounds are short and many, and their buffers grow with ranks")
        add(s.ranks_of_coarse_router(),
            f"the router's cells of all ranks fill their {s.router_bytes >> 20} MiB on every rank: fewer of each rank, so "
            "routing gets coarser")
        add(first(lambda r: s.sample_rows_per_rank * r * s.row_bytes > s.sample_bytes),
            f"the partition's sample fills its {s.sample_bytes >> 20} MiB on every rank: fewer rows to find a cut from")
        add(first(lambda r: r > math.sqrt(self.cells(points)) / 2), "more ranks than rows of the grid: some have no slab")
        add(first(lambda r: self.fixed_memory(r) > self.memory(points, r)["points"]),
            "what is on every rank (base, router, sample, cuts) takes more memory than a rank's own points")
        add(2 * self.fastest(points, iterations), "twice as many ranks are no faster any more")
        found.sort()
        fine = []
        total = sum(self.memory(points, ranks).values())
        least = first(lambda r: sum(self.memory(points, r).values()) <= memory)
        fine.append(f"memory: {total / 1e9:.2f} GB of the {memory / 1e9:.2f} GB that a rank has at {ranks:,} ranks"
                    + (f"; it fits from {least:,} ranks on" if least else "; it does not fit at any number of ranks"))
        fine.append(f"grid: {self.cells(points):.2g} cells of the {s.most_cells:.2g} that there may be")
        columns = self.own_points(points, ranks) + self.ghosts(points, ranks)
        fine.append(f"local columns: {columns:.2g} of the {s.most_columns:.2g} that 32 bits allow")
        return found, fine

    def fixed_memory(self, ranks):
        s = self.structures
        return self.base_memory(ranks) + s.router_memory(ranks) + s.sample_memory(ranks) + s.cut_memory(ranks)


def fit_rates(one, two, small, few):
    """From whole runs: all points at 1 and 2 ranks, an eighth at 1 rank, and that with few neighbours, 1 rank."""
    rows, values = [], []
    # The first piece of a run has hardly a grid yet, the last has the final one.
    for run in (one, small, few):
        work = run.cells * math.log2(run.cells)
        for piece, cells in ((run.pieces[0], 0.0), (run.pieces[-1], work)):
            rows.append([float(run.edges), float(run.points), cells])
            values.append(piece)
    (edge, point, cell), worst = fit.shares(rows, values)

    def slower(what, per, less=lambda run: 0.0):
        return max((run.seconds(what) - less(run)) * run.ranks / per(run) for run in (one, two))

    return Rates(
        evaluation=slower("neighbors", lambda run: run.evaluations - run.routing_evaluations,
                          less=lambda run: run.routing_seconds),
        routing=two.routing_seconds * two.ranks / two.routing_evaluations if two.routing_evaluations else 0.0,
        placing=slower("partition", lambda run: run.points * math.log2(run.points)),
        affinity_edge=slower("affinity", lambda run: run.edges),
        edge=edge, point=point, cell=cell,
        sharing=max(1.0, two.pieces[-1] * two.ranks / one.pieces[-1]),
        worst=worst,
    )


def law_of_cells(runs):
    """Points that have settled keep their density, so there is a cell for so many. A large embedding needs more iterations
    to get there: runs that say less than in proportion have not, and the largest counts."""
    law = fit.fit_power_law([(1, run.points, run.cells) for run in runs])
    if law.of_points >= 1:
        return law
    largest = max(runs, key=lambda run: run.points)
    return fit.PowerLaw(largest.cells / largest.points, of_points=1.0, runs=1)


def fit_laws(runs, constants):
    """From all runs of generated data with many neighbours."""
    counters = reports.series(runs, "generated") + reports.series(runs, "generated-eighth")
    timed = [runs[name] for name in ("times-1", "times-2", "times-eighth")]
    used = counters + timed
    shared = [run for run in used if run.ranks > 1]
    largest = max(shared, key=lambda run: (run.ranks, run.points))

    def law(chosen, value, **bounds):
        return fit.fit_power_law([(run.ranks, run.points, value(run)) for run in chosen], **bounds)

    in_slabs = [run for run in shared if run.sharing == "slab" and run.kinds.get("grid", 0) > 0]
    visits = sum(run.points * (run.searched - 1) for run in [largest])
    (base, per_neighbor, per_point, per_ghost), worst = fit.shares(
        [[1.0, float(run.ranks), run.points / run.ranks * run.points_imbalance, float(run.ghosts_largest)] for run in used],
        [max(run.memory) for run in used])
    return Laws(
        evaluations=law(shared, lambda run: (run.evaluations - run.routing_evaluations) / run.points
                        - constants.calibration_evaluations(run.ranks)),
        routing=law(shared, lambda run: run.routing_evaluations / run.points / constants.other_cells(run.ranks, run.points),
                    most_of_points=0.0) or fit.PowerLaw(0.0),
        more_ranks=law(shared, lambda run: run.searched - 1, most_of_points=0.0) or fit.PowerLaw(1.0),
        # More points at the same ranks have, if anything, relatively fewer near another rank.
        ghosts=law(shared, lambda run: run.ghosts / run.points, most_of_points=0.0) or fit.PowerLaw(1.0),
        cells=law_of_cells([run for run in timed if run.ranks == 1]),
        cover=law(in_slabs, lambda run: run.kinds["grid"] / (2 * run.grid_bytes), most_of_points=0.0) or fit.PowerLaw(1.0),
        edges_per_point=max(run.edges / run.points for run in used),
        points_imbalance=max(run.points_imbalance for run in used),
        edges_imbalance=max(run.edges_imbalance for run in used),
        ghosts_imbalance=max(run.ghosts_largest * run.ranks / max(run.ghosts, 1) for run in shared),
        query_bytes=largest.stages["neighbors"].bytes / visits if visits else 0.0,
        affinity_bytes=largest.stages["affinity"].bytes / max(largest.ghosts, 1),
        base_memory=base, neighbor_memory=per_neighbor, point_memory=per_point, ghost_memory=per_ghost, memory_worst=worst,
    )
