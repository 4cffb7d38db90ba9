"""Trains the upscaler on frames of a finished picture tokenizer.

    python -m training.upscaler.train --preset cpu --minutes 15 --processes 2
    python -m training.upscaler.train --preset cpu --minutes 5 --init FINISHED

It needs the tokenizer (``vqvae/final.pt`` of the preset, or --vqvae) and the world rendered large
enough: ``node training/world/render/render.mjs --scale 3 --out training/data/render-large``. An
interrupted run goes on when the same command is given again; --restart begins anew, --init starts
from a finished upscaler, for instance after the tokenizer was trained further.
"""

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

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
    launch,
    number_of_main,
    same_everywhere,
)
from training.common.muon import make_optimizer, scale_learning_rate
from training.common.progress import Progress
from training.upscaler.config import UPSCALER_PRESETS, UpscalerConfig, upscaler_folder
from training.upscaler.losses import measure_enlargement, upscaler_loss
from training.upscaler.model import Upscaler
from training.upscaler.pairs import (
    PairPool,
    Pairs,
    PairSource,
    large_world_frames,
    reconstructed_pairs,
)
from training.vqvae.config import vqvae_folder
from training.vqvae.frames import moving_shapes
from training.vqvae.model import frames_to_tensor, load_vqvae
from training.world.paths import data_folder

VALIDATION_SEED = 7_000_003
VALIDATION_PAIRS = 96
RENEW_EVERY = 10
RENEWED = 24


@dataclass(frozen=True)
class Run:
    """One training run as the command line describes it."""

    config: UpscalerConfig
    folder: Path
    vqvae: Path
    minutes: float | None
    steps: int | None
    render: Path | None = None
    """Folder of the large render; None draws moving shapes instead of the world."""
    init: Path | None = None
    """A finished upscaler to start from."""
    restart: bool = False
    seed: int = 0
    validate_every: float = 180.0
    """Seconds."""

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def final(self) -> Path:
        return self.folder / "final.pt"


def pair_source(
    config: UpscalerConfig,
    vqvae: Path,
    render: Path | None,
    split: str = "train",
    clean_share: float = 0.0,
) -> PairSource:
    """Pairs through the tokenizer in the checkpoint ``vqvae``; see `Run` for ``render``."""
    large = config.large
    frames = moving_shapes(large) if render is None else large_world_frames(large, render, split)
    return reconstructed_pairs(frames, load_vqvae(vqvae), config, clean_share)


