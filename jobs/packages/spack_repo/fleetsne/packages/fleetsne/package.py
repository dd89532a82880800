# Copyright Spack Project Developers. See COPYRIGHT file for details.
#
# SPDX-License-Identifier: (Apache-2.0 OR MIT)

import os

from spack_repo.builtin.build_systems.cmake import CMakePackage, generator

from spack.package import *


class Fleetsne(CMakePackage):
    """Distributed-memory t-SNE and UMAP embeddings of millions of points, over MPI."""

    homepage = "https://fleetsne.invalid"
    # The clone of FleetSNE that holds this recipe.
    git = f"file://{ancestor(__file__, 7)}"

    license("BSD-3-Clause")

    sanity_check_is_file = ["bin/fleetsne", "share/fleetsne/jobs/embed.sbatch"]

    version("main", branch="main")
    version("0.1.0", branch="main")  # the release to come

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")

    depends_on("mpi@3.1:")
    depends_on("hdf5@1.10: +mpi")
    depends_on("fftw@3.3: +mpi precision=double,float")

    depends_on("boost@1.74: +program_options")
    depends_on("c-blosc")
    depends_on("cairo +png")
    depends_on("fmt@9:10")
    depends_on("highway@1.0.3:")
    depends_on("libzip")
    depends_on("liblzf")
    depends_on("lz4")
    depends_on("pango")
    depends_on("xxhash@0.8:")
    depends_on("zlib-api")
    depends_on("zstd")

    # Headers alone.
    depends_on("eigen@3.4", type="build")
    depends_on("hnswlib", type="build")
    depends_on("nlohmann-json@3.11:", type="build")
    depends_on("random123", type="build")

    depends_on("googletest +gmock", type="test")

    conflicts("%gcc@:11", msg="FleetSNE needs g++ 12 or clang 17")
    conflicts("%clang@:16", msg="FleetSNE needs g++ 12 or clang 17")

    generator("ninja")

    def cmake_args(self):
        return [self.define("FLEETSNE_TESTS", self.run_tests)]

    def test_embed(self):
        """embed generated points with two ranks"""
        mpirun = which("mpirun", "mpiexec", path=[self.spec["mpi"].prefix.bin]) or which(
            "mpirun", "mpiexec", required=True
        )
        fleetsne = self.prefix.bin.fleetsne
        launcher = Executable(self.prefix.share.fleetsne.jobs.join("launcher.sh"))
        settings = launcher("root", "oversubscribe", "unbound", output=str)
        for setting in settings.split():
            name, value = setting.split("=", 1)
            mpirun.add_default_env(name, value)
        mpirun("-n", "2", fleetsne, "generate", "--rows", "2000", "--output", "rows.npy")
        mpirun("-n", "2", fleetsne, "embed", "rows.npy", "--iterations", "50", "--output", "out")
        assert os.path.getsize(join_path("out", "embedding.h5ad")) > 0
