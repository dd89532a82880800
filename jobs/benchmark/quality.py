"""One ruler for every program of the benchmark: quality.py ROWS.npy LABELS.npy EMBEDDING.npy [SAMPLE] prints two numbers.

On SAMPLE points (default 2,000, always the same ones): the share of the 10 nearest rows that are among the 10 nearest in
the embedding, and the share of points whose label is the commonest among their 10 nearest in the embedding.
"""
import sys

import numpy
from sklearn.neighbors import NearestNeighbors

COUNT = 10


def nearest(points, sample):
    """Indices of the COUNT nearest to every sampled point, itself left out by its index (a duplicate may come first)."""
    search = NearestNeighbors(n_neighbors=COUNT + 1).fit(points)
    found = search.kneighbors(points[sample], return_distance=False)
    is_other = found != sample[:, None]
    is_other[is_other.all(axis=1), -1] = False
    return found[is_other].reshape(len(sample), COUNT)


def main():
    rows, labels, embedding = (numpy.load(path) for path in sys.argv[1:4])
    if embedding.shape != (len(rows), 2) or not numpy.isfinite(embedding).all():
        sys.exit(f"benchmark: {sys.argv[3]} is not {len(rows)} x 2 finite numbers")
    size = min(len(rows), int(sys.argv[4]) if len(sys.argv) > 4 else 2000)
    sample = numpy.random.default_rng(0).choice(len(rows), size, replace=False)
    true, drawn = nearest(rows, sample), nearest(embedding, sample)
    kept = numpy.mean([len(numpy.intersect1d(a, b)) / COUNT for a, b in zip(true, drawn)])
    votes = [numpy.bincount(labels[row]).argmax() for row in drawn]
    print(f"{kept:.4f} {numpy.mean(votes == labels[sample]):.4f}")


main()
