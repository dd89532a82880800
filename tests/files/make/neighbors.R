# Neighbors of neighbors/rows.npy by R's packages, whose rows count from 1: Rscript make/neighbors.R DIRECTORY
#   fnn.h5   FNN::get.knn, without the rows themselves
#   rann.h5  RANN::nn2, with them
# rhdf5 writes matrices the other way round, so these are transposed before they are written; those of
#   by-columns.h5, which are fnn.h5's, are not.
library(rhdf5)
folder <- file.path(commandArgs(trailingOnly = TRUE)[1], "neighbors")
npy <- file(file.path(folder, "rows.npy"), "rb")
invisible(readBin(npy, "raw", 128)) # the header
x <- matrix(readBin(npy, "numeric", 120 * 6, size = 4), 120, 6, byrow = TRUE)
close(npy)
keep <- function(name, indices, distances) {
  path <- file.path(folder, name)
  unlink(path)
  h5createFile(path)
  h5write(t(indices), path, "indices")
  h5write(t(distances), path, "distances")
}
found <- FNN::get.knn(x, k = 12)
keep("fnn.h5", found$nn.index, found$nn.dist)
keep("by-columns.h5", t(found$nn.index), t(found$nn.dist))
found <- RANN::nn2(x, k = 13)
keep("rann.h5", found$nn.idx, found$nn.dists)
