"""The rows of the table: which networks draw, and with which settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.study.generate import gan_clips, hierarchical_clips, sliding_clips, text_sources
from training.study.models import VARIANTS, Networks, Variant, VideoGan, is_hierarchical
from training.study.prepare import Material
from training.study.settings import Settings
from training.study.subworld import prompt_of, prompt_scenes
from training.transformer.sample import Sampling

OVERLAP, WIDER_OVERLAP = 1, 2  # frames that a one-stage window shares with the one before
PROMPT_SEED = 41
SCORED_ROUNDS = 1  # rounds of interpolation up to the rate that clips are judged at


@dataclass(frozen=True)
class Row:
    """One line of the table for one variant; every seed's network draws it."""

    variant: Variant
    guidance: float | None  # None for the video GAN, which has no logits to guide
    overlap: int | None = None  # of windows; None for models that do not draw in windows

    @property
    def name(self) -> str:
        """Part of file names."""
        if self.guidance is None:
            return "whole"
        overlap = "" if self.overlap is None else f"overlap{self.overlap}-"
        return f"{overlap}guidance{self.guidance:g}"

    def file(self, folder: Path, seed: int) -> Path:
        return run_folder(folder, self.variant, seed) / f"{self.name}.npz"


def run_folder(folder: Path, variant: Variant, seed: int) -> Path:
    """Networks, record and clips of one run."""
    return folder / "runs" / f"{variant}-seed{seed}"


def compared_row(variant: Variant, settings: Settings) -> Row:
    """What a variant draws for the comparison, at the common guidance scale."""
    if variant == "video-gan":
        return Row(variant, None)
    return Row(variant, settings.guidance, None if is_hierarchical(variant) else OVERLAP)


def further_rows(settings: Settings) -> list[Row]:
    """Other settings of trained networks: a wider overlap, and the other guidance scales."""
    wider = Row("one-stage", settings.guidance, WIDER_OVERLAP)
    sweep = [Row("hierarchical", s) for s in settings.guidance_sweep if s != settings.guidance]
    return [wider, *sweep]


def all_rows(settings: Settings) -> list[Row]:
    """Every row; the comparison comes first."""
    return [*(compared_row(variant, settings) for variant in VARIANTS), *further_rows(settings)]


@torch.inference_mode()
def draw_row(
    row: Row, model: Networks | VideoGan, seed: int, settings: Settings, material: Material
) -> dict[str, np.ndarray]:
    """Clips of the study's prompts by what they are made of.

    "tokens" uint16 [N, 9, C] in two stages and [N, 33, C] in windows; "frames" uint8
    [N, 33, P, P, 3] of the video GAN. Clips are judged at 2 fps, and later rounds of interpolation
    leave those frames as they are.
    """
    prompts = [prompt_of(scene) for scene in prompt_scenes(settings.prompts, PROMPT_SEED)]
    if isinstance(model, VideoGan):
        return {"frames": gan_clips(model, material, prompts, seed)}
    tokens = _draw_tokens(row, model, prompts, seed, settings, material)
    return {"tokens": tokens.numpy().astype(np.uint16)}


def _draw_tokens(
    row: Row,
    networks: Networks,
    prompts: list[str],
    seed: int,
    settings: Settings,
    material: Material,
) -> Tensor:
    assert row.guidance is not None, "windows are drawn with a guidance scale"
    texts, free = text_sources(networks.keyframes, material, prompts)
    sampling = Sampling(row.guidance, settings.temperature, settings.top_k)
    if row.overlap is None:
        return hierarchical_clips(networks, texts, free, sampling, seed, SCORED_ROUNDS)
    return sliding_clips(networks, texts, free, row.overlap, sampling, seed)
