#!/bin/bash
# Builds and tests the committed tree on another platform: in a fresh root made by debootstrap, by the commands of the README.
#   bash tests/platforms/run.sh PLATFORM [TIER]
# PLATFORM is one of
#   debian12          g++ 12, Open MPI 4.1, HDF5 1.10
#   debian13          g++ 14, Open MPI 5.0, HDF5 1.14
#   debian13-clang    the same with clang 19
#   mpich             Debian 13 with MPICH, HDF5 of MPICH, and an FFTW built for MPICH from Debian's source package
# TIER is
#   job      the README's main job: Fashion-MNIST by jobs/quickstart.sh
#   tests    the README's tests: tests/run.sh (with mpich those of comm, io, neighbors, optimize and the main job, see below)
#   all      both (default)
# Prints a table of the tests: passed, failed, skipped with reasons. Fails if a test failed, or was skipped for a reason that
# skips.txt does not allow on this platform.
# As root, with the packages debootstrap and git. The root is kept in build/platforms/PLATFORM (or FLEETSNE_PLATFORMS/PLATFORM)
# and used again; remove that folder to begin from scratch. Some 4 GB and 30 minutes for each platform on 2 cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() {
  echo "platforms: $1 (see the first lines of tests/platforms/run.sh)" >&2
  exit 2
}
platform=${1:-} tier=${2:-all}
case "$platform" in
  debian12) suite=bookworm ;;
  debian13 | debian13-clang | mpich) suite=trixie ;;
  *) usage "unknown platform '$platform'" ;;
esac
case "$tier" in job | tests | all) ;; *) usage "unknown tier '$tier'" ;; esac
[ "$(id -u)" -eq 0 ] || usage "a fresh root can only be made by root"
command -v debootstrap >/dev/null || usage "debootstrap is not installed"

folder=${FLEETSNE_PLATFORMS:-$PWD/build/platforms}
root=$folder/$platform
mkdir -p "$folder"
if [ ! -e "$root/made" ]; then
  # shellcheck disable=SC2016 # for apt to expand
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' | head -n 1)
  rm -rf --one-file-system "$root"
  debootstrap --variant=minbase "$suite" "$root" ${mirror:+"$mirror"} >"$folder/$platform.debootstrap.log" ||
    { tail -n 5 "$folder/$platform.debootstrap.log"; exit 1; }
  touch "$root/made"
fi
# The root reaches the package archives in the way that this machine does.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
mkdir -p "$root/usr/local/share/host"
cp -L /etc/ssl/certs/ca-certificates.crt "$root/usr/local/share/host/" 2>/dev/null || true
# The committed tree alone; what an earlier run built stays.
mkdir -p "$root/fleetsne"
find "$root/fleetsne" -mindepth 1 -maxdepth 1 ! -name build -exec rm -r {} +
git archive HEAD | tar -x --no-same-owner -C "$root/fleetsne"

# in_root COMMAND: in the tree, with what is mounted gone when it ends.
in_root() {
  # shellcheck disable=SC2016 # for that shell to expand
  unshare --mount --propagation private /bin/sh -c 'mount --bind "$0" "$0" # so that it is a mount of its own, as ip netns needs
    for place in proc sys dev; do mount --rbind /$place "$0/$place"; done
    exec chroot "$0" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
      PIP_CERT=/usr/local/share/host/ca-certificates.crt bash -euc "cd /fleetsne; $1"' "$root" "$1"
}

compiler=""
failed=0
case "$platform" in
  debian13-clang) compiler="export CC=clang CXX=clang++; " ;;
  mpich)
    cp tests/platforms/mpich.sh "$root/root/mpich.sh"
    in_root "bash /root/mpich.sh $tier" || failed=$?
    ;;
esac
if [ "$platform" != mpich ]; then
  in_root "apt-get update -q; apt-get install -yq --no-install-recommends ca-certificates" >"$folder/$platform.apt.log" 2>&1
  if [ "$platform" = debian13-clang ]; then in_root "bash jobs/install-packages.sh --tests" >>"$folder/$platform.apt.log" 2>&1; fi
  if [ "$tier" != tests ]; then in_root "${compiler}bash jobs/quickstart.sh" || failed=$?; fi
  if [ "$tier" != job ]; then
    in_root "${compiler}bash tests/run.sh --output-junit /fleetsne/build/results.xml" >"$folder/$platform.tests.log" 2>&1 || failed=$?
  fi
fi
if [ "$tier" != job ]; then
  python3 tests/platforms/table.py "$platform" "$root/fleetsne/build/results.xml" || failed=$?
fi
exit "$failed"
