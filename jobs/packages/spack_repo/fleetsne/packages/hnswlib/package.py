# Copyright Spack Project Developers. See COPYRIGHT file for details.
#
# SPDX-License-Identifier: (Apache-2.0 OR MIT)

from spack_repo.builtin.build_systems.generic import Package

from spack.package import *


class Hnswlib(Package):
    """Header-only library for approximate nearest neighbors by hierarchical navigable small
    world graphs."""

    homepage = "https://github.com/nmslib/hnswlib"
    git = "https://github.com/nmslib/hnswlib.git"

    license("Apache-2.0")

    version("0.8.0", tag="v0.8.0", commit="c1b9b79af3d10c6ee7b5d0afa1ce851ae975254c")

    def install(self, spec, prefix):
        install_tree("hnswlib", prefix.include.hnswlib)
