"""Clips of 33 frames from trained networks: in two stages, window after window, or at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from training.study.caption_encoder import caption_ids
from training.study.models import Networks, VideoGan
from training.study.prepare import Material
from training.study.subworld import CLIP_FRAMES
from training.study.window_decoder import WindowDecoder
from training.transformer.config import FRAMES, GIVEN_SLOTS, WANTED_SLOTS
from training.transformer.model import Transformer
from training.transformer.sample import Sampling, text_rows
from training.world.dataset import DURATION_TEXTS

ROUND_RATES = (2, 4, 8)  # frames per second after each interpolation round
SEQUENCES = 256  # drawn at a time, to bound the memory of the caches
GAN_CLIPS = 8  # drawn at a time, to bound the memory of maps in full size

TextRows = Callable[[int], Tensor]
"""Frames per second -> flat ids [N, T] of the prompts with that window's duration."""


def draw_tokens(logits: Tensor, sampling: Sampling, generator: torch.Generator) -> Tensor:
    """logits [B, K] -> tokens [B] from the `top_k` likeliest at the temperature."""
    top = logits.topk(min(sampling.top_k or logits.shape[-1], logits.shape[-1]))
    shares = torch.softmax(top.values.double() / sampling.temperature, dim=-1)
    return top.indices.gather(1, torch.multinomial(shares, 1, generator=generator))[:, 0]


@torch.inference_mode()
def fill_window(
    model: Transformer,
    texts: tuple[Tensor, Tensor],
    frames: Tensor,
    given: tuple[int, ...],
    wanted: tuple[int, ...],
    sampling: Sampling,
    generator: torch.Generator,
) -> None:
    """Draws the slots `wanted` of `frames` [B, 5, C] in place; `texts` with and without prompt."""
    guided = sampling.guidance != 1
    copies = 2 if guided else 1
    for part in _parts(len(frames), SEQUENCES // copies):
        window = frames[part]
        decoder = WindowDecoder(model, torch.cat([text[part] for text in texts[:copies]]))
        decoder.prefill(window.repeat(copies, 1, 1), given)
        for slot in wanted:
            for cell in range(model.config.cells):
                logits = decoder.next_logits(window.repeat(copies, 1, 1), slot, cell)
                if guided:
                    prompted, free = logits.chunk(2)
                    logits = free + sampling.guidance * (prompted - free)
                window[:, slot, cell] = draw_tokens(logits, sampling, generator)


def _parts(count: int, size: int) -> list[slice]:
    return [slice(first, first + size) for first in range(0, count, size)]


def hierarchical_clips(
    networks: Networks, rows: TextRows, free: TextRows, sampling: Sampling, seed: int, rounds: int
) -> Tensor:
    """Five key frames at 1 fps, then rounds of interpolation -> tokens [N, 4 * 2^rounds + 1, C]."""
    assert networks.interpolation is not None, "one-stage networks have no second stage"
    generator = torch.Generator().manual_seed(seed)
    model, between = networks.keyframes, networks.interpolation
    texts = rows(1), free(1)
    frames = torch.zeros(len(texts[0]), FRAMES, model.config.cells, dtype=torch.long)
    fill_window(model, texts, frames, (), tuple(range(FRAMES)), sampling, generator)
    for rate in ROUND_RATES[:rounds]:
        texts = rows(rate), free(rate)
        frames = _between(between, texts, frames, sampling, generator)
    return frames


def _between(
    model: Transformer,
    texts: tuple[Tensor, Tensor],
    frames: Tensor,
    sampling: Sampling,
    generator: torch.Generator,
) -> Tensor:
    """One round: [N, F, C] -> [N, 2F - 1, C]; windows of a clip share their border frames."""
    count, length, cells = frames.shape
    windows = (length - 1) // 2
    slots = torch.zeros(count, windows, FRAMES, cells, dtype=torch.long)
    for place, slot in enumerate(GIVEN_SLOTS):
        slots[:, :, slot] = frames[:, place : place + 2 * windows - 1 : 2]
    flat = slots.flatten(0, 1)
    both = (texts[0].repeat_interleave(windows, 0), texts[1].repeat_interleave(windows, 0))
    fill_window(model, both, flat, GIVEN_SLOTS, WANTED_SLOTS, sampling, generator)
    drawn = flat.view(count, windows, FRAMES, cells)[:, :, :4].flatten(1, 2)
    return torch.cat([drawn, frames[:, -1:]], dim=1)


def sliding_clips(
    networks: Networks, rows: TextRows, free: TextRows, overlap: int, sampling: Sampling, seed: int
) -> Tensor:
    """Windows at 8 fps; each begins with the last `overlap` frames before it -> [N, 33, C]."""
    if not 1 <= overlap < FRAMES:
        raise ValueError(f"windows of {FRAMES} frames overlap by 1 to {FRAMES - 1}, not {overlap}")
    generator = torch.Generator().manual_seed(seed)
    model, texts = networks.keyframes, (rows(8), free(8))
    window = torch.zeros(len(texts[0]), FRAMES, model.config.cells, dtype=torch.long)
    fill_window(model, texts, window, (), tuple(range(FRAMES)), sampling, generator)
    clip = window
    given, wanted = tuple(range(overlap)), tuple(range(overlap, FRAMES))
    while clip.shape[1] < CLIP_FRAMES:
        window = torch.zeros_like(window)
        window[:, :overlap] = clip[:, -overlap:]
        fill_window(model, texts, window, given, wanted, sampling, generator)
        clip = torch.cat([clip, window[:, overlap:]], dim=1)
    return clip[:, :CLIP_FRAMES]


@torch.inference_mode()
def gan_clips(gan: VideoGan, material: Material, prompts: list[str], seed: int) -> np.ndarray:
    """Every frame of whole clips, uint8 [N, 33, P, P, 3]; noise is drawn for all prompts first."""
    generator = gan.generator
    slots = generator.config.text_slots
    ids = caption_ids(material.tokenizer, prompts, slots)
    noise = generator.draw_noise(len(prompts), torch.Generator().manual_seed(seed))
    clips = [
        ((generator.whole(ids[part], noise[part]) + 1) * 127.5).round().to(torch.uint8)
        for part in _parts(len(prompts), GAN_CLIPS)
    ]
    return torch.cat(clips).permute(0, 1, 3, 4, 2).numpy()


def text_sources(
    model: Transformer, material: Material, prompts: list[str]
) -> tuple[TextRows, TextRows]:
    """Rows of the prompts, and of none, for every rate."""
    tokenizer = material.tokenizer

    def source(texts: list[str]) -> TextRows:
        return lambda rate: text_rows(
            model, tokenizer.encode, tokenizer.line_break_id, DURATION_TEXTS[rate], texts
        )

    return source(prompts), source([""] * len(prompts))
