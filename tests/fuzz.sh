#!/usr/bin/env bash
# Fuzzes a reader of bytes that come from outside. See --help.
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
readonly root
readonly project="$root/tests/RestBroker.Fuzz"
readonly work="$root/artifacts/fuzz"

usage() {
  cat <<'END'
Usage: bash tests/fuzz.sh json|ndjson|batch [SECONDS]

Tries inputs that afl-fuzz makes, guided by the code they reach, for so many seconds (600), and tells how many were tried and whether one
was taken badly. What was found stays in artifacts/fuzz and is gone on with by the next run. An input that was taken badly is tried alone by
  dotnet run --project tests/RestBroker.Fuzz -- TARGET FILE

Needs: the .NET 10 SDK, and afl++ (installed from Debian where this runs as root).
END
}

case "${1:-}" in
  json | ndjson | batch) ;;
  --help | -h) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac
readonly target=$1 seconds=${2:-600}

if ! command -v afl-fuzz >/dev/null; then
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends afl++ >/dev/null
fi
readonly program="$work/program"
mkdir -p -- "$work"
[ -x "$work/tool/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$work/tool" >/dev/null
rm -rf -- "$program"
dotnet publish "$project" --configuration Release --output "$program" --verbosity quiet
for assembly in RestBroker.Core RestBroker.Server RestBroker.Storage; do "$work/tool/sharpfuzz" "$program/$assembly.dll"; done

corpus="$project/Corpus/$target"
[ -d "$work/$target" ] && corpus=-
export AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 DOTNET_TieredPGO=0
afl-fuzz -i "$corpus" -o "$work/$target" -t 10000 -m none -V "$seconds" -- dotnet "$program/RestBroker.Fuzz.dll" "$target" >"$work/$target.log" 2>&1 ||
  { tail -n 20 -- "$work/$target.log"; exit 1; }

readonly stats="$work/$target/default/fuzzer_stats"
awk -v target="$target" -F' *: *' '{ value[$1] = $2 } END {
  crashes = ("saved_crashes" in value) ? value["saved_crashes"] : value["unique_crashes"]
  printf "%s: %d executions in %.2f hours, %s inputs kept, %d taken badly\n", target, value["execs_done"], value["run_time"] / 3600, value["corpus_count"], crashes
  exit crashes > 0
}' "$stats"
