# shellcheck shell=bash
# Common to all steps, which source it first: strict mode, the working directory, the JDKs, skipped parts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p lab/target

peers=lab/target/ci-peers.env # written by .ci/peers
skipped=lab/target/ci-skipped # one reason a line

# The peers that the caller requires. If one is missing, the step fails in place of skipping its tests.
demanded=${RELAYPOD_REQUIRE_PEERS:-}
demanded=${demanded// /}

say() { echo "ci: $*"; }

# Usage: skip PEER REASON. Fails if the caller requires the peer.
skip() {
  case ",$demanded," in
    *",$1,"*) say "RELAYPOD_REQUIRE_PEERS names $1, and this machine skips $2" >&2; exit 1 ;;
  esac
  echo "$2" >>"$skipped"
  say "SKIPPED: $2" >&2
}

# Prints the home of an installed JDK of that version, or nothing.
jdk() {
  local home
  for home in /usr/lib/jvm/*; do
    if [ -x "$home/bin/javac" ] && "$home/bin/javac" -version 2>&1 | grep -q "^javac $1\b"; then
      echo "$home"
      return
    fi
  done
}

# Prints the home of a JDK of that version, or fails.
require_jdk() {
  local home
  home=$(jdk "$1")
  [ -n "$home" ] || { say "no JDK $1 is installed" >&2; return 1; }
  echo "$home"
}

# Prepares the step: the peers of this machine, and JDK 17 as JAVA_HOME.
prepare() {
  [ -f "$peers" ] || .ci/peers
  # shellcheck source=/dev/null
  . "$peers"
  JAVA_HOME=$(require_jdk 17)
  export JAVA_HOME
}
