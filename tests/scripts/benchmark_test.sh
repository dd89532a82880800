#!/bin/bash
# jobs/benchmark.sh from its input to its table, on the first 1,000 images; and with a program that fails.
#   benchmark_test.sh ROOT PROGRAM FOLDER    exit code 77: what it compares with is not installed
set -euo pipefail

root=$1 program=$2 out=$3
for package in $(bash "$root/jobs/install-packages.sh" --list --benchmark); do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || {
    echo "skipped: $package is not installed (bash jobs/install-packages.sh --benchmark)"
    exit 77
  }
done

fail() {
  echo "FAILED: $1"
  tail -n 5 "$out"/*.log
  exit 1
}
benchmark() { bash "$root/jobs/benchmark.sh" --rows 1000 --perplexity 20 --iterations 50 --output "$out" "$@"; }

benchmark --fleetsne "$program" --runs 2 --programs fleetsne,umap,scikit-learn,rtsne,uwot | tee "$out.stdout" || fail "exit code"

order=$(cut -f 1,2 "$out/runs.tsv" | tr '\t\n' '. ')
turns='fleetsne-ranks.R fleetsne-threads.R umap.R scikit-learn.R rtsne.R uwot.R '
[ "$order" = "${turns//R/1}${turns//R/2}" ] || fail "programs do not take turns: $order"
[ "$(grep -c '^| .*| [0-9.]* | [0-9.]* | [0-9]* | 0[.][0-9]* | 0[.][0-9]* |$' "$out/table.md")" -eq 6 ] || fail "rows of table.md"
grep -q '^uwot (UMAP) ' "$out.stdout" || fail "uwot is not called UMAP"
# Every program has seen the same rows in the same order: neighbours are kept, and labels agree, far above chance.
awk -F '\t' '$5 < 20000 || $6 < 0.3 || $7 < 0.6 { exit 1 }' "$out/runs.tsv" || fail "memory or quality: $(cat "$out/runs.tsv")"

# One that fails is named in the table; the others are measured, and the exit code says it.
cat >"$out/broken" <<'END'
#!/bin/bash
[ "$1" != --version ] || { echo "fleetsne 0.0.0" && exit 0; }
exit 5
END
chmod +x "$out/broken"
code=0
benchmark --fleetsne "$out/broken" --runs 1 --programs fleetsne,umap-learn >"$out.stdout" 2>"$out.stderr" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code with a program that fails"
grep -q 'fleetsne-ranks failed with exit code 5' "$out.stderr" || fail "no message"
[ "$(grep -c '^| fleetsne | 0.0.0 .*| failed |' "$out/table.md")" -eq 2 ] || fail "failures in table.md"
grep -q '^| umap-learn .*| 0[.][0-9]* |$' "$out/table.md" || fail "the other program's row"
echo "all as promised"
