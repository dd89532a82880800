"""scikit-learn's Barnes-Hut t-SNE on a .npy file: scikit_learn.py ROWS.npy EMBEDDING.npy PERPLEXITY ITERATIONS THREADS."""
import sys

import numpy
from sklearn.manifold import TSNE

rows, embedding, perplexity, iterations, threads = sys.argv[1:]
model = TSNE(
    perplexity=float(perplexity),
    init="pca",
    learning_rate="auto",
    # Its first 250 iterations are under exaggeration 12. It may not stop before the last.
    n_iter=250 + int(iterations),
    n_iter_without_progress=250 + int(iterations),
    min_grad_norm=0,
    method="barnes_hut",
    angle=0.5,
    random_state=0,
    n_jobs=int(threads),
    verbose=2,
)
numpy.save(embedding, model.fit_transform(numpy.load(rows)).astype(numpy.float32))
