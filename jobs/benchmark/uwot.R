# uwot's UMAP on a .npy file, as the benchmark runs it: uwot.R FOLDER ROWS.npy EMBEDDING.npy THREADS
# FOLDER holds npy.R. Neighbours and epochs are uwot's defaults; it has no
# perplexity. min_dist is umap-learn's and fleetsne's 0.1, where uwot has 0.01.
arguments <- commandArgs(trailingOnly = TRUE)
source(file.path(arguments[1], "npy.R"))
threads <- as.integer(arguments[4])
cat("uwot computes UMAP here, not t-SNE\n")
set.seed(0)
embedding <- uwot::umap(read_npy(arguments[2]), min_dist = 0.1, n_threads = threads, n_sgd_threads = threads, verbose = TRUE)
write_npy(embedding, arguments[3])
