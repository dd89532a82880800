#!/bin/bash
# jobs/scaling.sh from its inputs to its table, on few points; the model alone, from what that left; a program that fails.
#   scaling_test.sh ROOT PROGRAM FOLDER
set -euo pipefail

root=$1 program=$2 out=$3
rm -rf "$out"

fail() {
  echo "FAILED: $1"
  tail -n 5 "$out"/logs/*.log
  exit 1
}
scaling() { bash "$root/jobs/scaling.sh" --output "$out" "$@"; }
expect() { grep -q -- "$1" "$out/table.md" || fail "not in table.md: $1"; }

scaling --fleetsne "$program" --ranks '1 2' --data generated --rows-generated 4000 --rows-timed 8000 --perplexity 10 \
  --iterations '10 10' --iterations-timed '20 20' >"$out.stdout" || fail "exit code"
[ "$(tail -n +2 "$out/runs.tsv" | cut -f 1 | tr '\n' ' ')" = "counters-generated-eighth-r1 counters-generated-eighth-r2 \
counters-generated-r1 counters-generated-r2 times-1 times-2 times-eighth times-few " ] || fail "runs.tsv"
expect '^### Generated: 4,000 points, k = 30, over ranks (measured)$'
expect '^| 2 | [0-9.]* | [0-9.]* | [12][.][0-9]* | [01][.][0-9]* | [-+]0[.][0-9]* | 1[.][0-9]* | 1[.][0-9]* | [0-9,]* | [0-9,]* |$'
expect '^### 8,000 generated points, 40 iterations, 1 thread a rank, on .* (measured)$'
expect '^| neighbors | [0-9.]* | [0-9.]* | [0-9.]* |$'
expect '^- iterations with 2 ranks at least 1.8 times as fast: [0-9.]*, '
expect '^### 100,000,000 points on 1,024 ranks, 40 iterations (modelled)$'
expect '^| neighbours: router | [0-9.]* | [0-9.]* | [0-9.]* | [0-9.]* | [0-9]*% |$'
expect '^- largest term at 1,024 ranks: '
# Whatever stands under a heading is one or the other.
if grep '^### ' "$out/table.md" | grep -v '(measured\|modelled)$'; then fail "a heading without a mark"; fi

# The model again, of another machine: no program, no runs, and only the model's part changes.
cp "$out/table.md" "$out.before"
scaling --only model --target-ranks 64 --bandwidth 25 >"$out.stdout" || fail "exit code of the model alone"
expect '^### 100,000,000 points on 64 ranks, 750 iterations (modelled)$'
expect ' 25 GB/s a node'
before=$(sed '/on 1,024 ranks/,$d' "$out.before")
[ "$before" = "$(sed '/on 64 ranks/,$d' "$out/table.md")" ] || fail "the measured part has changed"

# A program that fails is told of, the exit code says it, and nothing is left of what it would have replaced.
cat >"$out/broken" <<'END_OF_PROGRAM'
#!/bin/bash
exit 5
END_OF_PROGRAM
chmod +x "$out/broken"
code=0
scaling --fleetsne "$out/broken" --only counters --ranks 1 --data fashion-mnist >"$out.stdout" 2>"$out.stderr" || code=$?
[ "$code" -eq 1 ] || fail "exit code $code with a program that fails"
grep -q 'counters-fashion-mnist-r1 failed with exit code 5' "$out.stderr" || fail "no message"
if ls "$out"/reports/counters-* 2>/dev/null; then fail "reports of earlier runs"; fi
code=0
scaling --only model >"$out.stdout" 2>&1 || code=$?
[ "$code" -eq 1 ] || fail "exit code $code without runs"
grep -q '^No model: there are no runs counters' "$out.stdout" || fail "not said which runs the model lacks"
echo "all as promised"
