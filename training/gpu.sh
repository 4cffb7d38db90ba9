#!/usr/bin/env bash
# Trains the gpu preset on a bare machine that runs one command at a time and only for minutes:
# the training goes on in a session of its own between the commands.
#
#     training/gpu.sh start [OPTIONS OF run.sh]   begins, or goes on after an interruption
#     training/gpu.sh wait SECONDS                shows the log; exit status 0 when all has ended,
#                                                 3 while it goes on, else that of the training
#     training/gpu.sh collect FOLDER              the weights so far, in files of at most 16 MiB
#
# The machine needs the repository, torch, sentencepiece, Pillow and safetensors, and the world that
# training.world.pack wrote, at training/data/render.pack. Elsewhere, training.import_shards takes
# up what was collected: to export the model or to go on with `start` on another bare machine.
# PRESET=gpu-rehearsal tries every command on a CPU.
set -euo pipefail
cd "$(dirname "$0")/.."

preset="${PRESET:-gpu}"
export FLIPBOOK_DATA="${FLIPBOOK_DATA:-$PWD/training/data}"
python="${PYTHON:-python3}"
folder="$FLIPBOOK_DATA/$preset"
log="$folder/run.log" pid_file="$folder/run.pid" status_file="$folder/run.status"

running() { [ -e "$pid_file" ] && [ ! -e "$status_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; }

start() {
  if running; then
    echo "already running, process $(cat "$pid_file")"
    return
  fi
  mkdir -p "$folder"
  rm -f "$status_file"
  # shellcheck disable=SC2016
  setsid nohup bash -c 'status=0; "$@" || status=$?; echo "$status" >"$0"' "$status_file" \
    training/run.sh --preset "$preset" --no-export "$@" >>"$log" 2>&1 </dev/null &
  echo $! >"$pid_file"
  echo "started process $!, log $log"
}

wait_for() {
  local seconds="$1"
  [ -e "$log" ] || { echo "nothing was started" >&2; exit 2; }
  if running; then
    timeout "$seconds" tail -n 20 -f --pid="$(cat "$pid_file")" "$log" || true
  else
    tail -n 20 "$log"
  fi
  if [ -e "$status_file" ]; then
    echo "ended with status $(cat "$status_file")"
    exit "$(cat "$status_file")"
  fi
  running || { echo "interrupted; start goes on from the last checkpoint" >&2; exit 1; }
  exit 3
}

command="${1:-}"
shift || true
case "$command" in
  start) start "$@" ;;
  wait) wait_for "${1:?wait SECONDS}" ;;
  collect) "$python" -m training.export_shards --preset "$preset" --out "${1:?collect FOLDER}" ;;
  *) sed -n '2,16p' "$0" >&2; exit 2 ;;
esac
