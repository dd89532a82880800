"""Fashion-MNIST, training and test images, as 50 principal components: what every program of the benchmark reads.

make_input.py FOLDER ROWS writes FOLDER/rows.npy (ROWS x 50, float32, C order) and FOLDER/labels.npy (uint8). The components
are those of all 70,000 images, so that fewer rows are a prefix; where they lie in FOLDER already they are not made again.
"""
import gzip
import os
import pathlib
import sys

import numpy

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")
COMPONENTS = 50


def read_idx(name, header):
    with gzip.open(SOURCE / name) as file:
        return numpy.frombuffer(file.read(), dtype=numpy.uint8, offset=header)


def principal_components(rows):
    """Scores on the largest eigenvectors of the covariance; of every vector the largest entry is positive."""
    mean = rows.mean(axis=0)
    covariance = sum(
        (block - mean).T @ (block - mean) for block in numpy.array_split(rows, 35)
    )
    _, vectors = numpy.linalg.eigh(covariance)
    vectors = vectors[:, ::-1][:, :COMPONENTS]
    largest = vectors[numpy.abs(vectors).argmax(axis=0), numpy.arange(COMPONENTS)]
    return (rows - mean) @ (vectors * numpy.sign(largest))


def save(path, array):
    """Whole or absent, also when this is interrupted."""
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        numpy.save(file, array)
    os.replace(part, path)


def main():
    folder, rows = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    everything = folder / "all-rows.npy"
    if not everything.exists():
        images = numpy.concatenate(
            [read_idx(f"{part}-images-idx3-ubyte.gz", 16) for part in ("train", "t10k")]
        ).reshape(-1, 28 * 28)
        save(everything, principal_components(images.astype(numpy.float64)).astype(numpy.float32))
    labels = numpy.concatenate(
        [read_idx(f"{part}-labels-idx1-ubyte.gz", 8) for part in ("train", "t10k")]
    )
    points = numpy.load(everything, mmap_mode="r")
    if not 0 < rows <= len(points):
        sys.exit(f"benchmark: --rows {rows} is not between 1 and {len(points)}, the images that there are")
    save(folder / "rows.npy", numpy.ascontiguousarray(points[:rows]))
    save(folder / "labels.npy", labels[:rows])


main()
