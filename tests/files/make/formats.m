% What Octave writes: the points of formats.py, in three formats of its own. Usage: octave formats.m DIRECTORY
folder = argv(){1};
bytes = fopen(fullfile(folder, "raw.bin"));
X = fread(bytes, [6, 60], "single")';  % 60 x 6: C order is Fortran order of the transposed matrix
fclose(bytes);
save("-hdf5", fullfile(folder, "octave.h5"), "X");
save("-text", fullfile(folder, "octave.txt"), "X");
save("-binary", fullfile(folder, "octave.bin"), "X");
save("-v7", fullfile(folder, "octave7.mat"), "X");
save("-v4", fullfile(folder, "octave4.mat"), "X");
