"""Trains one stage of the transformer.

    python -m training.transformer.train --preset cpu --stage keyframes --minutes 75
    python -m training.transformer.train --preset cpu --stage interpolation --minutes 25 \\
        --init training/data/cpu/keyframes/final.pt

The same command goes on where an interrupted run stopped. Both attention channels are trained
together; CogVideo's order is `--base-only` first and then `--freeze-base --init BASE`.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from training.common.budget import Budget
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
from training.common.muon import Muon, scale_learning_rate
from training.common.progress import Progress
from training.common.sharded_muon import make_sharded_optimizer
from training.common.workers import in_order
from training.presets import PRESETS, data_folder, preset_named
from training.transformer.batches import Batch, Batches
from training.transformer.checkpoints import initialise_from, is_base_parameter, stage_folder
from training.transformer.config import FRAMES, STAGES, Stage, TransformerConfig
from training.transformer.loss import counted_mean, losses_with_rivals, weighted_mean
from training.transformer.model import Transformer
from training.transformer.rivals import rival_loss
from training.transformer.storyboard import Storyboards
from training.transformer.text_reader import LABELS, TextReader
from training.transformer.tokens import KIND_OF_STAGE, TokenSet
from training.transformer.training_clips import split_clips, training_clips
from training.transformer.validation import Validation

WARMUP_STEPS = 100
FINAL_RATE = 0.03  # share of the learning rate at the end
READER_RATE = 1e-3  # of the heads that read the text rows
LAG_EVERY = 3  # steps between batches whose key frames are read as they are drawn in parallel
AVERAGE_EVERY = 4  # steps between updates of the averaged weights


@dataclass(frozen=True)
class Options:
    """One run; exactly one of `minutes` and `steps` is set."""

    preset: str
    stage: Stage
    minutes: float | None = None
    steps: int | None = None
    batch: int = 5  # clips per process and step
    init: Path | None = None  # checkpoint to start from
    freeze_base: bool = False  # train only what CogVideo adds to its text-to-image model
    base_only: bool = False  # train without the temporal channel (text to image)
    muon_lr: float = 5e-3  # matrices
    adam_lr: float = 4e-3  # embeddings, head, vectors
    clip: float = 1.0  # gradient norm
    average_decay: float = 0.99  # of the averaged weights, per AVERAGE_EVERY steps
    caption_dropout: float = 0.1
    changed_weight: float = 2.0  # loss weight of tokens that differ from the previous frame
    first_frame_weight: float = 1.0  # loss weight of frame 0
    text_weight: float = 0.0  # weight of the loss of reading the caption's labels off the text
    rivals: int = 0  # clips per process and step that are also run with a wrong caption
    rival_weight: float = 0.0  # weight of the loss of telling the own caption from the wrong one
    strays: float = 0.0  # share of the clips that are read with wrong tokens
    key_frame_lag: int = 0  # cells by which frames follow one another in every third batch
    favour: tuple[str, ...] = ()  # actions that half of the clips show
    validate_every: float = 120.0  # seconds
    save_every: float = 120.0  # seconds
    validation_clips: int = 48  # while training; the end uses four times as many
    report_every: float = 20.0  # seconds
    share_base: bool = False  # train only what the stages do not share
    workers: int = 0  # host processes that make batches ahead; 0 = made between the steps
    compile: bool = False  # compile the layers (CUDA)
    seed: int = 0


class Averaged:
    """Exponential moving average of the parameters."""

    def __init__(self, model: nn.Module) -> None:
        self.weights = {name: p.detach().clone() for name, p in model.named_parameters()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int, decay: float) -> None:
        # Young averages follow quickly, so that they do not carry the random start.
        decay = min(decay, (1 + step) / (40 + step))
        live = [p for _, p in model.named_parameters()]
        torch._foreach_lerp_(list(self.weights.values()), live, 1 - decay)

    @torch.no_grad()
    def swap(self, model: nn.Module) -> None:
        """Exchanges the averaged and the live weights."""
        for name, parameter in model.named_parameters():
            held = parameter.detach().clone()
            parameter.copy_(self.weights[name])
            self.weights[name].copy_(held)


def learning_rate(step: int, share: float) -> float:
    """Factor of the learning rates: warm-up by steps, then linear in the share of the run."""
    return min(1.0, (step + 1) / WARMUP_STEPS) * (FINAL_RATE + (1 - FINAL_RATE) * (1 - share))


def compile_layers(model: Transformer) -> None:
    """Compiles every layer's forward, not its hooks; layers of the same window share the result."""
    # Windows x (training, validation) x last, smaller batches: more variants than the default.
    torch._dynamo.config.recompile_limit = 64
    for layer in model.layers:
        layer.forward = torch.compile(layer.forward, dynamic=False)


