"""Trains the ranker on the key frames of stage 1's token set.

    python -m training.ranker.train --preset cpu --minutes 10 --processes 2

It needs the token set (training.transformer.token_data) and the caption tokenizer, and, for the
figures on held-out pairs, the picture tokenizer and the rendered world. An interrupted run goes on
when the same command is given again; --restart begins anew.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.common.budget import Budget, cosine_decay
from training.common.checkpoint import (
    Checkpoint,
    load_checkpoint,
    resume_from,
    save_checkpoint,
    take_checkpoint,
)
from training.common.distributed import (
    Process,
    average_gradients,
    default_processes,
    launch,
    number_of_main,
    same_everywhere,
)
from training.common.muon import make_optimizer, scale_learning_rate
from training.common.progress import Progress
from training.presets import preset_named
from training.ranker.accuracy import accuracy, groups
from training.ranker.batches import RankerBatches
from training.ranker.clips import batches_of, held_out_clips, key_clips, training_splits
from training.ranker.config import RANKER_RECIPES, Recipe, ranker_folder
from training.ranker.losses import ranker_losses
from training.ranker.model import Ranker
from training.ranker.redrawn import Redrawn, redrawn_file
from training.transformer.token_data import HELD_OUT
from training.vqvae.config import vqvae_folder
from training.vqvae.model import load_vqvae

CLIP = 1.0
"""Of the gradient's norm."""


@dataclass(frozen=True)
class Run:
    """One training run as the command line describes it; one of `minutes` and `steps` is set."""

    preset: str
    folder: Path
    minutes: float | None = None
    steps: int | None = None
    vqvae: Path | None = None
    """Gives the codes their first embeddings and tokenises the clips of held-out pairs; None
    starts at random and measures trained pairs only."""
    restart: bool = False
    seed: int = 0
    redrawn: Path | None = None
    """File of training.ranker.redraw: its clips as stage 1 draws them; None: there is none."""
    validate_every: float = 120.0
    """Seconds."""

    @property
    def recipe(self) -> Recipe:
        return RANKER_RECIPES[self.preset]

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def final(self) -> Path:
        return self.folder / "final.pt"


def is_muon_matrix(name: str, parameter: Tensor) -> bool:
    """Kernels and hidden layers; tables and heads go to AdamW."""
    return parameter.ndim >= 2 and not any(
        part in name for part in ("codes.", "duration.", "sentence.", "head.")
    )


class Trainer:
    """Owns the model, its optimizer and its clips in one process."""

    def __init__(self, run: Run, process: Process, batches: RankerBatches) -> None:
        self.run, self.process, self.batches = run, process, batches
        torch.manual_seed(run.seed)
        clips, recipe = batches.clips, run.recipe
        config = recipe.config(
            preset_named(run.preset),
            clips.config.boi_id - clips.config.codes,
            clips.config.pad_id - clips.config.codes,
            clips.tokenizer.line_break_id,
        )
        self.model = Ranker(config)
        if run.vqvae is not None:
            self.model.pictures.start_from_codebook(load_vqvae(run.vqvae).quantizer.codebook)
        self.model.to(process.device)
        self.optimizer = make_optimizer(
            self.model, recipe.muon_lr, recipe.adam_lr, recipe.weight_decay, is_muon_matrix
        )
        self.budget = Budget(run.minutes, run.steps)
        self.rng = np.random.default_rng((run.seed, process.rank))
        if run.checkpoint.exists() and not run.restart:
            self._resume(load_checkpoint(run.checkpoint))
        same_everywhere(self.model)

    def _resume(self, checkpoint: Checkpoint) -> None:
        if checkpoint.config != asdict(self.model.config):
            raise ValueError(
                f"{self.run.checkpoint} is of a ranker of other sizes: give --restart to begin anew"
            )
        resume_from(checkpoint, self.model, self.optimizer, self.budget, self.rng)
        # The stored stream is the main process's; the others go on with streams of their own.
        if not self.process.is_main:
            self.rng = np.random.default_rng((self.run.seed, self.process.rank, checkpoint.step))

    def share(self) -> float:
        return number_of_main(self.budget.share, self.process.device)

    def step(self, share: float) -> dict[str, Tensor]:
        """One update; returns the losses of the labels."""
        batch = self.batches.training(self.rng).to(self.process.device)
        scale_learning_rate(self.optimizer, cosine_decay(share))
        self.optimizer.zero_grad(set_to_none=True)
        losses = ranker_losses(self.model, batch, self.run.recipe.smoothing)
        torch.stack(list(losses.values())).sum().backward()
        average_gradients(self.model.parameters())
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.budget.step += 1
        return losses

    def save(self) -> None:
        config = asdict(self.model.config)
        state = take_checkpoint(self.model, self.optimizer, self.budget, self.rng, config)
        save_checkpoint(self.run.checkpoint, state)

    def save_final(self) -> None:
        """Weights only: what load_ranker wants."""
        config, weights = asdict(self.model.config), self.model.state_dict()
        final = Checkpoint(weights, config, None, self.budget.step, self.budget.elapsed)
        save_checkpoint(self.run.final, final)


