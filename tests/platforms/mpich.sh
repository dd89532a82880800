#!/bin/bash
# In a root of Debian 13, in the tree: FleetSNE with MPICH. Debian's FFTW-MPI is Open MPI's alone, so FFTW's MPI libraries are
# built for MPICH from Debian's source package. Called by run.sh, with the tier as argument: job, tests or all.
set -euo pipefail
tier=${1:-all}

if ! grep -q deb-src /etc/apt/sources.list; then sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/source.list; fi
apt-get update --quiet
mapfile -t packages < <(bash jobs/install-packages.sh --list --tests | grep -v openmpi | grep -v -e fftw3-mpi -e python3-anndata -e slurm -e munge -e chromium)
export DEBIAN_FRONTEND=noninteractive
apt-get install --yes --quiet --no-install-recommends "${packages[@]}" mpich libmpich-dev libhdf5-mpich-dev dpkg-dev ca-certificates

fftw=/opt/fftw-mpich
if [ ! -e "$fftw/lib/libfftw3f_mpi.so" ]; then
  cd "$(mktemp -d)"
  apt-get source --quiet fftw3
  cd fftw3-*/
  for precision in --disable-float --enable-float; do
    ./configure --quiet --prefix="$fftw" --enable-shared --disable-static --disable-fortran --enable-mpi --enable-sse2 \
      "$precision" MPICC=mpicc.mpich
    make --silent -j "$(nproc)"
    make --silent install
    make --silent clean
  done
  cd /fleetsne
fi

# Found is one MPI; without FFTW's own libraries it is refused (there are none then, or Open MPI's).
if [ "$tier" = job ]; then tests=OFF; else tests=ON; fi
cmake -B build/mpich -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_PREFIX_PATH="$fftw" -DFLEETSNE_TESTS="$tests" \
  -DMPI_C_COMPILER=mpicc.mpich -DMPIEXEC_EXECUTABLE="$(command -v mpiexec.mpich)"
cmake --build build/mpich --parallel "$(nproc)"
export LD_LIBRARY_PATH=$fftw/lib
if [ "$tier" != tests ]; then
  data=/usr/share/datasets/fashion-mnist
  mpiexec.mpich -n 2 build/mpich/fleetsne embed "$data/train-images-idx3-ubyte.gz" "$data/t10k-images-idx3-ubyte.gz" \
    --input.pca 50 --perplexity 50 --output out/fashion-mnist --force
fi
if [ "$tier" != job ]; then
  code=0
  ctest --test-dir build/mpich -R '^(comm|data|io|neighbors|optimize|field|partition|affinity|init)' --output-on-failure \
    --output-junit /fleetsne/build/results.xml || code=$?
  exit "$code"
fi
