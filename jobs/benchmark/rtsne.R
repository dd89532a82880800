# Rtsne on a .npy file, as the benchmark runs it: rtsne.R FOLDER ROWS.npy EMBEDDING.npy PERPLEXITY ITERATIONS THREADS
# FOLDER holds npy.R. It starts from the first two columns, which are principal components, and learns at N / 12: from a
# random start at its own 200 it does not unfold this many points.
arguments <- commandArgs(trailingOnly = TRUE)
source(file.path(arguments[1], "npy.R"))
rows <- read_npy(arguments[2])
result <- Rtsne::Rtsne(
  rows,
  pca = FALSE, check_duplicates = FALSE, verbose = TRUE,
  Y_init = rows[, 1:2] / sd(rows[, 1]) * 1e-4,
  perplexity = as.numeric(arguments[4]), theta = 0.5,
  stop_lying_iter = 250, mom_switch_iter = 250, max_iter = 250 + as.integer(arguments[5]),
  exaggeration_factor = 12, eta = max(200, nrow(rows) / 12),
  num_threads = as.integer(arguments[6])
)
write_npy(result$Y, arguments[3])
