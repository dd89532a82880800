"""umap-learn's UMAP on a .npy file, with its defaults: umap_learn.py ROWS.npy EMBEDDING.npy THREADS."""
import os
import sys

rows, embedding, threads = sys.argv[1:]
os.environ["NUMBA_NUM_THREADS"] = threads  # numba reads it when it is loaded

import numpy  # noqa: E402
import umap  # noqa: E402

# Without a seed, or it would use one thread.
model = umap.UMAP(n_neighbors=15, min_dist=0.1, n_jobs=int(threads), verbose=True)
numpy.save(embedding, model.fit_transform(numpy.load(rows)).astype(numpy.float32))
