"""Is the text read? What a clip costs more when its caption names something else.

    python -m training.transformer.text_use --preset cpu [--checkpoint FILE] [--clips N]

A model that ignores a word gives a clip the same likelihood whatever the word; the difference in
nats per clip is what sampling has to go by.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from training.presets import PRESETS, data_folder
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.batches import Batches
from training.transformer.checkpoints import load_transformer, newest
from training.transformer.loss import token_losses
from training.transformer.model import Transformer
from training.transformer.rivals import changed_scene
from training.transformer.training_clips import split_clips
from training.world.captions import stated_caption
from training.world.scene import Scene

LANGUAGES = ("en", "zh")


@torch.no_grad()
def extra_nats(model: Transformer, batches: Batches, label: str, language: str) -> Iterator[float]:
    """Nats per clip that the wrong caption costs, for every clip whose caption states `label`."""
    told = batches.clips
    for index, scene in enumerate(told.scenes):
        other = changed_scene(scene, label, np.random.default_rng([index, 1]))
        own = stated_caption(scene, np.random.default_rng(index), language)
        if other is None or label not in own.states:
            continue
        costs = [_cost(model, batches, index, shown, language) for shown in (scene, other)]
        yield costs[1] - costs[0]


def _cost(model: Transformer, batches: Batches, index: int, told: Scene, language: str) -> float:
    """Nats of clip `index` under the caption of the scene `told`."""

    def caption(_: Scene, rng: np.random.Generator) -> str:
        return stated_caption(told, np.random.default_rng(index), language).text

    batch = replace(batches, caption=caption).batch([index], np.random.default_rng(index))
    return float(token_losses(model, batch).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--checkpoint", type=Path, help="default: stage 1's newest")
    parser.add_argument("--clips", type=int, default=48, help="validation clips")
    parser.add_argument("--labels", nargs="*", default=["direction", "action", "place", "subject"])
    arguments = parser.parse_args()
    preset = PRESETS[arguments.preset]
    tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
    model = load_transformer(arguments.checkpoint or newest(preset.name, "keyframes"))
    clips, _ = split_clips(preset, "key", "validation", arguments.clips)
    batches = Batches(model.config, clips, tokenizer, stated_caption, 1)
    print(
        f"{'caption names another':22} {'en':>16} {'zh':>16}   nats a clip, mean +- error (clips)"
    )
    for label in arguments.labels:
        row = []
        for language in LANGUAGES:
            found = np.array(list(extra_nats(model, batches, label, language)))
            error = found.std() / max(1, len(found)) ** 0.5
            row.append(f"{found.mean():6.2f}+-{error:4.2f} ({len(found):2})")
        print(f"{label:22} {row[0]:>16} {row[1]:>16}", flush=True)


if __name__ == "__main__":
    main()
