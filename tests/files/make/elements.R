# Labels as rhdf5 and hdf5r store them, with R's missing values: Rscript elements.R DIRECTORY
# 6 rows: ints 1 NA 3 1 3 3, logicals, strings (NA is not the text), reals, and a factor.
suppressMessages({library(rhdf5); library(hdf5r)})
folder <- file.path(commandArgs(TRUE)[1], "elements")
ints <- c(1L, NA, 3L, 1L, 3L, 3L)
logicals <- c(TRUE, NA, FALSE, FALSE, TRUE, TRUE)
strings <- c("b", NA, "a", "a", "b", "b")
clusters <- factor(c("stim", "stim", "ctrl", "ctrl", "stim", "ctrl"))
rows <- matrix(c(1:11, NA), 2, 6)  # stored as 6 rows of 2 columns; the last is missing

path <- file.path(folder, "rhdf5.h5")
unlink(path)
h5createFile(path)
for (name in c("ints", "logicals", "strings", "rows")) h5write(get(name), path, name)
h5write(c("b", "NA", "a", "a", "b", "b"), path, "name_is_NA")
h5closeAll()

path <- file.path(folder, "hdf5r.h5")
unlink(path)
file <- H5File$new(path, "w")
for (name in c("ints", "logicals", "strings", "clusters", "rows")) file[[name]] <- get(name)
file$close_all()
