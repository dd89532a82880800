# What R writes: the points of formats.py. Usage: Rscript formats.R DIRECTORY
folder <- commandArgs(trailingOnly = TRUE)[1]
bytes <- readBin(file.path(folder, "raw.bin"), "numeric", n = 360, size = 4)
X <- matrix(bytes, nrow = 60, byrow = TRUE)

made <- function(name) {
  path <- file.path(folder, name)
  if (file.exists(path)) file.remove(path)
  path
}

rhdf5::h5createFile(made("rhdf5.h5"))
rhdf5::h5write(X, file.path(folder, "rhdf5.h5"), "X")
rhdf5::h5write(matrix(1:240, nrow = 60), file.path(folder, "rhdf5.h5"), "integers")
rhdf5::h5closeAll()

file <- hdf5r::H5File$new(made("hdf5r.h5"), mode = "w")
file[["X"]] <- X
file$close_all()

# As SeuratDisk lays out a Seurat object: matrices of R, cells in rows.
file <- hdf5r::H5File$new(made("cells.h5seurat"), mode = "w")
hdf5r::h5attr(file, "active.assay") <- "RNA"
hdf5r::h5attr(file, "project") <- "SeuratProject"
hdf5r::h5attr(file, "version") <- "3.1.5.9900"
file[["cell.names"]] <- paste0("cell", 0:59)
pca <- file$create_group("reductions")$create_group("pca")
pca[["cell.embeddings"]] <- X
hdf5r::h5attr(pca, "active.assay") <- "RNA"
hdf5r::h5attr(pca, "key") <- "PC_"
file$close_all()

saveRDS(X, file.path(folder, "rows.rds"))
saveRDS(X, file.path(folder, "plain.rds"), compress = FALSE)
save(X, file = file.path(folder, "rows.RData"))
