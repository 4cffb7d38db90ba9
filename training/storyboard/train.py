"""Trains the planner of storyboards on captions: under a minute.

python -m training.storyboard.train --preset cpu [--steps N]

It needs the caption tokenizer and, to plan paths, the rendered world. In the end it prints how
often the action, and what else paths depend on, is read off captions of pairs and of word orders
that were never trained.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.common.budget import Budget, cosine_decay
from training.common.checkpoint import Checkpoint, save_checkpoint
from training.common.progress import Progress
from training.presets import PRESETS, Preset, data_folder, preset_named
from training.storyboard.axes import DIRECTIONS, GROUNDS
from training.storyboard.paths import path_table
from training.storyboard.planner import Planner, planner_config, planner_folder
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.token_data import preset_world
from training.world.captions import LANGUAGES, Caption, actionless_caption, stated_caption
from training.world.scene import Scene, sample_guest_scene, sample_scene
from training.world.subsets import subset_named

BATCH = 64
STEPS = 1500
RATE = 1e-2  # of AdamW
SMOOTHING = 0.02
EMPTY = 0.02  # share of the texts that say nothing
UNSTATED = 0.1  # share of the others that state no action
MEASURED = 1000  # captions
AXES = ("action", "direction", "ground")  # what is read off a prompt
NOT_ASKED = -100  # class of what does not matter: cross_entropy leaves it out
WATERSIDE = ("lake",)  # places with a shore


class Captions:
    """Draws prompts with their action, and with the direction and ground that paths depend on."""

    def __init__(self, preset: Preset, tokenizer: CaptionTokenizer) -> None:
        self.tokenizer, self.subset = tokenizer, subset_named(preset.subset)
        self.offset, self.slots, self.guests = preset.codes, preset.text_slots, preset.guests > 0

    def training(self, rng: np.random.Generator, count: int) -> tuple[Tensor, Tensor]:
        """Flat ids int64 [count, T] and classes int64 [count, AXES]; len(actions) = unstated."""
        texts, labels, unstated = [], [], [len(self.subset.actions), NOT_ASKED, NOT_ASKED]
        for _ in range(count):
            guest = self.guests and rng.random() < 1 / 3
            scene = (
                sample_guest_scene(rng) if guest else sample_scene(rng, "train", self.subset.name)
            )
            if rng.random() < EMPTY:
                texts.append("")
                labels.append(unstated)
            elif rng.random() < UNSTATED:
                texts.append(actionless_caption(scene, rng))
                labels.append(unstated)
            else:
                caption = stated_caption(scene, rng)
                texts.append(caption.text)
                labels.append(self.classes(scene, caption))
        return self.ids(texts), torch.tensor(labels)

    def held_out(self, language: str, template: bool, seed: int) -> tuple[Tensor, Tensor]:
        """As `training`, MEASURED captions of held-out pairs, in the word order that is never
        trained if `template`."""
        rng = np.random.default_rng(seed)
        scenes = [sample_scene(rng, "heldout", self.subset.name) for _ in range(MEASURED)]
        captions = [stated_caption(scene, rng, language, template) for scene in scenes]
        labels = [self.classes(*pair) for pair in zip(scenes, captions, strict=True)]
        return self.ids([caption.text for caption in captions]), torch.tensor(labels)

    def classes(self, scene: Scene, caption: Caption) -> list[int]:
        """Of every axis."""
        stated = "direction" in caption.states and scene.direction in DIRECTIONS
        direction = DIRECTIONS.index(scene.direction if stated else "unstated")
        wet = "place" in caption.states and scene.place in WATERSIDE
        ground = GROUNDS.index("waterside" if wet else "land")
        return [self.subset.actions.index(scene.action), direction, ground]

    def ids(self, texts: list[str]) -> Tensor:
        """Flat ids int64 [len(texts), T], cut and padded."""
        rows = np.full((len(texts), self.slots), self.offset + self.tokenizer.pad_id, np.int64)
        for row, text in zip(rows, texts, strict=True):
            pieces = self.tokenizer.encode(text)[: self.slots] if text else []
            row[: len(pieces)] = self.offset + np.array(pieces, np.int64)
        return torch.from_numpy(rows)


def train(preset: Preset, steps: int, out: Path, seed: int = 0) -> Planner:
    """Trains and saves a planner."""
    tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
    captions = Captions(preset, tokenizer)
    torch.manual_seed(seed)
    model = Planner(planner_config(preset, tokenizer))
    if model.paths is not None:
        model.paths.copy_(torch.from_numpy(path_table(captions.subset, preset_world(preset))))
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.01)
    rng, budget = np.random.default_rng(seed), Budget(None, steps)
    progress = Progress(budget, "captions")
    while (share := budget.share) < 1:
        text, labels = captions.training(rng, BATCH)
        for group in optimizer.param_groups:
            group["lr"] = RATE * cosine_decay(share)
        loss = sum(
            F.cross_entropy(logits, classes, label_smoothing=SMOOTHING, ignore_index=NOT_ASKED)
            for logits, classes in model.read(text, labels)
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        budget.step += 1
        progress.update({"action": loss.detach()}, BATCH)
    model.eval().requires_grad_(False)
    for language in LANGUAGES:
        for template, name in ((False, "held-out pairs"), (True, "held-out pairs and word order")):
            text, labels = captions.held_out(language, template, seed)
            right = [
                (logits.argmax(1) == c).float().mean() for logits, c in model.read(text, labels)
            ]
            read = ", ".join(
                f"{axis} {share:.1%}" for axis, share in zip(AXES, right, strict=False)
            )
            print(f"{language}, {name}, read off {MEASURED} captions: {read}")
    final = Checkpoint(model.state_dict(), asdict(model.config), None, budget.step, budget.elapsed)
    save_checkpoint(out, final)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    out = planner_folder(arguments.preset) / "final.pt"
    train(preset_named(arguments.preset), arguments.steps, out)
    print(f"wrote {out}")


if __name__ == "__main__":
    main()
