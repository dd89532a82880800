"""Neighbors of 120 rows as tools of today find and store them: python3 make/neighbors.py DIRECTORY

rows.npy       120 x 6, in three groups; the last three rows are copies of the first three
cells.h5ad     scanpy: X_pca (the rows), obsp/distances (Euclidean, 15 neighbors) and obsp/cos_distances (cosine), with
               connectivities; rows list 14 neighbors without themselves
X-i.npy and X-d.npy are indices and values of 13 neighbors, the rows themselves among them:
  sklearn            distances
  pynndescent-cosine 1 - cos, some of them just below 0
  faiss-l2           squared distances
  faiss-ip           cos (inner products of rows of unit length): larger is nearer
  faiss-ivf          squared distances; -1 where the cells that were searched had too few
  hnswlib-l2, -cosine, -ip   squared distances, 1 - cos, 1 - x.y
"""
import pathlib
import sys
import warnings

import numpy as np

N, K, SEED = 120, 13, 7


def rows():
    rng = np.random.default_rng(SEED)
    centers = rng.normal(scale=4, size=(3, 6))
    x = (centers[np.arange(N) % 3] + rng.normal(size=(N, 6))).astype("f4")
    x[-3:] = x[:3]
    return x


def save(folder, name, indices, values):
    np.save(folder / f"{name}-i.npy", indices)
    np.save(folder / f"{name}-d.npy", np.asarray(values, "f4"))


def from_sklearn(folder, x):
    from sklearn.neighbors import NearestNeighbors
    distances, indices = NearestNeighbors(n_neighbors=K).fit(x).kneighbors(x)
    save(folder, "sklearn", indices, distances)


def from_pynndescent(folder, x):
    from pynndescent import NNDescent
    indices, distances = NNDescent(x, metric="cosine", n_neighbors=K, random_state=SEED).neighbor_graph
    save(folder, "pynndescent-cosine", indices, distances)


def from_faiss(folder, x):
    import faiss
    flat = faiss.IndexFlatL2(x.shape[1])
    flat.add(x)
    values, indices = flat.search(x, K)
    save(folder, "faiss-l2", indices, values)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    products = faiss.IndexFlatIP(x.shape[1])
    products.add(unit)
    values, indices = products.search(unit, K)
    save(folder, "faiss-ip", indices, values)
    cells = faiss.IndexIVFFlat(faiss.IndexFlatL2(x.shape[1]), x.shape[1], 9)
    cells.train(x)
    cells.add(x)
    values, indices = cells.search(x, K)
    save(folder, "faiss-ivf", indices, values)


def from_hnswlib(folder, x):
    import hnswlib
    for space in ("l2", "cosine", "ip"):
        index = hnswlib.Index(space=space, dim=x.shape[1])
        index.init_index(max_elements=N, ef_construction=200, M=32, random_seed=SEED)
        index.add_items(x, num_threads=1)
        index.set_ef(N)
        indices, values = index.knn_query(x, k=K, num_threads=1)
        save(folder, f"hnswlib-{space}", indices.astype("i8"), values)


def from_scanpy(folder, x):
    import anndata
    import scanpy
    cells = anndata.AnnData(np.zeros((N, 1), "f4"))
    cells.obsm["X_pca"] = x
    scanpy.pp.neighbors(cells, n_neighbors=15, use_rep="X_pca")
    scanpy.pp.neighbors(cells, n_neighbors=15, use_rep="X_pca", metric="cosine", key_added="cos")
    cells.write(folder / "cells.h5ad", compression="gzip")


def main():
    folder = pathlib.Path(sys.argv[1]) / "neighbors"
    folder.mkdir(exist_ok=True)
    x = rows()
    np.save(folder / "rows.npy", x)
    for make in (from_sklearn, from_pynndescent, from_faiss, from_hnswlib, from_scanpy):
        try:
            make(folder, x)
        except ImportError as missing:
            print(f"not written by {make.__name__}: {missing}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
