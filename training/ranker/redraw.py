"""Key frames redrawn cell by cell: renders as stage 1 would draw them.

    python -m training.ranker.redraw --preset cpu [--clips N] [--checkpoint FILE]

Every cell is drawn by stage 1 from the true cells before it, so a redrawn clip shows what its
scene says and has the faults of drawings: parts of a body that do not belong to one moment. What a
ranker reads rightly in nine of ten renders it reads off such bodies much less surely, and they are
what it has to judge.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.common.progress import format_seconds
from training.presets import PRESETS, data_folder, preset_named
from training.ranker.redrawn import Redrawn, redrawn_file
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.batches import Batches
from training.transformer.checkpoints import load_transformer, newest
from training.transformer.model import Transformer
from training.transformer.training_clips import training_clips
from training.world.captions import stated_caption

TEMPERATURE = 0.9
TOP_K = 20
DEFAULT_CLIPS = 8000
_AT_ONCE = 8


@torch.no_grad()
def redraw(
    model: Transformer, batches: Batches, clips: Sequence[int], generator: torch.Generator
) -> np.ndarray:
    """uint16 [B, 5, C]: every cell of the clips drawn anew, given the true ones before it."""
    batch = batches.batch(list(clips), np.random.default_rng([3, clips[0]]))
    with torch.autocast("cpu", torch.bfloat16):
        logits = model.logits(
            model(batch.text, batch.read, batch.hints, False, batch.opening), batch.hints
        )
    return _draw(logits.float() / TEMPERATURE, generator).numpy().astype(np.uint16)


def _draw(logits: Tensor, generator: torch.Generator) -> Tensor:
    """A code of the TOP_K likeliest ones for each row: [..., K] -> int64 [...]."""
    values, codes = logits.topk(min(TOP_K, logits.shape[-1]), dim=-1)
    shares = values.softmax(-1).flatten(0, -2)
    drawn = torch.multinomial(shares, 1, generator=generator)
    return codes.flatten(0, -2).gather(1, drawn).view(logits.shape[:-1])


def redraw_clips(preset_name: str, checkpoint: Path, count: int, seed: int = 0) -> Redrawn:
    """`count` random ones of the ranker's training clips, redrawn by stage 1; prints progress."""
    preset = preset_named(preset_name)
    clips, storyboards = training_clips(preset, "key")
    tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
    model = load_transformer(checkpoint).eval()
    batches = Batches(
        model.config, clips, tokenizer, stated_caption, _AT_ONCE, storyboards=storyboards
    )
    chosen = np.random.default_rng(seed).permutation(len(clips))[:count]
    generator = torch.Generator().manual_seed(seed)
    parts, started = [], time.monotonic()
    for first in range(0, len(chosen), _AT_ONCE):
        parts.append(redraw(model, batches, chosen[first : first + _AT_ONCE].tolist(), generator))
        if first // _AT_ONCE % 50 == 49:
            left = (time.monotonic() - started) / (first + _AT_ONCE) * (count - first - _AT_ONCE)
            print(f"{first + _AT_ONCE}/{count} clips, {format_seconds(left)} left", flush=True)
    return Redrawn(np.concatenate(parts), chosen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--checkpoint", type=Path, help="default: stage 1's newest")
    parser.add_argument("--clips", type=int, default=DEFAULT_CLIPS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = options.checkpoint or newest(options.preset, "keyframes")
    out = redrawn_file(options.preset)
    redraw_clips(options.preset, checkpoint, options.clips).save(out)
    print(f"wrote {out}", flush=True)


if __name__ == "__main__":
    main()