def train(process: Process, run: Run) -> None:
    preset, recipe = preset_named(run.preset), run.recipe

    def clips(*splits: str) -> RankerBatches:
        return batches_of(preset, key_clips(preset, splits), recipe.batch, run.seed)

    own = clips(*training_splits(preset))
    if run.redrawn is not None:
        own.redrawn = Redrawn.load(run.redrawn)
    trainer = Trainer(run, process, own)
    measured = list(groups(clips("validation"), _held_out(run))) if process.is_main else []
    # Rendering the held-out clips is not training: the clock starts (or goes on) here.
    trainer.budget.resume(trainer.budget.step, trainer.budget.elapsed_before)
    progress = Progress(trainer.budget, "clips") if process.is_main else None
    if process.is_main:
        size = sum(p.numel() for p in trainer.model.parameters())
        print(f"Parameters: {size}; {len(trainer.batches)} clips", flush=True)
    checked = trainer.budget.elapsed
    while (share := trainer.share()) < 1:
        terms = trainer.step(share)
        if progress is None:
            continue
        progress.update(terms, recipe.batch * process.count)
        if trainer.budget.elapsed - checked > run.validate_every:
            _validate(trainer, measured)
            trainer.save()
            checked = trainer.budget.elapsed
    if progress is not None:
        progress.print_line()
        _validate(trainer, measured)
        trainer.save()
        trainer.save_final()


def _held_out(run: Run) -> RankerBatches | None:
    if run.vqvae is None:
        return None
    preset, recipe = preset_named(run.preset), run.recipe
    found = held_out_clips(preset, run.vqvae, recipe.held_out_clips)
    return batches_of(preset, {HELD_OUT: found}, recipe.batch, run.seed)


def _validate(trainer: Trainer, measured: list[tuple[str, RankerBatches, np.ndarray]]) -> None:
    trainer.model.eval()
    for name, batches, indices in measured:
        found = accuracy(trainer.model, batches, indices)
        print(f"== step {trainer.budget.step} {name}, {found}", flush=True)
    trainer.model.train()


def _parse() -> tuple[Run, int]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(RANKER_RECIPES), required=True)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="default: the preset's")
    length.add_argument("--steps", type=int)
    parser.add_argument("--processes", type=int, default=default_processes())
    parser.add_argument("--vqvae", type=Path, help="default: the preset's final VQVAE")
    parser.add_argument("--restart", action="store_true", help="ignore an earlier checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder (default: the preset's)")
    parser.add_argument("--redrawn", type=Path, help="file of training.ranker.redraw")
    options = parser.parse_args()
    minutes = options.minutes
    if minutes is None and options.steps is None:
        minutes = preset_named(options.preset).ranker_minutes
    run = Run(
        options.preset,
        options.out or ranker_folder(options.preset),
        minutes,
        options.steps,
        options.vqvae or vqvae_folder(options.preset) / "final.pt",
        options.restart,
        options.seed,
        options.redrawn or (kept if (kept := redrawn_file(options.preset)).exists() else None),
    )
    return run, options.processes


if __name__ == "__main__":
    run, processes = _parse()
    launch(train, processes, (run,))
