"""Least squares in a few unknowns, and power laws in ranks and points."""
import dataclasses
import itertools
import math


def solve(matrix, values):
    """x of matrix x = values, by elimination with pivots; None if there is not just one."""
    n = len(values)
    rows = [[*map(float, row), float(value)] for row, value in zip(matrix, values)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        if abs(rows[pivot][i]) < 1e-12:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(n):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def least_squares(rows, values):
    """x that makes sum (row . x - value)^2 least, columns scaled to length 1 first; None if several do."""
    n = len(rows[0])
    lengths = [math.sqrt(sum(row[j] ** 2 for row in rows)) for j in range(n)]
    if len(rows) < n or not all(lengths):
        return None
    scaled = [[a / length for a, length in zip(row, lengths)] for row in rows]
    matrix = [[sum(row[i] * row[j] for row in scaled) for j in range(n)] for i in range(n)]
    found = solve(matrix, [sum(row[i] * value for row, value in zip(scaled, values)) for i in range(n)])
    return found and [x / length for x, length in zip(found, lengths)]


def shares(rows, values):
    """Coefficients >= 0 that give every value with the least relative error (all values > 0), and the largest such error.

    What each unknown costs: of all sets of unknowns that come out positive the one that fits best.
    """
    rows = [[a / value for a in row] for row, value in zip(rows, values)]
    n = len(rows[0])
    best, least = [0.0] * n, float("inf")
    for size in range(1, n + 1):
        for chosen in itertools.combinations(range(n), size):
            found = least_squares([[row[j] for j in chosen] for row in rows], [1.0] * len(rows))
            if found is None or min(found) < 0:
                continue
            x = [0.0] * n
            for j, coefficient in zip(chosen, found):
                x[j] = coefficient
            error = sum((sum(map(float.__mul__, row, x)) - 1) ** 2 for row in rows)
            if error < least:
                best, least = x, error
    worst = max(abs(sum(map(float.__mul__, row, best)) - 1) for row in rows)
    return best, worst


@dataclasses.dataclass(frozen=True)
class PowerLaw:
    """factor x ranks^of_ranks x points^of_points; `worst` is the largest relative error on the runs it is from."""

    factor: float
    of_ranks: float = 0.0
    of_points: float = 0.0
    worst: float = 0.0
    runs: int = 0

    def __call__(self, ranks, points):
        return self.factor * ranks**self.of_ranks * points**self.of_points

    def __str__(self):
        law = f"{self.factor:.3g}"
        if self.of_ranks:
            law += f" x ranks^{self.of_ranks:.3f}"
        if self.of_points:
            law += f" x points^{self.of_points:.3f}"
        return law


def fit_power_law(samples, most_of_points=float("inf")):
    """The law of (ranks, points, value) samples, all > 0. An exponent that they cannot tell is 0.

    An exponent of points above `most_of_points` is not believed, and that one taken instead.
    """
    samples = [sample for sample in samples if sample[2] > 0]
    if not samples:
        return None
    vary = [len({sample[i] for sample in samples}) > 1 for i in (0, 1)]

    def law(use, given=0.0):
        rows = [[1.0] + [math.log(sample[i]) for i in (0, 1) if use[i]] for sample in samples]
        values = [math.log(value) - given * math.log(points) for _, points, value in samples]
        found = least_squares(rows, values)
        if found is None:
            return None
        exponents = iter(found[1:])
        of_ranks, of_points = (next(exponents) if used else 0.0 for used in use)
        fitted = PowerLaw(math.exp(found[0]), of_ranks, of_points + given)
        worst = max(abs(fitted(ranks, points) / value - 1) for ranks, points, value in samples)
        return dataclasses.replace(fitted, worst=worst, runs=len(samples))

    # Ranks and points that only vary together cannot be told apart: then it is the ranks.
    fitted = next(found for use in (vary, (vary[0], False), (False, False)) if (found := law(use)))
    if fitted.of_points > most_of_points:
        fitted = law((vary[0], False), most_of_points)
    return fitted
