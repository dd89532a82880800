# Tables that R writes, each of the same 12 rows of 3 values (see tables.py). Usage: Rscript tables.R FOLDER
folder <- file.path(commandArgs(trailingOnly = TRUE)[1], "tables")
values <- outer(0:11, 0:2, function(i, j) (7 * i + 13 * j) %% 31 + j + 0.25)
named <- as.data.frame(values)
names(named) <- c("PC1", "PC2", "PC3")

write.csv(values, file.path(folder, "r-matrix.csv"))
write.csv(named, file.path(folder, "r-no-row-names.csv"), row.names = FALSE)
write.csv2(named, file.path(folder, "r-csv2.csv"))
write.table(named, file.path(folder, "r-table.tsv"))
write.table(values, file.path(folder, "r-bare.tsv"), col.names = FALSE, row.names = FALSE)
rownames(named) <- paste("cell", 1:12)
write.table(named, file.path(folder, "r-names.tsv"), sep = "\t", quote = FALSE)
named[1, 1] <- NA
write.csv(named, file.path(folder, "r-missing.csv"))
