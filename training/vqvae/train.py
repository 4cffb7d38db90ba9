"""Trains the picture tokenizer.

    python -m training.vqvae.train --preset cpu --minutes 30 --processes 2
    python -m training.vqvae.train --preset cpu --minutes 20 --init FINISHED
    python -m training.vqvae.train --preset cpu --minutes 20 --freeze-encoder

The learning rate falls to zero over the given length, so every run ends annealed. An interrupted
run goes on when the same command is given again; --restart begins anew. --freeze-encoder takes the
finished tokenizer, keeps its tokens as they are and trains only the decoder further. --init starts
from a finished tokenizer, codebook included.
"""

import argparse
from dataclasses import dataclass, replace
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
from training.presets import PRESETS
from training.vqvae.config import VQVAE_PRESETS, VqvaeConfig, vqvae_folder
from training.vqvae.device_pool import DeviceFramePool
from training.vqvae.frames import FramePool, FrameSource, moving_shapes, world_frames
from training.vqvae.losses import COMMITMENT_WEIGHT, measure_quality, reconstruction_loss
from training.vqvae.model import VQVAE, config_as_plain_values, frames_to_tensor

VALIDATION_SEED = 7_000_003
VALIDATION_FRAMES = 256
KMEANS_VECTORS_PER_CODE = 12
REFILL_EVERY = 10
REFILL_UNTIL = 0.85
"""Share of the run after which tokens keep their meaning while the network settles."""


@dataclass(frozen=True)
class Run:
    """One training run as the command line describes it."""

    config: VqvaeConfig
    folder: Path
    minutes: float | None
    steps: int | None
    freeze_encoder: bool = False
    restart: bool = False
    source: str | FrameSource = "world"
    seed: int = 0
    init: Path | None = None
    """A finished tokenizer to start from."""
    validate_every: float = 300.0
    """Seconds."""
    subset: str = "cpu"
    """Of the toy world."""
    workers: int = 0
    """Host processes that compose for a pool in the device's memory; 0 = a pool on the host."""
    compile: bool = False
    """Compile encoder and decoder (CUDA)."""

    @property
    def checkpoint(self) -> Path:
        return self.folder / ("decoder.pt" if self.freeze_encoder else "checkpoint.pt")

    @property
    def final(self) -> Path:
        return self.folder / "final.pt"


def make_source(name: str | FrameSource, pixels: int, subset: str = "cpu") -> FrameSource:
    """The named source of frames of `pixels` a side; a source of one's own stays as it is."""
    if not isinstance(name, str):
        return name
    return world_frames(pixels, subset=subset) if name == "world" else moving_shapes(pixels)


class Trainer:
    """Owns the model, its optimizer and its frames in one process."""

    def __init__(self, run: Run, process: Process) -> None:
        self.run, self.process, config = run, process, run.config
        torch.manual_seed(run.seed)
        self.model = VQVAE(config).to(process.device, memory_format=torch.channels_last)
        if run.freeze_encoder:
            self.model.load_state_dict(load_checkpoint(run.final).model)
            self.model.encoder.requires_grad_(False)
        elif run.init is not None:
            self.model.load_state_dict(load_checkpoint(run.init).model)
        self.optimizer = make_optimizer(self.model, config.muon_lr, config.adam_lr)
        self.budget = Budget(run.minutes, run.steps)
        self.rng = np.random.default_rng((run.seed, process.rank))
        self._seen: list[Tensor] = []  # latents collected for k-means
        if run.checkpoint.exists() and not run.restart:
            self._resume(load_checkpoint(run.checkpoint))
        torch.manual_seed(run.seed + 1 + process.rank)
        same_everywhere(self.model)
        if run.compile:
            self.model.encoder.compile(dynamic=False)
            self.model.decoder.compile(dynamic=False)

    def _resume(self, checkpoint: Checkpoint) -> None:
        resume_from(checkpoint, self.model, self.optimizer, self.budget, self.rng)
        # The stored stream is the main process's; the others go on with streams of their own.
        if not self.process.is_main:
            self.rng = np.random.default_rng((self.run.seed, self.process.rank, checkpoint.step))

    def load_frames(self) -> None:
        source = make_source(self.run.source, self.run.config.pixels, self.run.subset)
        self.pool = self._make_pool(source)
        if self.process.is_main:
            held_out = np.random.default_rng(VALIDATION_SEED)
            frames, masks = source(held_out, VALIDATION_FRAMES)
            self.validation = torch.from_numpy(frames), torch.from_numpy(masks)

    def _make_pool(self, source: FrameSource) -> FramePool | DeviceFramePool:
        run, process = self.run, self.process
        if run.workers == 0:
            return FramePool(source, run.config.pool, self.rng)
        seed = (run.seed, process.rank, self.budget.step)  # a resumed run sees other frames
        return DeviceFramePool(source, run.config.pool, process.device, run.workers, seed)

    def share(self) -> float:
        return number_of_main(self.budget.share, self.process.device)

    def step(self, share: float) -> tuple[dict[str, Tensor], int]:
        """One update; returns the loss terms and the number of pictures in the batch."""
        config = self.run.config
        frames, mask = self._batch(share)
        scale_learning_rate(self.optimizer, cosine_decay(share))
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.process.device.type, torch.bfloat16):
            found, commitment, vectors = self.model(frames)
        terms = reconstruction_loss(found, frames, mask, config.square_weight)
        if not self.run.freeze_encoder:
            terms["commitment"] = COMMITMENT_WEIGHT * commitment
        torch.stack(list(terms.values())).sum().backward()
        average_gradients(self.model.parameters())
        self.optimizer.step()
        if not self.run.freeze_encoder:
            self._move_codes(vectors, share)
        self.budget.step += 1
        if self.budget.step % self.pool.renew_every == 0:
            self.pool.renew(min(self.pool.renewed, self.run.config.pool))
        return terms, len(frames)

    def _batch(self, share: float) -> tuple[Tensor, Tensor]:
        config = self.run.config
        # Crops lack what lies beyond their edges, so their tokens are not those of whole frames.
        if share < config.full_frames_from and not self.run.freeze_encoder:
            frames, mask = self.pool.crops(config.crops, config.crop, config.factor)
        else:
            frames, mask = self.pool.full_frames(config.frames)
        device = self.process.device
        return frames_to_tensor(frames.to(device)), mask.to(device)

    def _move_codes(self, vectors: Tensor, share: float) -> None:
        quantizer = self.model.quantizer
        if not quantizer.ready:
            self._seen.append(vectors)
            seen = torch.cat(self._seen)[-KMEANS_VECTORS_PER_CODE * self.run.config.codes :]
            self._seen = [seen]
            if len(seen) == KMEANS_VECTORS_PER_CODE * self.run.config.codes:
                quantizer.initialize(seen)
                self._seen = []
            return
        tokens = quantizer.update(vectors)
        if self.budget.step % REFILL_EVERY == 0 and share < REFILL_UNTIL:
            quantizer.refill(vectors, tokens)

    def save(self, path: Path) -> None:
        config = config_as_plain_values(self.run.config)
        save_checkpoint(
            path, take_checkpoint(self.model, self.optimizer, self.budget, self.rng, config)
        )

    def save_final(self) -> None:
        """Weights only: what load_vqvae wants."""
        config = config_as_plain_values(self.run.config)
        final = Checkpoint(self.model.state_dict(), config, None, self.budget.step)
        final.elapsed = self.budget.elapsed
        whole = self.run.folder / "checkpoint.pt"
        if self.run.freeze_encoder and whole.exists():  # what the decoder's run stands on
            before = load_checkpoint(whole)
            final.step, final.elapsed = final.step + before.step, final.elapsed + before.elapsed
        save_checkpoint(self.run.final, final)

    def validate(self) -> None:
        quality = measure_quality(self.model, *self.validation)
        print(f"== step {self.budget.step} validation: {quality}", flush=True)