def is_muon_matrix(name: str, parameter: Tensor) -> bool:
    """Projections go to Muon; look-up tables, head and gate to AdamW."""
    return name.startswith(("layers.", "summary."))


class Run:
    """One stage's training in one process."""

    def __init__(
        self, process: Process, options: Options, batches: Batches, validation: Validation
    ) -> None:
        self.process, self.options = process, options
        self.batches, self.validation = batches, validation
        torch.manual_seed(options.seed)
        if options.share_base and options.init is None:
            raise ValueError("--share-base needs --init: the stage whose base is shared.")
        self.model = Transformer(batches.config).to(process.device)
        if options.init is not None:
            initialise_from(self.model, options.init, copy_base_channel=options.freeze_base)
        for name, parameter in self.model.named_parameters():
            frozen = options.freeze_base or options.share_base
            parameter.requires_grad_(not (frozen and is_base_parameter(name)))
        same_everywhere(self.model)
        self.optimizer: Muon = make_sharded_optimizer(
            self.model, options.muon_lr, options.adam_lr, use_muon=is_muon_matrix
        )
        self.reader = TextReader(self.model).to(process.device)
        same_everywhere(self.reader)
        self.reader_optimizer = torch.optim.AdamW(self.reader.parameters(), READER_RATE)
        self.average = Averaged(self.model)
        self.budget = Budget(options.minutes, options.steps)
        self.rng = np.random.default_rng(options.seed)
        self.folder = stage_folder(options.preset, options.stage)
        self._resume()
        self.stream = self._stream()
        if options.compile:
            compile_layers(self.model)

    def train(self) -> None:
        """Trains to the end of the budget and writes `final.pt`."""
        progress = Progress(self.budget, "tokens", every=self.options.report_every)
        validated = saved = time.monotonic()
        while (share := self._share()) < 1:
            terms, tokens = self._step(share)
            if self.process.is_main:
                progress.update(terms, tokens * self.process.count)
            now = time.monotonic()
            if number_of_main(now - validated, self.process.device) > self.options.validate_every:
                self._validate("validation", self.options.validation_clips)
                validated = time.monotonic()
            if self.process.is_main and now - saved > self.options.save_every:
                self._save(self.folder / "checkpoint.pt")
                saved = time.monotonic()
        if self.process.is_main:
            progress.print_line()
            self._save(self.folder / "checkpoint.pt")
        self._finish()

    def _share(self) -> float:
        return number_of_main(self.budget.share, self.process.device)

    def _stream(self) -> Iterator[Batch]:
        """The batches of this process from the present step on."""
        make = partial(self.batches.training, rank=self.process.rank, processes=self.process.count)
        return in_order(make, itertools.count(self.budget.step), self.options.workers, pin=True)

    def _step(self, share: float) -> tuple[dict[str, Tensor], int]:
        options, process = self.options, self.process
        batch = next(self.stream).to(process.device)
        lag = options.key_frame_lag if self.budget.step % LAG_EVERY == LAG_EVERY - 1 else 0
        losses, wrong = losses_with_rivals(self.model, batch, options.base_only, lag)
        loss = weighted_mean(losses, batch.weights)
        read = self.reader.loss(batch.text, batch.labels)
        total = loss + options.text_weight * read
        if len(wrong):
            given = (batch.rivals != self.model.config.pad_id).any(1)
            counted = batch.weights[: len(wrong)] > 0
            own = (losses[: len(wrong)] * counted).sum((1, 2))
            told_apart = rival_loss(own, (wrong * counted).sum((1, 2)), given)
            total = total + options.rival_weight * told_apart
        total.backward()
        average_gradients(self.reader.parameters())
        self.reader_optimizer.step()
        self.reader_optimizer.zero_grad(set_to_none=True)
        parameters = [p for p in self.model.parameters() if p.grad is not None]
        average_gradients(parameters)
        norm = nn.utils.clip_grad_norm_(parameters, options.clip)
        scale_learning_rate(self.optimizer, learning_rate(self.budget.step, share))
        if torch.isfinite(norm):  # the same on every process, since gradients were averaged
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.budget.step += 1
        if self.budget.step % AVERAGE_EVERY == 0:
            self.average.update(self.model, self.budget.step, options.average_decay)
        terms = {
            "loss": loss.detach(),
            "nats": counted_mean(losses.detach(), batch.weights),
            "gradient": norm,
        }
        if options.text_weight:
            terms["text"] = read.detach()
        if len(wrong):
            terms["rival"] = told_apart.detach()
        return terms, batch.tokens.numel()

    def _validate(self, name: str, clips: int) -> float:
        """Mean loss in nats of `clips` validation clips; prints it per frame."""
        per_frame = self.validation.per_frame(
            self.model, clips, self.process, self.options.base_only
        )
        if self.process.is_main:
            frames = " ".join(f"{value:.3f}" for value in per_frame)
            minutes = self.budget.elapsed / 60
            print(f"{name} {np.mean(per_frame):.4f} nats (frames {frames}) after {minutes:.1f} min",
                  flush=True)  # fmt: skip
        return float(np.mean(per_frame))

    def _finish(self) -> None:
        """Keeps the better of the live and the averaged weights."""
        clips = 4 * self.options.validation_clips
        live = self._validate("last weights", clips)
        self.average.swap(self.model)
        averaged = self._validate("averaged weights", clips)
        if live < averaged:
            self.average.swap(self.model)
        if self.process.is_main:
            final = Checkpoint(
                model=self.model.state_dict(),
                config=self.model.config.to_json(),
                step=self.budget.step,
                elapsed=self.budget.elapsed,
                extra={"validation": min(live, averaged)},
            )
            save_checkpoint(self.folder / "final.pt", final)
            print(f"wrote {self.folder / 'final.pt'}", flush=True)

    def _save(self, path: Path) -> None:
        config = self.model.config.to_json()
        save_checkpoint(
            path,
            take_checkpoint(
                self.model, self.optimizer, self.budget, self.rng, config,
                average=self.average.weights, reader=self.reader.state_dict(),
            ),
        )  # fmt: skip

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        checkpoint = load_checkpoint(path)
        if TransformerConfig.from_json(checkpoint.config) != self.model.config:
            raise ValueError(f"{path} is of a model of other sizes: move it away to start anew.")
        resume_from(checkpoint, self.model, self.optimizer, self.budget, self.rng)
        for name, weights in checkpoint.extra["average"].items():
            self.average.weights[name].copy_(weights)
        if "reader" in checkpoint.extra:  # not kept where only weights travelled
            self.reader.load_state_dict(checkpoint.extra["reader"])
        if self.process.is_main:
            print(f"going on from step {self.budget.step} of {path}", flush=True)


