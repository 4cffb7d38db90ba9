"""How often the ranker reads a label rightly, on trained pairs and on held-out ones.

    python -m training.ranker.accuracy --preset cpu [--ranker FILE] [--vqvae FILE]

Every clip is a render through the picture tokenizer. The action of pairs of subject and action that
no training clip has says whether the ranker looks at the movement or at who moves.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.presets import Preset, preset_named
from training.ranker.batches import RankerBatch, RankerBatches
from training.ranker.clips import batches_of, held_out_clips
from training.ranker.config import RANKER_RECIPES, ranker_folder
from training.ranker.model import TEXT_WIDTHS, Ranker, load_ranker
from training.transformer.text_reader import LABELS, UNSTATED
from training.transformer.token_data import HELD_OUT
from training.transformer.tokens import TokenSet, token_file
from training.vqvae.config import vqvae_folder
from training.world.split import combinations

PAIRS = "held-out actions"
_AT_ONCE = 64


@dataclass(frozen=True)
class Accuracy:
    """Shares of clips, by label."""

    clips: int
    shown: dict[str, float]  # read off the pictures
    stages: float  # of frames
    stated: dict[str, float]  # off the sentence; "unstated" must be read as such

    def __str__(self) -> str:
        columns = (f"{name} {self.shown[name]:.1%} (text {self.stated[name]:.1%})"
                   for name in LABELS)  # fmt: skip
        return f"{self.clips} clips: {', '.join(columns)}, stage {self.stages:.1%}"


@torch.inference_mode()
def accuracy(model: Ranker, batches: RankerBatches, indices: np.ndarray) -> Accuracy:
    """Of the undamaged clips `indices`, which must not be empty."""
    shown, stated, stages = [], [], []
    for first in range(0, len(indices), _AT_ONCE):
        chosen = indices[first : first + _AT_ONCE].tolist()
        batch = batches.whole(chosen).to(next(model.parameters()).device)
        classes = read_classes(model, batch).cpu().numpy()
        read = model.shown(batch.text, batch.tokens)["stage"].argmax(2)
        stages.append((read == batch.stages).float().mean(1).cpu().numpy())
        shown.append(classes == batches.labels[chosen])
        told = [part.argmax(1) for part in model.read_text(batch.text).split(TEXT_WIDTHS, dim=1)]
        last = torch.tensor(TEXT_WIDTHS, device=batch.stated.device) - 1
        wanted = torch.where(batch.stated == UNSTATED, last, batch.stated)
        stated.append((torch.stack(told, dim=1) == wanted).cpu().numpy())
    shares = [np.concatenate(part).mean(0).tolist() for part in (shown, stated)]
    by_label = [dict(zip(LABELS, part, strict=True)) for part in shares]
    return Accuracy(len(indices), by_label[0], float(np.concatenate(stages).mean()), by_label[1])


@torch.inference_mode()
def read_classes(model: Ranker, batch: RankerBatch) -> Tensor:
    """Likeliest class of every label of the pictures, int64 [B, len(LABELS)]."""
    shown = model.shown(batch.text, batch.tokens)
    return torch.stack([shown[name].argmax(1) for name in LABELS], dim=1)


def groups(validation: RankerBatches, held_out: RankerBatches | None
           ) -> Iterator[tuple[str, RankerBatches, np.ndarray]]:  # fmt: skip
    """Name, set and clips of every group that is measured."""
    yield "trained pairs", validation, np.arange(len(validation))
    if held_out is None:
        return
    yield "held-out pairs", held_out, np.arange(len(held_out))
    trained = {pair[:2] for pair in combinations(False)}
    scenes = held_out.clips.clips.scenes
    new = [i for i, scene in enumerate(scenes) if (scene.subject, scene.action) not in trained]
    if new:
        yield PAIRS, held_out, np.array(new)


def action_table(model: Ranker, batches: RankerBatches, indices: np.ndarray) -> str:
    """What each action is taken for, in clips."""
    names, column = LABELS["action"], list(LABELS).index("action")
    read = read_classes(model, batches.whole(indices.tolist()))[:, column].numpy()
    real = batches.labels[indices, column]
    lines = []
    for action in sorted(set(real.tolist())):
        taken, counts = np.unique(read[real == action], return_counts=True)
        found = sorted(zip(counts.tolist(), taken.tolist(), strict=True), reverse=True)
        seen = ", ".join(f"{names[other]} {count}" for count, other in found)
        lines.append(f"  {names[action]}: {seen}")
    return "\n".join(lines)


def print_accuracies(preset: Preset, model: Ranker, vqvae: Path) -> None:
    validation = TokenSet.load(token_file(preset.name, "key", "validation"))
    held_out = held_out_clips(preset, vqvae, RANKER_RECIPES[preset.name].held_out_clips)
    sets = (
        batches_of(preset, {split: clips}, _AT_ONCE, 0)
        for clips, split in ((validation, "validation"), (held_out, HELD_OUT))
    )
    for name, batches, indices in groups(*sets):
        print(f"{name}, {accuracy(model, batches, indices)}", flush=True)
        print(action_table(model, batches, indices), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(RANKER_RECIPES), required=True)
    parser.add_argument("--ranker", type=Path, help="default: the preset's final one")
    parser.add_argument("--vqvae", type=Path, help="default: the preset's final VQVAE")
    options = parser.parse_args()
    model = load_ranker(options.ranker or ranker_folder(options.preset) / "final.pt")
    vqvae = options.vqvae or vqvae_folder(options.preset) / "final.pt"
    print_accuracies(preset_named(options.preset), model, vqvae)


if __name__ == "__main__":
    main()