def train(process: Process, run: Run) -> None:
    trainer = Trainer(run, process)
    trainer.load_frames()
    # Composing the pool is not training: the clock starts (or goes on) here.
    trainer.budget.resume(trainer.budget.step, trainer.budget.elapsed_before)
    progress = Progress(trainer.budget, "pictures") if process.is_main else None
    if process.is_main:
        sizes = {
            n: sum(p.numel() for p in m.parameters()) for n, m in trainer.model.named_children()
        }
        print(f"Parameters: {sizes}; pool of {run.config.pool} frames", flush=True)
    checked = trainer.budget.elapsed
    while (share := trainer.share()) < 1:
        terms, count = trainer.step(share)
        if progress is None:
            continue
        progress.update(terms, count * process.count)
        if trainer.budget.elapsed - checked > run.validate_every:
            trainer.validate()
            trainer.save(run.checkpoint)
            checked = trainer.budget.elapsed
    if progress is not None:
        progress.print_line()
        trainer.validate()
        trainer.save(run.checkpoint)
        trainer.save_final()


def _parse() -> tuple[Run, int]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", choices=VQVAE_PRESETS, default="cpu")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="wall-clock length of the run")
    length.add_argument("--steps", type=int)
    parser.add_argument("--processes", type=int, default=1, help="one thread each (on CPU)")
    parser.add_argument("--workers", type=int, default=0, help="host processes that compose")
    parser.add_argument("--compile", action="store_true", help="compile the network (CUDA)")
    parser.add_argument("--freeze-encoder", action="store_true", help="train the decoder only")
    parser.add_argument("--init", type=Path, help="start from this finished tokenizer")
    parser.add_argument("--restart", action="store_true", help="ignore an earlier checkpoint")
    parser.add_argument("--source", choices=("world", "shapes"), default="world")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder (default: the preset's)")
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=VALUE", help="for trials")
    options = parser.parse_args()
    config = override(VQVAE_PRESETS[options.preset], options.set)
    run = Run(
        config,
        options.out or vqvae_folder(options.preset),
        options.minutes,
        options.steps,
        options.freeze_encoder,
        options.restart,
        options.source,
        options.seed,
        options.init,
        subset=PRESETS[options.preset].subset,
        workers=options.workers,
        compile=options.compile,
    )
    return run, options.processes


def override(config: VqvaeConfig, settings: list[str]) -> VqvaeConfig:
    """``["crops=16", "decoder_widths=96,160"]`` -> the changed configuration."""
    changes: dict[str, object] = {}
    for setting in settings:
        name, _, text = setting.partition("=")
        if not hasattr(config, name):
            raise SystemExit(f"--set {setting}: there is no field {name!r} in VqvaeConfig.")
        old = getattr(config, name)
        if isinstance(old, tuple):
            changes[name] = tuple(int(part) for part in text.split(","))
        elif isinstance(old, bool):
            changes[name] = text.lower() in ("1", "true", "yes")
        else:
            changes[name] = type(old)(text)
    return replace(config, **changes)


if __name__ == "__main__":
    run, processes = _parse()
    launch(train, processes, (run,))
