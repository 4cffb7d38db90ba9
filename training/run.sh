#!/usr/bin/env bash
# Trains a preset from nothing to the exported model package:
#
#     training/run.sh --preset micro|cpu|gpu|gpu-rehearsal [--processes N] [--workers N]
#                     [--time FACTOR] [--no-compile] [--no-export] [--from PACKAGE [--new-tokens]]
#
# --from       goes on from a model package: its weights, lower learning rates; its picture tokens
#              stay as they are, so that the transformer goes on at once
# --new-tokens trains the whole picture tokenizer further: sharper tokens of another meaning
# --processes  training processes; default: one for each GPU, without a GPU two
# --workers    host processes of each of them that draw ahead; default: the cores, without a GPU none
# --time       multiplies the preset's minutes, for a machine that is lent for less
#
# Every step is one command and is skipped when its result is there, and the training steps go on
# where they were interrupted, so the script can be stopped and started again at any time.
# Data and checkpoints: training/data/<preset> (FLIPBOOK_DATA overrides training/data).
set -euo pipefail
cd "$(dirname "$0")/.."

preset=""
processes=""
workers=""
time=1
package=""
new_tokens=""
compile=yes
with_export=yes
while [ $# -gt 0 ]; do
  case "$1" in
    --preset) preset="$2"; shift 2 ;;
    --processes) processes="$2"; shift 2 ;;
    --workers) workers="$2"; shift 2 ;;
    --time) time="$2"; shift 2 ;;
    --from) package="$2"; shift 2 ;;
    --new-tokens) new_tokens=yes; shift ;;
    --no-compile) compile=no; shift ;;
    --no-export) with_export=no; shift ;;
    *) echo "unknown option $1; see training/run.sh" >&2; exit 2 ;;
  esac
done
case "$preset" in
  micro | cpu | gpu | gpu-rehearsal) ;;
  *) echo "--preset must be micro, cpu, gpu or gpu-rehearsal" >&2; exit 2 ;;
esac

export OMP_NUM_THREADS=1
export FLIPBOOK_DATA="${FLIPBOOK_DATA:-$PWD/training/data}"
python="${PYTHON:-python3}"
folder="$FLIPBOOK_DATA/$preset"
mkdir -p "$folder"

field() { "$python" -c "from training.presets import PRESETS; print(PRESETS['$preset'].$1)"; }
minutes() { "$python" -c "print($(field "$1") * $time)"; }

gpus=$("$python" -c "import torch; print(torch.cuda.device_count())")
processes="${processes:-$([ "$gpus" -gt 0 ] && echo "$gpus" || echo 2)}"
if [ -z "$workers" ]; then
  workers=$([ "$gpus" -gt 0 ] && echo $(((($(nproc) - 1) / processes))) || echo 0)
fi
drawing=(--processes "$processes" --workers "$workers")
training=("${drawing[@]}")
[ "$gpus" -gt 0 ] && [ "$compile" = yes ] && training+=(--compile)

# step NAME RESULT COMMAND...: runs the command unless the file RESULT exists.
step() {
  local name="$1" result="$2"
  shift 2
  if [ -e "$result" ]; then
    echo "== $name: done ($result)"
    return
  fi
  echo "== $name: $*"
  local begin=$SECONDS
  "$@"
  [ -e "$result" ] || { echo "$name ended without writing $result" >&2; exit 1; }
  echo "== $name took $((SECONDS - begin)) s"
}

if [ "$preset" = micro ]; then
  render="$folder/render"
  step "world (coloured shapes)" "$render/plates.json" \
    "$python" -m training.world.synthetic --out "$render"
else
  render="$FLIPBOOK_DATA/render"
  if [ -e "$render.pack" ] && [ ! -e "$render" ]; then
    echo "== world: packed in $render.pack"
  else
    step "world (rendered)" "$render/plates.json" \
      node training/world/render/render.mjs --out "$render"
  fi
fi

step "caption tokenizer" "$folder/tokenizer.json" \
  "$python" -m training.text.train --preset "$preset"

pictures=()
keyframes=()
interpolation=(--init "$folder/keyframes/final.pt")
upscaler=()
if [ -n "$package" ]; then
  step "start from $package" "$folder/started_from.json" \
    "$python" -m training.warm_start --preset "$preset" --package "$package"
  lower=(--muon-lr 0.0026 --adam-lr 0.0021)
  pictures=(--init "$folder/vqvae/start.pt" --set full_frames_from=0 muon_lr=0.0015 adam_lr=0.001)
  keyframes=(--init "$folder/keyframes/start.pt" "${lower[@]}")
  [ -e "$folder/upscaler/start.pt" ] && upscaler=(--init "$folder/upscaler/start.pt")
  if [ -z "$new_tokens" ]; then
    [ -e "$folder/vqvae/final.pt" ] || cp "$folder/vqvae/start.pt" "$folder/vqvae/final.pt"
  fi
  # Stage 2 starts from stage 1 all the same: that gained more than going on from its own weights.
  interpolation+=(--muon-lr 0.003 --adam-lr 0.0025)
