# Matrices of float32 in .npy files, as numpy writes them (C order, little endian).

read_npy <- function(path) {
  file <- file(path, "rb")
  on.exit(close(file))
  stopifnot(identical(readBin(file, "raw", 8)[1:6], as.raw(c(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59))))
  header <- rawToChar(readBin(file, "raw", readBin(file, "integer", 1, size = 2, signed = FALSE, endian = "little")))
  stopifnot(grepl("'descr': '<f4'", header), grepl("'fortran_order': False", header))
  shape <- as.integer(strsplit(sub(".*'shape': \\(([0-9]+), ([0-9]+)\\).*", "\\1 \\2", header), " ")[[1]])
  values <- readBin(file, "numeric", prod(shape), size = 4, endian = "little")
  matrix(values, nrow = shape[1], ncol = shape[2], byrow = TRUE)
}

write_npy <- function(rows, path) {
  header <- sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }", nrow(rows), ncol(rows))
  header <- paste0(header, strrep(" ", 63 - (10 + nchar(header)) %% 64), "\n") # the values begin at a multiple of 64
  file <- file(path, "wb")
  on.exit(close(file))
  writeBin(c(as.raw(c(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0))), file)
  writeBin(nchar(header), file, size = 2, endian = "little")
  writeBin(charToRaw(header), file)
  writeBin(as.vector(t(rows)), file, size = 4, endian = "little")
}