def work(process: Process, options: Options) -> None:
    """What every training process does."""
    from training.text.caption_tokenizer import CaptionTokenizer
    from training.world.captions import stated_caption

    preset = preset_named(options.preset)
    tokenizer = CaptionTokenizer.load(data_folder(preset.name) / "tokenizer.json")
    config = preset.transformer(options.stage, tokenizer.vocabulary_size, tokenizer.pad_id)
    kind = KIND_OF_STAGE[options.stage]

    def batches(clips: TokenSet, storyboards: Storyboards | None) -> Batches:
        return Batches(
            config, clips, tokenizer, stated_caption, options.batch, options.seed,
            options.caption_dropout, options.changed_weight, options.first_frame_weight,
            rivals=options.rivals, strays=options.strays,
            storyboards=storyboards, all_slots=options.compile, favoured=options.favour,
        )  # fmt: skip

    run = Run(
        process,
        options,
        batches(*training_clips(preset, kind)),
        Validation(batches(*split_clips(preset, kind, "validation"))),
    )
    if process.is_main:
        count = sum(p.numel() for p in run.model.parameters())
        clips = len(run.batches.clips)
        print(f"{options.stage}: {count / 1e6:.2f} M parameters, {clips} clips, batch "
              f"{process.count} x {options.batch}, {FRAMES * config.cells} tokens a clip",
              flush=True)  # fmt: skip
    run.train()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=sorted(PRESETS), required=True)
    parser.add_argument("--stage", choices=STAGES, required=True)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="default: the preset's")
    length.add_argument("--steps", type=int)
    parser.add_argument("--processes", type=int, default=default_processes())
    parser.add_argument("--workers", type=int, default=0, help="host processes that make batches")
    parser.add_argument("--compile", action="store_true", help="compile the layers (CUDA)")
    parser.add_argument("--batch", type=int, help="clips per process; default: the preset's")
    parser.add_argument("--init", type=Path, help="checkpoint to start from")
    parser.add_argument("--freeze-base", action="store_true")
    parser.add_argument("--share-base", action="store_true", help="as --init has it, and fixed")
    parser.add_argument("--base-only", action="store_true")
    parser.add_argument("--muon-lr", type=float, help="default: the preset's")
    parser.add_argument("--adam-lr", type=float, help="default: the preset's")
    parser.add_argument("--changed-weight", type=float, default=Options.changed_weight)
    parser.add_argument("--first-frame-weight", type=float, help="default: the preset's")
    parser.add_argument("--text-weight", type=float, help="default: the preset's")
    parser.add_argument("--rivals", type=int, help="default: the preset's")
    parser.add_argument("--rival-weight", type=float, help="default: the preset's")
    parser.add_argument("--strays", type=float, help="default: the preset's")
    parser.add_argument("--key-frame-lag", type=int, help="default: the preset's, of stage 1")
    parser.add_argument("--favour", nargs="+", default=(), choices=LABELS["action"],
                        metavar="ACTION", help="that half of the clips show")  # fmt: skip
    parser.add_argument("--caption-dropout", type=float, help="default: the preset's")
    parser.add_argument("--seed", type=int, default=0)
    arguments = vars(parser.parse_args())
    processes = arguments.pop("processes")
    arguments["favour"] = tuple(arguments["favour"])
    preset = preset_named(arguments["preset"])
    if arguments["stage"] == "interpolation":
        of_stage = {
            "rivals": preset.storyboard_rivals,
            "strays": preset.interpolation_strays,
            "key_frame_lag": 0,
        }
        for name, value in of_stage.items():
            if arguments[name] is None:
                arguments[name] = value
    for name in ("batch", "muon_lr", "adam_lr", "first_frame_weight", "text_weight", "rivals",
                 "rival_weight", "strays", "caption_dropout", "key_frame_lag"):  # fmt: skip
        if arguments[name] is None:
            arguments[name] = getattr(preset, name)
    if arguments["minutes"] is None and arguments["steps"] is None:
        stage = arguments["stage"]
        arguments["minutes"] = (
            preset.keyframes_minutes if stage == "keyframes" else preset.interpolation_minutes
        )
    launch(work, processes, (Options(**arguments),))


if __name__ == "__main__":
    main()
