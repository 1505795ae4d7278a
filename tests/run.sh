#!/usr/bin/env bash
# Installs what the tests need, builds without a warning and runs every test. See --help.
set -uo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
readonly root
readonly results="$root/artifacts/test-results"
readonly faults="$root/artifacts/faults.tsv"
readonly configuration=Release

# No build server outlives this script, so nothing is left behind and no two checkouts share one.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# Whoever started this in the background may have left it Ctrl-C ignored, and so would every program that a test interrupts.
defaults=(env --default-signal=INT,QUIT)
"${defaults[@]}" true 2>/dev/null || defaults=(env)

passed=0 failed=0 skipped=0
bench='' bench_arguments=()
patience=8m # with a test that does not end

usage() {
  cat <<'END'
Usage: bash tests/run.sh [OPTION]

Installs what the tests need (Debian packages, as root), restores, builds in Release without a warning and runs every test
project. Then it tells which faults were made how often, and what they did; the last line is "N passed, N failed, N skipped". The exit
code is 0 only if nothing failed. A test whose fault this machine cannot make (no loop device, no strace) says so and is skipped.

  --full    makes every fault as often as the guarantees say (hours), and not a few times; a seed that a test printed is made
            again with RESTBROKER_SEED=N
  --bench [ARGUMENT...]
            measures instead of testing: writes the table to artifacts/bench.tsv (and .md) and compares its ratios with the committed
            ones of tests/RestBroker.Benchmarks/baseline.tsv, within 5 % for items of 1 KiB and 15 % for larger ones. It reports;
            nothing fails by a figure, since a machine is never alone. About thirteen minutes; what follows is for the benchmarks:
            scenarios, --seconds S, --pairs N, --full (an hour), micro; --bench --help tells them all
  --help    this text

Needs: the .NET 10 SDK and bash. Results in full: artifacts/test-results/*.trx
END
}

main() {
  parse "$@"
  cd -- "$root" || exit 1
  if [ -n "$bench" ]; then measure; exit; fi
  trap summary EXIT
  install_packages
  check_sdk
  build
  run_tests
}

parse() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --help | -h) usage; exit 0 ;;
      --full) export RESTBROKER_FULL=1; patience=300m ;;
      --bench) bench=1; shift; bench_arguments=("$@"); return ;; # the rest is the benchmarks'
      *) echo "tests/run.sh: there is no option '$1'; see --help." >&2; exit 2 ;;
    esac
    shift
  done
}

# The compiler and zlib are for the native console tool; the python modules read what the broker writes; strace and a file system of a
# test's own make faults.
install_packages() {
  local missing=()
  command -v curl >/dev/null || missing+=(curl)
  command -v jq >/dev/null || missing+=(jq)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v npm >/dev/null || missing+=(nodejs npm)
  command -v clang >/dev/null || command -v gcc >/dev/null || missing+=(clang)
  [ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
  command -v strace >/dev/null || missing+=(strace)
  command -v mkfs.ext4 >/dev/null || [ -x /usr/sbin/mkfs.ext4 ] || missing+=(e2fsprogs)
  /usr/bin/python3 -c 'import kafka.record, snappy, lz4.frame, zstandard' 2>/dev/null ||
    missing+=(python3-kafka python3-snappy python3-lz4 python3-zstandard)
  [ ${#missing[@]} -eq 0 ] && return

  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    give_up "The tests need these Debian packages, which only root can install here: ${missing[*]}. Run
  sudo apt-get install ${missing[*]}
and then this script again."
  fi
  step "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  quietly apt-get update -q
  quietly apt-get install -q -y --no-install-recommends "${missing[@]}"
}

check_sdk() {
  command -v dotnet >/dev/null || give_up "The tests need the .NET 10 SDK: https://dotnet.microsoft.com/download/dotnet/10.0"
  local version
  version=$(dotnet --version)
  [ "${version%%.*}" -ge 10 ] 2>/dev/null || give_up "The tests need the .NET 10 SDK; this one is $version."
}

build() {
  step "Restoring the locked packages"
  quietly dotnet restore RestBroker.sln --locked-mode --verbosity quiet
  step "Building in $configuration; a warning is an error"
  quietly dotnet build RestBroker.sln --configuration $configuration --no-restore --verbosity quiet -warnaserror
}

run_tests() {
  rm -rf -- "$results" "$faults"
  local project
  for project in tests/RestBroker.Tests tests/RestBroker.CrashTests; do
    [ -d "$project" ] && run_project "$project"
  done
}

measure() {
  check_sdk
  build
  step "Measuring the broker beside its limits"
  [ -z "${RESTBROKER_FULL:-}" ] || bench_arguments+=(--full)
  dotnet run --project tests/RestBroker.Benchmarks --configuration $configuration --no-build -- "${bench_arguments[@]:-all}"
}

run_project() {
  local name trx status=0
  name=$(basename "$1")
  trx="$results/$name.trx"
  step "Testing $name"
  "${defaults[@]}" dotnet test "$1" --configuration $configuration --no-build --results-directory "$results" \
    --logger "console;verbosity=minimal" --logger "trx;LogFileName=$name.trx" \
    --blame-hang-timeout $patience --blame-hang-dump-type none </dev/null || status=$?
  count "$trx" "$status"
}

count() { # results of a project, exit code of its run
  local counters total=0 executed=0 good=0
  counters=$(grep -o '<Counters [^>]*>' "$1" 2>/dev/null)
  if [ -n "$counters" ]; then
    total=$(counter total) executed=$(counter executed) good=$(counter passed)
  fi
  passed=$((passed + good))
  failed=$((failed + executed - good))
  skipped=$((skipped + total - executed))
  # A run that ended badly without a failed test (it hung, it crashed, it found no test) has failed all the same.
  if [ "$executed" -eq "$good" ] && { [ "$2" -ne 0 ] || [ "$total" -eq 0 ]; }; then failed=$((failed + 1)); fi
}

show_faults() {
  [ -f "$faults" ] || return 0
  step "Faults that were made"
  awk -F'\t' '{
    for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) }
    columns = NF
  } END {
    for (row = 1; row <= NR; row++) {
      line = sprintf("%-" width[1] "s", cell[row, 1])
      for (i = 2; i < columns; i++) line = line sprintf("  %" width[i] "s", cell[row, i])
      print line "  " cell[row, columns]
    }
  }' "$faults"
}

counter() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }

step() { printf '== %s\n' "$*"; }

quietly() { # shows what a command says only if it fails
  local log
  log=$(mktemp)
  if "$@" >"$log" 2>&1 </dev/null; then rm -f -- "$log"; return; fi
  cat -- "$log"
  rm -f -- "$log"
  give_up "This failed: $*"
}

give_up() {
  failed=$((failed + 1))
  printf '%s\n' "$*"
  exit 1
}

summary() {
  show_faults
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] || exit 1
}

main "$@"
