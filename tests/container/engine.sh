# shellcheck shell=bash
# Sourced by the container tests: chooses the engine, and prepares a base image where no registry can be reached.
#
# In:  ENGINE          docker or podman; without it docker where its engine answers, else podman
#      CONTAINER_BASE  program that prepares podman and a base image; it takes a folder, needs root, and prints the
#                      exports that podman then needs
# Out: $engine, ${build_flags[@]}, $base (the image of a bare Debian); skip, fail, passed

skip() {
  echo "skipped: container: $1"
  [ -z "${SUITE_SUMMARY:-}" ] || echo "skipped container: $1" >>"$SUITE_SUMMARY"
  exit 0
}

fail() {
  echo "FAIL: $1" >&2
  exit 1
}

passed() { echo "ok    $1"; }

engine=${ENGINE:-}
if [ -z "$engine" ]; then
  if docker info >/dev/null 2>&1; then engine=docker; else engine=podman; fi
fi
# shellcheck disable=SC2034 # for the scripts that source this
base=docker.io/library/debian:bookworm-slim
build_flags=()
if [ "$engine" = podman ]; then
  # A health check is part of Docker's image format alone.
  build_flags+=(--format docker)
  if [ -x "${CONTAINER_BASE:-}" ] && [ "$(id -u)" = 0 ]; then
    mkdir -p build
    exports=$("$CONTAINER_BASE" build/container) || fail "$CONTAINER_BASE could not prepare a base image"
    eval "$exports"
    build_flags+=(--pull=never --network host)
  fi
fi
command -v "$engine" >/dev/null || skip "neither Docker's engine nor podman is here"
"$engine" image inspect "$base" >/dev/null 2>&1 || "$engine" pull -q "$base" >/dev/null 2>&1 ||
  skip "$engine cannot get $base, and CONTAINER_BASE names nothing that prepares it"
