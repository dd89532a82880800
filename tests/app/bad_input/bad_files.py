"""The files that the rows of bad_inputs.py name: good ones, and what may happen to them."""
import gzip
import os
import pathlib
import shutil
import socket
import struct

import h5py
import numpy as np

ROWS, COLUMNS = 210, 8
FILES = pathlib.Path(__file__).resolve().parents[2] / "files"

CONFIGS = {
    "section": "[optimise]\niterations = 5\n",
    "stage-section": "[stages.a]\niterations = 5\n",
    "no-section": "iteration = 5\n",
    "key": "[optimize]\nlearning-rat = 5\n",
    "elsewhere": "[optimize]\nperplexity = 5\n",
    "line": "[optimize]\niterations 5\n",
    "header": "[optimize\niterations = 5\n",
    "value": "[affinity]\nperplexity = many\n",
    "flag": "[output]\nforce = yes\n",
    "quote": '[plot]\ntitle = "open\n',
    "twice": "[affinity]\nperplexity = 5\n[optimize]\niterations = 9\n[affinity]\nperplexity = 10\n",
    "stage-twice": "[stage.a]\niterations = 5\n[stage.a]\niterations = 6\n",
    "stage-key": "[stage.a]\niteration = 5\n",
    "stage-value": "[stage.a]\niterations = 5\nexaggeration = 4..x\n",
    "many": "[affinity]\nperplexity = few\nperplexty = 5\n[nowhere]\n[optimize]\nmomentum\n",
    "binary": "\x00\x01\x02\x7f[x\n" * 5,
    "sweep": "[input]\nfiles = rows.npy\n[grid]\nperplexity = 5, 9\n",
    "sweep-input": "[input]\nfiles = nowhere.npy\n[grid]\nperplexity = 5, 9\n",
    "sweep-empty": "[input]\nfiles = rows.npy\n",
    "sweep-option": "[input]\nfiles = rows.npy\n[grid]\nperplexty = 5, 9\n",
    "sweep-value": "[input]\nfiles = rows.npy\n[grid]\nperplexity = 5, many\n",
    "sweep-range": "[input]\nfiles = rows.npy\n[grid]\nperplexity = 5, 70\n",
    "sweep-name": "[input]\nfiles = rows.npy\n[row.a/b]\nperplexity = 5\n",
    "sweep-twice": "[input]\nfiles = rows.npy\n[grid]\nperplexity = 5\nperplexity = 9\n",
    "sweep-folder": "[input]\nfiles = rows.npy\n[row.a]\nthreads = 2\n",
    "other-command": "[plot]\npanels = auto\nrotation = 5\n",
}


def idx_bytes(array, kind=8):
    """An IDX file of big-endian elements, of unsigned bytes unless `kind` says otherwise."""
    return struct.pack(">BBBB", 0, 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def npy_bytes(header, body=b"\0" * 4096, version=1):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2, "little") + text + body


