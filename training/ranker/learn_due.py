"""Teaches a trained ranker another table of storyboards, in seconds; what it sees stays.

    python -m training.ranker.learn_due --preset cpu --ranker FILE

Which stages are due follows from action and duration alone, so a change of
`training.storyboard.plan` needs no new training of the pictures' side.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from training.common.budget import cosine_decay
from training.common.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from training.presets import Preset, data_folder, preset_named
from training.ranker.config import RANKER_RECIPES, ranker_folder
from training.ranker.model import Ranker, load_ranker
from training.storyboard.axes import RATES
from training.storyboard.plan import due_classes
from training.text.caption_tokenizer import CaptionTokenizer
from training.transformer.text_reader import LABELS
from training.world.dataset import DURATION_TEXTS
from training.world.subsets import subset_named

STEPS = 400
RATE = 2e-2  # of Adam


def due_table(preset: Preset) -> Tensor:
    """int64 [rates, actions, 5]: classes of the stages that the storyboards of all actions tell."""
    subset = subset_named(preset.subset)
    return torch.tensor(
        [[due_classes(subset, action, rate) for action in LABELS["action"]] for rate in RATES]
    )


def duration_texts(preset: Preset, tokenizer: CaptionTokenizer) -> Tensor:
    """int64 [rates, L]: flat ids of every duration and the line break, padded."""
    rows = [[*tokenizer.encode(DURATION_TEXTS[rate]), tokenizer.line_break_id] for rate in RATES]
    length = max(map(len, rows))
    padded = [row + [tokenizer.pad_id] * (length - len(row)) for row in rows]
    return preset.codes + torch.tensor(padded)


def learn_due(model: Ranker, texts: Tensor, due: Tensor, steps: int = STEPS) -> float:
    """Trains `model.expected` alone; the loss in nats at the end."""
    model.requires_grad_(False)
    model.expected.requires_grad_(True)
    optimizer = torch.optim.Adam(model.expected.parameters(), RATE)
    loss = torch.zeros(())
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * cosine_decay(step / steps)
        loss = F.cross_entropy(model.expected_stages(texts).flatten(0, 2), due.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    model.requires_grad_(False)
    return float(loss.detach())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(RANKER_RECIPES), required=True)
    parser.add_argument("--ranker", type=Path, required=True, help="final.pt of a trained ranker")
    options = parser.parse_args()
    torch.manual_seed(0)
    preset, model = preset_named(options.preset), load_ranker(options.ranker)
    tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
    loss = learn_due(model, duration_texts(preset, tokenizer), due_table(preset))
    trained = load_checkpoint(options.ranker)
    out = ranker_folder(preset.name) / "final.pt"
    weights, config = model.state_dict(), asdict(model.config)
    save_checkpoint(out, Checkpoint(weights, config, None, trained.step, trained.elapsed))
    print(f"{loss:.4f} nats a frame; wrote {out}")


if __name__ == "__main__":
    main()