def as_tensors(pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
    """Small and large frames float [n, 3, h, w] in 0..1, and masks."""
    small, large = (frames_to_tensor(torch.from_numpy(f)) for f in (pairs.small, pairs.large))
    return small, large, torch.from_numpy(pairs.masks)


class Trainer:
    """Owns the model, its optimizer and its pairs in one process."""

    def __init__(self, run: Run, process: Process) -> None:
        self.run, self.process, config = run, process, run.config
        torch.manual_seed(run.seed)
        self.model = Upscaler(config).to(process.device, memory_format=torch.channels_last)
        if run.init is not None:
            self.model.load_state_dict(load_checkpoint(run.init).model)
        self.optimizer = make_optimizer(self.model, config.muon_lr, config.adam_lr)
        self.budget = Budget(run.minutes, run.steps)
        self.rng = np.random.default_rng((run.seed, process.rank))
        if run.checkpoint.exists() and not run.restart:
            self._resume(load_checkpoint(run.checkpoint))
        same_everywhere(self.model)

    def _resume(self, checkpoint: Checkpoint) -> None:
        resume_from(checkpoint, self.model, self.optimizer, self.budget, self.rng)
        # The stored stream is the main process's; the others go on with streams of their own.
        if not self.process.is_main:
            self.rng = np.random.default_rng((self.run.seed, self.process.rank, checkpoint.step))

    def load_pairs(self) -> None:
        run, config = self.run, self.run.config
        source = pair_source(config, run.vqvae, run.render, clean_share=config.clean_share)
        self.pool = PairPool(source, config, self.rng)
        if self.process.is_main:
            through = pair_source(config, run.vqvae, run.render)
            held = through(np.random.default_rng(VALIDATION_SEED), VALIDATION_PAIRS)
            self.validation = as_tensors(held)

    def share(self) -> float:
        return number_of_main(self.budget.share, self.process.device)

    def step(self, share: float) -> tuple[dict[str, Tensor], int]:
        """One update; returns the loss terms and the number of pictures in the batch."""
        small, large, mask = self._batch(share)
        scale_learning_rate(self.optimizer, cosine_decay(share))
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.process.device.type, torch.bfloat16):
            found = self.model(small)
        terms = upscaler_loss(found, large, mask)
        torch.stack(list(terms.values())).sum().backward()
        average_gradients(self.model.parameters())
        self.optimizer.step()
        self.budget.step += 1
        if self.budget.step % RENEW_EVERY == 0:
            self.pool.renew(min(RENEWED, self.run.config.pool))
        return terms, len(small)

    def _batch(self, share: float) -> tuple[Tensor, Tensor, Tensor]:
        config, device = self.run.config, self.process.device
        if share < config.full_frames_from:
            small, large, mask = self.pool.crops(config.crops)
        else:
            small, large, mask = self.pool.full_frames(config.frames)
        return (
            frames_to_tensor(small.to(device)),
            frames_to_tensor(large.to(device)),
            mask.to(device),
        )

    def save(self) -> None:
        config = asdict(self.run.config)
        state = take_checkpoint(self.model, self.optimizer, self.budget, self.rng, config)
        save_checkpoint(self.run.checkpoint, state)

    def save_final(self) -> None:
        """Weights only: what load_upscaler wants."""
        config, weights = asdict(self.run.config), self.model.state_dict()
        final = Checkpoint(weights, config, None, self.budget.step, self.budget.elapsed)
        if self.run.init is not None:  # what this run stands on
            before = load_checkpoint(self.run.init)
            final.step, final.elapsed = final.step + before.step, final.elapsed + before.elapsed
        save_checkpoint(self.run.final, final)

    def validate(self) -> None:
        small, large, masks = self.validation
        device = self.process.device
        found = torch.cat([self.model.upscale(part.to(device)).cpu() for part in small.split(16)])
        quality = measure_enlargement(found, large, masks)
        print(f"== step {self.budget.step} validation: {quality}", flush=True)


def train(process: Process, run: Run) -> None:
    trainer = Trainer(run, process)
    trainer.load_pairs()
    # Composing the pool is not training: the clock starts (or goes on) here.
    trainer.budget.resume(trainer.budget.step, trainer.budget.elapsed_before)
    progress = Progress(trainer.budget, "pictures") if process.is_main else None
    if process.is_main:
        model = trainer.model
        size = sum(p.numel() for p in model.parameters())
        print(f"Parameters: {size}; {model.operations / 1e9:.2f} GFLOP a frame", flush=True)
    checked = trainer.budget.elapsed
    while (share := trainer.share()) < 1:
        terms, count = trainer.step(share)
        if progress is None:
            continue
        progress.update(terms, count * process.count)
        if trainer.budget.elapsed - checked > run.validate_every:
            trainer.validate()
            trainer.save()
            checked = trainer.budget.elapsed
    if progress is not None:
        progress.print_line()
        trainer.validate()
        trainer.save()
        trainer.save_final()


def default_render() -> Path:
    """Where training/run.sh has the large world rendered to."""
    return data_folder() / "render-large"


def _parse() -> tuple[Run, int]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", choices=UPSCALER_PRESETS, default="cpu")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="wall-clock length of the run")
    length.add_argument("--steps", type=int)
    parser.add_argument("--processes", type=int, default=1, help="one thread each (on CPU)")
    parser.add_argument("--vqvae", type=Path, help="tokenizer (default: the preset's)")
    parser.add_argument("--render", type=Path, help="large render (default: render-large)")
    parser.add_argument("--init", type=Path, help="start from this finished upscaler")
    parser.add_argument("--restart", action="store_true", help="ignore an earlier checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder (default: the preset's)")
    options = parser.parse_args()
    run = Run(
        UPSCALER_PRESETS[options.preset],
        options.out or upscaler_folder(options.preset),
        options.vqvae or vqvae_folder(options.preset) / "final.pt",
        options.minutes,
        options.steps,
        options.render or default_render(),
        options.init,
        options.restart,
        options.seed,
    )
    return run, options.processes


if __name__ == "__main__":
    run, processes = _parse()
    launch(train, processes, (run,))