def good_rows():
    generator = np.random.default_rng(1)
    labels = np.repeat(np.arange(3), ROWS // 3).astype(np.uint8)
    centers = 10 * generator.standard_normal((3, COLUMNS))
    return (centers[labels] + generator.standard_normal((ROWS, COLUMNS))).astype(np.float32), labels


class Files:
    """Makes them all in `folder`. @param run  run(command line) runs fleetsne there, whatever its exit code."""

    def __init__(self, folder, run):
        self.folder = folder
        self.rows, self.labels = good_rows()
        np.save(folder / "rows.npy", self.rows)
        np.save(folder / "labels.npy", self.labels)
        self.arrays()
        self.images()
        self.vectors()
        self.tables()
        self.hdf5()
        self.anndata()
        self.zarr()
        self.no_files()
        for name, text in CONFIGS.items():
            (folder / f"{name}.cfg").write_text(text)
        self.made(run)

    def zarr(self):
        """Copies of what anndata wrote, obsm/X_pca being 60 x 5 in one chunk, and what may happen to them."""
        def damaged(name, file, change):
            shutil.copytree(FILES / "zarr/v2.zarr", self.folder / name)
            path = self.folder / name / file
            content = change(path.read_bytes())
            path.unlink() if content is None else path.write_bytes(content)

        chunk, metadata = "obsm/X_pca/0.0", "obsm/X_pca/.zarray"
        damaged("gone.zarr", chunk, lambda _: None)
        damaged("cut.zarr", chunk, lambda content: content[:100])
        damaged("codec.zarr", metadata, lambda content: content.replace(b'"blosc"', b'"jpegxl"'))
        damaged("longer.zarr", metadata, lambda content: content.replace(b"60", b"6000", 1))
        damaged("shape.zarr", metadata, lambda content: content.replace(b"60", b'"60"', 1))
        damaged("json.zarr", metadata, lambda content: content[:50])
        (self.folder / "hidden.zarr/obsm").mkdir(parents=True)
        self.write("cut.zarr.zip", (FILES / "zarr/v3.zarr.zip").read_bytes()[:30000])

    def write(self, name, content):
        (self.folder / name).write_bytes(content)

    def save(self, name, array):
        np.save(self.folder / name, array)

    def changed(self, row, column, value):
        rows = self.rows.copy()
        rows[row, column] = value
        return rows

    def arrays(self):
        rows = self.rows
        whole = (self.folder / "rows.npy").read_bytes()
        self.write("cut.npy", whole[: len(whole) // 2])
        self.write("cut-header.npy", whole[:30])
        self.write("empty.npy", b"")
        self.write("version.npy", whole[:6] + b"\x09" + whole[7:])
        self.write("huge.npy", npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 1000000), }"))
        self.write("over.npy", npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 4000000000, 4000000000), }"))
        self.write("shapeless.npy", npy_bytes("{'descr': '<f8', 'fortran_order': False, 'shape': (-3, 4), }"))
        self.write("headless.npy", npy_bytes("no dictionary"))
        self.save("complex.npy", rows.astype(np.complex64))
        self.save("words.npy", np.array([["a", "b"]] * 20))
        self.save("times.npy", rows.astype("datetime64[s]"))
        self.write("objects.npy", npy_bytes("{'descr': '|O', 'fortran_order': False, 'shape': (210, 8), }"))
        self.save("records.npy", np.zeros((ROWS, 2), dtype=[("x", "f4"), ("y", "f4")]))
        self.save("flat.npy", rows.ravel())
        self.save("cube.npy", rows.reshape(ROWS, 2, 4))
        self.save("none.npy", rows[:0])
        self.save("no-columns.npy", rows[:, :0])
        self.save("one.npy", rows[:1])
        self.save("three.npy", rows[:3])
        self.save("narrow.npy", rows[:, :5])
        self.save("fewer.npy", rows[:-1])
        self.save("one-column.npy", rows[:, :1])
        self.save("changed.npy", self.changed(100, 3, 1))
        self.save("nan.npy", self.changed(205, 3, np.nan))
        self.save("inf.npy", self.changed(7, 5, -np.inf))
        self.save("large.npy", self.changed(3, 2, 1e30))
        larger = self.rows.astype(np.float64)
        larger[3, 2] = 1e300
        self.save("larger.npy", larger)
        self.save("zero.npy", self.changed(11, slice(None), 0))
        self.save("constant.npy", self.changed(12, slice(None), 5))
        self.save("start.npy", rows[:-1, :2])
        self.save("start3.npy", rows[:, :3])
        self.save("nan-start.npy", self.changed(9, 1, np.nan)[:, :2])
        self.save("plane.npy", rows[:, :2])
        self.save("few-labels.npy", self.labels[:-1])
        self.save("real-labels.npy", rows[:, 0])
        self.save("wide-labels.npy", np.ones((ROWS, 2), np.int32))
        self.save("wide.npy", np.hstack([rows, rows]))

    def images(self):
        pixels = np.random.default_rng(0).integers(0, 255, (ROWS, 4, 2)).astype(np.uint8)
        whole = idx_bytes(pixels)
        packed = gzip.compress(whole)
        self.write("cut.idx", whole[:-100])
        self.write("more.idx", whole + b"x")
        self.write("cut.idx.gz", packed[: len(packed) // 2])
        self.write("flipped.idx.gz", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:])
        self.write("huge.idx.gz", gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12))
        self.write("nan.idx", idx_bytes(self.changed(2, 2, np.nan).astype(">f4"), 0x0D))
        self.write("line.idx", idx_bytes(pixels.ravel()))
        self.write("type.idx", b"\0\0\x07\x02" + whole[4:])

    def vectors(self):
        lengths = np.full((ROWS, 1), COLUMNS, np.int32).view(np.float32)
        rows = np.hstack([lengths, self.rows]).tobytes()
        self.write("cut.fvecs", rows[:-3])
        self.write("uneven.fvecs", rows[:36] + np.int32(5).tobytes() + rows[40:])
        self.write("negative.fvecs", np.int32(-8).tobytes() + rows[4:])
        self.write("nan.fvecs", rows[:40] + np.float32(np.nan).tobytes() + rows[44:])
        shape = np.array([ROWS, COLUMNS], np.uint32)
        self.write("cut.fbin", shape.tobytes() + self.rows.tobytes()[:-3])
        self.write("huge.fbin", np.array([2**32 - 1] * 2, np.uint32).tobytes() + self.rows.tobytes())
        self.write("short.u8bin", b"\1\0\0")

    def tables(self):
        self.write("short.csv", b"a,b,c\n1,2,3\n4,5\n6,7,8\n9,1,2\n")
        self.write("word.csv", b"1,2,3\n4,5,6\n7,many,9\n1,1,1\n")
        self.write("gap.csv", b"1,2,3\n4,,6\n7,8,9\n1,1,1\n")
        self.write("nan.csv", b"1,2,3\n4,nan,6\n7,8,9\n1,1,1\n")
        self.write("header.csv", b"a,b,c\n")
        self.write("headers.csv", b"a,b,c\n1,2,3,4,5\n1,2,3,4,5\n")
        self.write("blank.csv", b"\n\n# nothing\n")
        self.write("names.tsv", b"\tx\ty\ncell1\t1\t2\ncell2\t3\t?\ncell3\t3\t4\ncell4\t5\t6\n")
        np.savetxt(self.folder / "fewer.csv", self.rows[:-1, :2], delimiter=",", header="x,y", comments="")
        np.savetxt(self.folder / "clusters.csv", self.rows[:, :3], delimiter=",", header="x,y,z", comments="")
        np.savetxt(self.folder / "beside.csv", self.rows[:, :2], delimiter=",", header="tsne1,cluster", comments="")
        self.write("binary.csv", np.random.default_rng(3).bytes(3000))
        self.write("notes.txt", b"these are not numbers\n" * 9)

    def hdf5(self):
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["group/rows"] = self.rows
            file["line"] = self.rows[:, 0]
            file["cube"] = self.rows.reshape(ROWS, 2, 4)
            file["words"] = np.array([b"a", b"b"] * 10).reshape(10, 2)
            file["records"] = np.zeros((9, 2), dtype=[("x", "f4"), ("y", "f4")])
            file["none"] = self.rows[:0]
            file["nan"] = self.changed(205, 3, np.nan)
            file["dangling"] = h5py.SoftLink("/nowhere")
            file["elsewhere"] = h5py.ExternalLink("nowhere.h5", "/rows")
            file.create_dataset("unwritten", (ROWS, COLUMNS), "f4")
            file.create_dataset("chunks", data=self.rows, chunks=(30, COLUMNS), fletcher32=True)
            chunk = file["chunks"].id.get_chunk_info(3)
            with_external = file.create_dataset("outside", (ROWS, COLUMNS), "f4", external=[("nowhere.bin", 0, 4 * ROWS * COLUMNS)])
            del with_external
        whole = bytearray((self.folder / "data.h5").read_bytes())
        self.write("cut.h5", whole[: len(whole) // 2])
        whole[chunk.byte_offset + 40] ^= 0x10
        self.write("flipped-chunk.h5", whole)

    def anndata(self):
        """cells.h5ad, and what else such a file may be."""
        def cells(name, **more):
            with h5py.File(self.folder / name, "w") as file:
                file.attrs["encoding-type"] = "anndata"
                file["obs/_index"] = [f"cell {i}" for i in range(ROWS)]
                file["obs"].attrs["_index"] = "_index"
                file["obs/depth"] = self.rows[:, 0]
                file["obs/kind/codes"] = more.get("codes", (np.arange(ROWS) % 3).astype(np.int8))
                file["obs/kind/categories"] = np.array(["alpha", "beta", "gamma"], h5py.string_dtype())
                file["obs/kind"].attrs["encoding-type"] = "categorical"
                file["X/data"] = self.rows[:, 0]
                file["X"].attrs["encoding-type"] = "csr_matrix"
                if more.get("components", True):
                    file["obsm/X_pca"] = self.rows
                file["obsm/X_umap"] = self.rows[:, :2]
        cells("cells.h5ad")
        cells("raw.h5ad", components=False)
        cells("codes.h5ad", codes=np.full(ROWS, 7, np.int8))
        content = (self.folder / "cells.h5ad").read_bytes()
        assert b"GCOL" in content  # HDF5's mark of a heap of strings
        self.write("names.h5ad", content.replace(b"GCOL", b"LOST"))

    def no_files(self):
        """What has a name but is no file that can be read."""
        (self.folder / "folder.npy").mkdir()
        (self.folder / "folder.cfg").mkdir()
        os.symlink("loop.npy", self.folder / "loop.npy")
        os.symlink("gone.npy", self.folder / "dangling.npy")
        os.mkfifo(self.folder / "pipe.npy")
        os.mkfifo(self.folder / "pipe.cfg")
        os.mkfifo(self.folder / "pipe.json")
        with socket.socket(socket.AF_UNIX) as listener:
            before = os.getcwd()
            os.chdir(self.folder)  # a socket's path may have 107 letters
            listener.bind("socket.npy")
            os.chdir(before)
        (self.folder / "closed.npy").write_bytes((self.folder / "rows.npy").read_bytes())
        (self.folder / "closed.npy").chmod(0)
        (self.folder / "there").mkdir()
        (self.folder / "there/embedding.npy").write_bytes(b"precious")
        (self.folder / "mine").mkdir()
        self.save("mine/embedding.npy", self.rows)
        (self.folder / "taken.h5").write_bytes(b"precious")

    def edited(self, source, name, edit):
        shutil.copy(self.folder / source, self.folder / name)
        with h5py.File(self.folder / name, "r+") as file:
            edit(file)

    def made(self, run):
        """What FleetSNE wrote, and what became of it."""
        run("embed rows.npy --perplexity 15 --early-iterations 20 --iterations 20 --neighbors.save nn.h5 --output ref")
        run("affinity rows.npy --perplexity 15 --output a.h5")
        (self.folder / "stopped/embedding.png/in the way").mkdir(parents=True)  # so that the last checkpoint stays
        run("embed rows.npy --perplexity 15 --early-iterations 10 --iterations 10 --checkpoint.minutes 0.00001 --output stopped --force")
        self.affinities()
        self.neighbors()
        self.embeddings()
        self.checkpoints()
        for name, text in {"list": "[1, 2]", "kinds": '{"exit_code": "none", "stages": 5, "files": {}}', "cut": '{"exit_'}.items():
            (self.folder / f"{name}.json").write_text(text)

    def affinities(self):
        whole = (self.folder / "a.h5").read_bytes()
        self.write("cut-a.h5", whole[:-500])
        flipped = bytearray(whole)
        flipped[-3000] ^= 1
        self.write("flipped-a.h5", flipped)
        self.edited("a.h5", "version-a.h5", lambda file: file.attrs.modify("affinity_format", np.uint64(99)))
        self.edited("a.h5", "tableless-a.h5", lambda file: file.__delitem__("tiles"))
        self.edited("a.h5", "about-a.h5", lambda file: file["about"].write_direct(np.full(file["about"].shape, 32, np.uint8)))

    def neighbors(self):
        with h5py.File(self.folder / "nn.h5") as file:
            indices, distances = file["indices"][:], file["distances"][:]
        self.save("i.npy", indices)
        self.save("d.npy", distances)
        self.save("real-i.npy", indices.astype(np.float32))
        self.save("short-d.npy", distances[:, 1:])

        def bad(name, array, row, column, value):
            array = array.copy()
            array[row, column] = value
            self.save(name, array)

        bad("far-i.npy", indices, 200, 3, ROWS)
        bad("negative-i.npy", indices, 5, 0, -2)
        bad("twice-i.npy", indices, 17, 1, indices[17, 2])
        bad("nan-d.npy", distances, 60, 2, np.nan)
        bad("negative-d.npy", distances, 60, 2, -1)
        self.edited("nn.h5", "nameless-nn.h5", lambda file: file.move("distances", "d"))
        self.edited("nn.h5", "other-nn.h5", lambda file: file.attrs.modify("input_digest", np.uint64(5)))
        whole = (self.folder / "nn.h5").read_bytes()
        self.write("cut-nn.h5", whole[:-500])

    def embeddings(self):
        result = "ref/embedding.h5ad"

        def set_to(path, value):
            def edit(file):
                del file[path]
                file[path] = value
            return edit

        self.edited(result, "stateless.h5ad", lambda file: file.__delitem__("uns/tsne/state"))
        self.edited(result, "stepless.h5ad", lambda file: file.__delitem__("obsm/tsne_step"))
        def without_checksums(file):
            set_to("obsm/tsne_gains", np.full((ROWS, 2), -1, np.float32))(file)
            del file["uns/tsne/digests"]

        self.edited(result, "gain.h5ad", without_checksums)
        self.edited(result, "short-step.h5ad", set_to("obsm/tsne_step", np.zeros((ROWS - 1, 2), np.float32)))
        self.edited(result, "iteration.h5ad", set_to("uns/tsne/state/iteration", -5))
        self.edited(result, "word.h5ad", set_to("uns/tsne/state/iteration", "many"))
        self.edited(result, "pca.h5ad", set_to("uns/tsne/config/input/pca", 1e300))
        self.edited(result, "dof.h5ad", set_to("uns/tsne/config/optimize/dof", 1e9))
        self.edited(result, "moved.h5ad", set_to("uns/tsne/config/input/files", "elsewhere.npy"))
        whole = (self.folder / result).read_bytes()
        self.write("cut.h5ad", whole[: len(whole) // 2])

    def checkpoints(self):
        """Folders in which there is no good state."""
        states = sorted((self.folder / "stopped/checkpoint").glob("state-*.h5"))
        assert states, "the run that was stopped left no checkpoint"

        def folder(name, change):
            (self.folder / name).mkdir()
            for state in states:
                change(state, self.folder / name / state.name)

        def attribute(name, change):
            def edit(source, target):
                shutil.copy(source, target)
                with h5py.File(target, "r+") as file:
                    change(file.attrs)
            folder(name, edit)

        folder("cut-checkpoint", lambda source, target: target.write_bytes(source.read_bytes()[:-500]))

        def flip(source, target):
            content = bytearray(source.read_bytes())
            with h5py.File(source) as file:
                content[file["positions"].id.get_offset() + 100] ^= 1
            target.write_bytes(content)
        folder("flipped-checkpoint", flip)
        attribute("version-checkpoint", lambda attributes: attributes.modify("state_format", np.uint64(99)))
        attribute("begun-checkpoint", lambda attributes: attributes.__delitem__("complete"))
        shutil.copy(self.folder / "flipped-checkpoint" / states[-1].name, self.folder / "flipped-state.h5")
        shutil.copy(self.folder / "begun-checkpoint" / states[-1].name, self.folder / "begun-state.h5")
        (self.folder / "no-checkpoint").mkdir()
