#!/bin/bash
# The Apptainer definition without Apptainer, which Debian lacks: its sections are whole, the files that it copies exist, its
# scripts pass shellcheck.
#   container_test.sh
#   FLEETSNE_CONTAINER=1 container_test.sh [FOLDER]    also runs %post and %test in a fresh Debian in FOLDER (or in a temporary
# one, which goes away), by chroot; as root, with the packages debootstrap and ca-certificates, from where apt has its packages.
set -euo pipefail
cd "$(dirname "$0")/../.."

definition=jobs/packages/fleetsne.def
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
fail() {
  echo "FAILED: $1"
  exit 1
}

# section NAME: its lines, without what they are indented by.
section() { awk -v name="%$1" '/^%/ { inside = ($1 == name); next } inside' "$definition" | sed 's/^    //'; }

known=" files post environment runscript test help labels "
found=$(sed -n 's/^%\([a-z]*\).*/\1/p' "$definition")
[ "$(sort <<<"$found" | uniq -d)" = "" ] || fail "a section is there twice"
for name in $found; do [[ $known == *" $name "* ]] || fail "%$name is no section of Apptainer's that is used here"; done
for name in $known; do section "$name" | grep -v '^ *#' >/dev/null || fail "%$name is missing or empty"; done
head -n 2 "$definition" | cmp -s - <(printf 'Bootstrap: docker\nFrom: debian:12\n') || fail "no base is named"
while read -r from to; do
  [ -z "$from" ] || [ -e "$from" ] || fail "%files has $from, which is not here"
  [ -z "$from" ] || [[ $to == /usr/src/fleetsne/* ]] || fail "%files has $from, which goes to '$to'"
done < <(section files)
for name in post environment runscript test; do
  { echo "#!/bin/sh" && section "$name"; } >"$work/$name"
  shellcheck "$work/$name" || fail "shellcheck of %$name"
done
echo "sections, files and scripts are as they should be"
[ -n "${FLEETSNE_CONTAINER:-}" ] || exit 0

[ "$(id -u)" -eq 0 ] || fail "a fresh root needs root"
root=$(realpath -m "${1:-$work/root}")
[ "$root" != / ] || fail "the fresh root is not /"
# shellcheck disable=SC2016  # for apt to expand
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
[ -n "$mirror" ] || fail "apt knows no bookworm here"
seconds=$SECONDS
[ -e "$root/bin/sh" ] || debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/debootstrap.log" ||
  fail "debootstrap: $(tail -n 5 "$work/debootstrap.log")"
echo "a fresh Debian after $((SECONDS - seconds)) s"
# The image's network and packages are the host's, as Apptainer has it.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
# in_root COMMAND...: what is mounted for it is gone when it ends.
in_root() {
  # shellcheck disable=SC2016  # for that shell to expand
  unshare --mount --propagation private /bin/sh -c 'for place in proc sys dev; do mount --rbind /$place "$0/$place"; done
    exec chroot "$0" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"' "$root" "$@"
}
while read -r from to; do
  [ -n "$to" ] || continue
  mkdir -p "$(dirname "$root$to")"
  rm -rf "$root$to"
  cp -r "$from" "$root$to"
done < <(section files)
for name in post test; do
  cp "$work/$name" "$root/tmp/$name"
  in_root /bin/sh "/tmp/$name" >"$work/$name.log" 2>&1 || fail "%$name: $(tail -n 40 "$work/$name.log")"
  echo "%$name done after $((SECONDS - seconds)) s"
done
tail -n 20 "$work/test.log"
cp "$work/runscript" "$root/tmp/runscript"
in_root /bin/sh /tmp/runscript help --commands | grep -x embed >/dev/null || fail "%runscript does not pass its arguments on"
echo "the container's steps are done"
