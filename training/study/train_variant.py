"""Trains one variant from one seed, by processor time, so that all have had the same."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from training.common.budget import linear_decay
from training.common.muon import Muon, make_optimizer, scale_learning_rate
from training.common.progress import format_seconds
from training.study.models import Networks, Variant, is_hierarchical, make_networks
from training.study.prepare import Material
from training.study.settings import Settings
from training.study.windows import WindowKind, window_batch
from training.transformer.checkpoints import start_from_base_channel
from training.transformer.loss import token_losses, weighted_mean
from training.transformer.model import Transformer
from training.transformer.train import is_muon_matrix

MUON_RATE, ADAM_RATE = 5e-3, 4e-3  # of matrices; of tables, head and vectors
GRADIENT_NORM = 1.0
WARMUP, FINAL_RATE = 0.05, 0.03  # share of a phase; share of the learning rate at its end
REPORT_SECONDS = 30.0


@dataclass(frozen=True)
class Phase:
    """A part of a run with a learning-rate schedule of its own."""

    seconds: float  # processor time
    images: bool = False  # base channel only, every frame by itself


@dataclass
class Record:
    """What a run did."""

    variant: Variant
    seed: int
    parameters: int
    seconds: float = 0.0  # processor time spent in training steps
    steps: int = 0
    windows: int = 0  # of five frames that were shown; whole clips for the video GAN
    discriminator_parameters: int = 0  # of the video GAN: needed in training only
    validation: dict[str, float] = field(default_factory=dict)  # window kind -> nats a token


def phases_of(variant: Variant, settings: Settings) -> list[Phase]:
    """All variants take the same time; image pre-training is paid from it."""
    seconds = settings.minutes * 60
    if variant != "hierarchical":
        return [Phase(seconds)]
    images = settings.image_share * seconds
    return [Phase(images, images=True), Phase(seconds - images)]


def train_variant(
    variant: Variant, seed: int, settings: Settings, material: Material
) -> tuple[Networks, Record]:
    """Trained networks and the record of their training."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 31])
    networks = make_networks(variant, settings, material)
    record = Record(variant, seed, networks.parameters)
    run = _Run(networks, settings, material, record, rng)
    for phase in phases_of(variant, settings):
        run.train(phase)
        if phase.images:
            start_from_base_channel(networks.keyframes)
    for kind in kinds_of(variant):
        record.validation[kind] = run.validation(kind)
    print(f"{variant} seed {seed}: {record.steps} steps, {record.validation}", flush=True)
    return networks, record


def kinds_of(variant: Variant) -> tuple[WindowKind, ...]:
    """The windows that a variant is trained on."""
    return ("key", "interpolation") if is_hierarchical(variant) else ("dense",)


class _Run:
    def __init__(
        self,
        networks: Networks,
        settings: Settings,
        material: Material,
        record: Record,
        rng: np.random.Generator,
    ) -> None:
        self.networks, self.settings, self.material = networks, settings, material
        self.record, self.rng = record, rng

    def train(self, phase: Phase) -> None:
        optimizer = make_optimizer(
            self.networks.keyframes, MUON_RATE, ADAM_RATE, use_muon=is_muon_matrix
        )
        spent, printed = 0.0, 0.0
        while spent < phase.seconds:
            began = time.process_time()
            nats = self._step(optimizer, phase, spent / phase.seconds)
            spent += time.process_time() - began
            if spent - printed > REPORT_SECONDS:
                printed = spent
                print(
                    f"{self.record.variant} seed {self.record.seed} step {self.record.steps}"
                    f"{' images' if phase.images else ''} {nats:.3f} nats"
                    f" | {format_seconds(phase.seconds - spent)} of the phase left",
                    flush=True,
                )
        self.record.seconds += spent

    def _step(self, optimizer: Muon, phase: Phase, share: float) -> float:
        kind = self._kind(phase)
        model = self._model(kind)
        batch = window_batch(
            model.config, self.material, self.material.train, kind, self.settings.batch, self.rng
        )
        losses = token_losses(model, batch, phase.images)
        weighted_mean(losses, batch.weights).backward()
        parameters = [p for p in model.parameters() if p.grad is not None]
        norm: Tensor = nn.utils.clip_grad_norm_(parameters, GRADIENT_NORM)
        scale_learning_rate(optimizer, linear_decay(share, WARMUP, FINAL_RATE))
        if torch.isfinite(norm):
            optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        self.record.steps += 1
        self.record.windows += self.settings.batch
        return float(losses.detach().mean())

    def _kind(self, phase: Phase) -> WindowKind:
        if self.networks.interpolation is None:
            return "dense"
        if phase.images or self.rng.random() >= self.settings.interpolation_share:
            return "key"
        return "interpolation"

    def _model(self, kind: WindowKind) -> Transformer:
        between = self.networks.interpolation
        return between if kind == "interpolation" and between else self.networks.keyframes

    @torch.no_grad()
    def validation(self, kind: WindowKind) -> float:
        """Mean nats a token of one window of each validation clip; the same for all seeds."""
        model, clips = self._model(kind), self.material.validation
        rng = np.random.default_rng(9)
        batch = window_batch(model.config, self.material, clips, kind, len(clips), rng, dropout=0.0)
        return float(token_losses(model, batch).mean())
