#!/bin/bash
# Installs the Debian packages that FleetSNE needs and that are missing; says which. The one list of them (Debian 12 and 13).
# What the archive of a release lacks comes from PyPI into build/python, a virtual environment beside the system's packages.
#   bash jobs/install-packages.sh            to build and run, and the data of the first job
#   bash jobs/install-packages.sh --tests    the tests' packages too
#   bash jobs/install-packages.sh --benchmark    those of the programs that jobs/benchmark.sh compares with
#   bash jobs/install-packages.sh --list [--tests] [--benchmark]    only prints the list
set -euo pipefail

build=(
  g++ cmake ninja-build pkg-config
  libopenmpi-dev openmpi-bin
  libhdf5-openmpi-dev
  libfftw3-dev libfftw3-mpi-dev
  libhnswlib-dev
  libboost-program-options-dev libfmt-dev nlohmann-json3-dev
  libcairo2-dev libpango1.0-dev libeigen3-dev librandom123-dev libxxhash-dev
  zlib1g-dev libblosc-dev liblz4-dev libzstd-dev libzip-dev liblzf-dev
)
# Text in pictures needs a font; the first job its images, and jq for its summary; python3 makes the tables of scaling.sh.
run=(fonts-dejavu-core fontconfig-config dataset-fashion-mnist jq python3)
# Debian's own python3 reads what the tests have written, and judges it; a browser shows it; the shell scripts and man pages are
# checked, too; jobs run in a Slurm cluster, ranks in two network namespaces; clang
# has the fuzzer (libFuzzer is in libclang-rt, its OpenMP in libomp).
tests=(libgtest-dev libgmock-dev python3-numpy python3-h5py python3-anndata python3-sklearn chromium shellcheck man-db munge slurm-wlm
  iproute2 clang libclang-rt-dev libomp-dev)
# The programs to compare with, and what makes their input and measures them.
benchmark=(time python3-numpy python3-sklearn r-base-core r-cran-rtsne r-cran-uwot umap-learn)

# What Debian 13 no longer has: the package on PyPI, in the version that the tests ran with.
declare -A from_pypi=([python3-anndata]="anndata==0.13.4" [umap-learn]="umap-learn==0.5.12")

packages=("${build[@]}" "${run[@]}")
list_only=no
for argument in "$@"; do
  case "$argument" in
    --tests) packages+=("${tests[@]}") ;;
    --benchmark) packages+=("${benchmark[@]}") ;;
    --list) list_only=yes ;;
    *)
      echo "install-packages: unknown argument $argument (known: --tests, --benchmark, --list)" >&2
      exit 2
      ;;
  esac
done
if [ "$list_only" = yes ]; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

if ! command -v dpkg-query >/dev/null; then
  echo "install-packages: this is not a Debian system (there is no dpkg-query). Install what these packages hold:" >&2
  echo "  ${packages[*]}" >&2
  exit 2
fi

python=$(dirname "$0")/../build/python
missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  if [ "$status" = installed ]; then continue; fi
  if [ -e "$python/has-$package" ]; then continue; fi
  missing+=("$package")
done
if [ "${#missing[@]}" -eq 0 ]; then
  echo "Debian packages: all ${#packages[@]} are installed"
  exit 0
fi
echo "Debian packages to install: ${missing[*]}"

as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install-packages: neither root nor sudo here. Ask an administrator to run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo "${as_root[@]}")
fi

install() { "${as_root[@]}" apt-get install --yes --quiet --no-install-recommends "$@" </dev/null; }
update() { "${as_root[@]}" apt-get update --quiet </dev/null; }

# The package lists may never have been fetched, or be older than what the archive holds now.
updated=no
if ! apt-cache show --no-all-versions "${missing[@]}" >/dev/null 2>&1; then
  update
  updated=yes
fi
here=() elsewhere=()
for package in "${missing[@]}"; do
  if [ -n "${from_pypi[$package]:-}" ] && [ -z "$(apt-cache madison "$package")" ]; then
    elsewhere+=("$package")
  else
    here+=("$package")
  fi
done
[ "${#elsewhere[@]}" -eq 0 ] || here+=(python3-venv)
if ! install "${here[@]}"; then
  [ "$updated" = no ] || exit 1
  update
  install "${here[@]}"
fi
if [ "${#elsewhere[@]}" -gt 0 ]; then
  [ -e "$python/bin/pip" ] || python3 -m venv --system-site-packages "$python"
  for package in "${elsewhere[@]}"; do
    echo "From PyPI, as this release has no $package: ${from_pypi[$package]}"
    "$python/bin/pip" install --quiet "${from_pypi[$package]}"
    touch "$python/has-$package"
  done
fi
