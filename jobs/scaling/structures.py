"""What grows with the ranks on every rank, from the constants in the sources themselves."""
import dataclasses
import math
import pathlib
import re

ROUTER_PASSES = 2  # first who may hold much of a list, then who may hold enough (RoutedSearch::search_other_ranks)
ANSWER_BYTES = 32  # of a neighbour in a round: an answer, and a candidate (routed_search.cpp)
POINT_CELLS = 8 * 2 * 16  # in the strips that a point touches at most: spline_order rows of two strips (grid_solver.hpp)
CUT_BUCKETS, CUT_DIGITS = 256, 10  # of a cut in the bisection: key, then input index (select.cpp)


def constant(root, file, name):
    """The value of `name = N`, `N << S`, or `type{N} << S` in a source."""
    text = (pathlib.Path(root) / file).read_text()
    found = re.search(rf"\b(?:{name}) = (?:[\w:]+\{{)?([\d']+)(?:LL)?\}}?(?: << (\d+))?[;,]", text)
    if found is None:
        raise SystemExit(f"scaling: {file} has no constant {name} (the model reads it there). Adapt jobs/scaling/structures.py")
    return int(found[1].replace("'", "")) << int(found[2] or 0)


@dataclasses.dataclass(frozen=True)
class Structures:
    width: int  # floats of a padded row
    neighbors: int
    router_cells: int  # of a rank at most
    router_rows: int  # of a cell at least
    router_axes: int
    router_bytes: int  # of all cells at most
    calibration: int  # points of all ranks that are compared with every point, so distances for each
    round_bytes: int
    least_round: int
    most_round: int
    sample_rows: int
    sample_rows_per_rank: int
    sample_bytes: int
    most_cells: int  # of a grid, padding included
    most_columns: int  # own points and ghosts of a rank
    cut_digits: int = CUT_DIGITS

    @property
    def row_bytes(self):
        return 4 * self.width

    @property
    def cell_bytes(self):
        return (1 + self.router_axes) * self.row_bytes

    def cells(self, ranks, points=math.inf):
        """That the router has of a rank."""
        of_rows = min(points / ranks / self.router_rows, self.router_cells)
        return max(1, min(math.floor(of_rows), self.router_bytes // (self.cell_bytes * ranks)))

    def other_cells(self, ranks, points):
        """That a point is routed by: those of all other ranks."""
        return self.cells(ranks, points) * (ranks - 1)

    @property
    def most_routing_evaluations(self):
        """Of a point from a cell: its centre and the tips of its axes, in every pass."""
        return ROUTER_PASSES * (1 + self.router_axes)

    def calibration_evaluations(self, ranks):
        """Of a point, with those that the router's threshold is found with."""
        return self.calibration if ranks > 1 else 0

    def router_memory(self, ranks):
        return self.cells(ranks) * ranks * self.cell_bytes

    def sample_memory(self, ranks):
        rows = max(self.sample_rows, self.sample_rows_per_rank * ranks)
        return min(rows * self.row_bytes, self.sample_bytes)

    def cut_memory(self, ranks):
        return ranks // 2 * CUT_BUCKETS * 8

    def round_points(self, ranks):
        """That a rank routes together: a round is small enough for all to be sent to one rank, and all answered."""
        each = ranks * (self.row_bytes + self.neighbors * ANSWER_BYTES)
        return min(max(self.round_bytes // each, self.least_round), self.most_round)

    def ranks_of_smallest_round(self):
        return math.ceil(self.round_bytes / self.least_round / (self.row_bytes + self.neighbors * ANSWER_BYTES))

    def ranks_of_coarse_router(self):
        return math.ceil(self.router_bytes / self.cell_bytes / self.router_cells)


def read_structures(root, neighbors, columns=50):
    router, search = "src/neighbors/router.cpp", "src/neighbors/routed_search.cpp"
    bisection = "src/partition/bisection.cpp"
    return Structures(
        width=(columns + 15) // 16 * 16,
        neighbors=neighbors,
        router_cells=constant(root, router, "cells_per_rank|cells_per_shard"),
        router_rows=constant(root, router, "rows_per_cell"),
        router_axes=constant(root, "src/neighbors/router.hpp", "axes"),
        router_bytes=constant(root, router, "most_bytes"),
        calibration=constant(root, search, "calibration_points"),
        round_bytes=constant(root, search, "round_bytes"),
        least_round=constant(root, search, "least_round"),
        most_round=constant(root, "include/fleetsne/neighbors/neighbors.hpp", "round"),
        sample_rows=constant(root, bisection, "sample_rows"),
        sample_rows_per_rank=constant(root, bisection, "sample_rows_per_leaf"),
        sample_bytes=constant(root, bisection, "sample_bytes"),
        most_cells=constant(root, "src/optimize/grid.cpp", "most_cells"),
        most_columns=constant(root, "include/fleetsne/base/ids.hpp", "most_columns"),
    )