fi

# The image tokenizer reads the world from $FLIPBOOK_DATA/render, so it is told this preset's.
step "image tokenizer" "$folder/vqvae/final.pt" \
  env FLIPBOOK_DATA="$(dirname "$render")" \
  "$python" -m training.vqvae.train --preset "$preset" --out "$folder/vqvae" \
  --minutes "$(minutes vqvae_minutes)" "${training[@]}" "${pictures[@]}"

# Whole frames and frozen tokens: the decoder gains without a change to what was tokenised.
if [ "$(field decoder_minutes)" != 0 ]; then
  step "decoder on frozen tokens" "$folder/vqvae/decoder-finished" \
    env FLIPBOOK_DATA="$(dirname "$render")" bash -c '"$0" "$@" && touch "${!#}/decoder-finished"' \
    "$python" -m training.vqvae.train --preset "$preset" --freeze-encoder \
    --set square_weight=10 muon_lr=0.002 adam_lr=0.001 \
    --minutes "$(minutes decoder_minutes)" "${training[@]}" --out "$folder/vqvae"
fi

# Frames are shown larger than the decoder makes them; the larger renders say what they should show.
if [ "$(minutes upscaler_minutes)" != 0 ]; then
  large="$FLIPBOOK_DATA/render-large"
  step "world (rendered large)" "$large/plates.json" \
    node training/world/render/render.mjs --scale 3 --out "$large"
  step "upscaler" "$folder/upscaler/final.pt" \
    "$python" -m training.upscaler.train --preset "$preset" --render "$large" \
    --minutes "$(minutes upscaler_minutes)" --processes "$processes" "${upscaler[@]}"
fi

for kind in key interpolation; do
  step "tokens of the $kind clips" "$folder/tokens/$kind-validation.npz" \
    "$python" -m training.transformer.token_data --preset "$preset" --kind "$kind" \
    "${drawing[@]}"
done

if [ "$(field guests)" != 0.0 ]; then
  for kind in key interpolation; do
    step "tokens of the $kind clips of guests" "$folder/tokens/$kind-guests.npz" \
      "$python" -m training.transformer.token_data --preset "$preset" --kind "$kind" --guests \
      "${drawing[@]}"
  done
fi

if [ "$(field medleys)" != 0.0 ]; then
  step "tokens of the medleys" "$folder/tokens/key-medleys.npz" \
    "$python" -m training.transformer.token_data --preset "$preset" --kind key --medleys \
    "${drawing[@]}"
fi
if [ "$(field interpolation_medleys)" != 0.0 ]; then
  step "tokens of the interpolation medleys" "$folder/tokens/interpolation-medleys.npz" \
    "$python" -m training.transformer.token_data --preset "$preset" --kind interpolation \
    --medleys "${drawing[@]}"
fi
if [ "$(field facing)" != 0.0 ]; then
  step "tokens of the front views" "$folder/tokens/key-front-views.npz" \
    "$python" -m training.transformer.token_data --preset "$preset" --kind key --front-views \
    "${drawing[@]}"
fi

step "stage 1, key frames" "$folder/keyframes/final.pt" \
  "$python" -m training.transformer.train --preset "$preset" --stage keyframes \
  --minutes "$(minutes keyframes_minutes)" "${training[@]}" "${keyframes[@]}"

# It judges what stage 1 draws, so it learns from the clips of stage 1 and from what that makes of them.
if [ "$(field ranker_minutes)" != 0 ]; then
  step "key frames redrawn" "$folder/ranker/redrawn.npz" \
    "$python" -m training.ranker.redraw --preset "$preset"
  step "ranker" "$folder/ranker/final.pt" \
    "$python" -m training.ranker.train --preset "$preset" \
    --minutes "$(minutes ranker_minutes)" --processes "$processes"
fi

sharing=()
[ "$(field shared_base)" = True ] && sharing=(--share-base)
step "stage 2, interpolation" "$folder/interpolation/final.pt" \
  "$python" -m training.transformer.train --preset "$preset" --stage interpolation \
  --minutes "$(minutes interpolation_minutes)" "${training[@]}" \
  "${interpolation[@]}" "${sharing[@]}"

# Planner and sheet are made on a CPU, which would keep a lent GPU waiting.
if [ "$(field storyboard)" = True ] && { [ "$gpus" -eq 0 ] || [ "$with_export" = yes ]; }; then
  step "planner of storyboards" "$folder/storyboard/final.pt" \
    "$python" -m training.storyboard.train --preset "$preset"
fi
if [ "$gpus" -eq 0 ]; then
  step "sample sheet" "$folder/sheet.png" \
    "$python" -m training.transformer.sheet --preset "$preset" --out "$folder/sheet.png"
fi

[ "$with_export" = yes ] || exit 0

echo "== export"
"$python" -m training.export_onnx --preset "$preset"
echo "== verify"
"$python" -m training.verify_export --preset "$preset"
