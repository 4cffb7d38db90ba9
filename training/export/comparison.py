"""Torch against onnxruntime, graph by graph: the largest differences and their limits.

The torch models get the rounded weights that the graphs hold, so that only the arithmetic differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.export.checkpoints import TrainedParts
from training.export.onnx_transformer import OnnxTransformer, open_session
from training.export.package import (
    DECODER_PRECISION,
    ENCODER_PRECISION,
    RANKER_PRECISION,
    TRANSFORMER_PRECISION,
    UPSCALER_PRECISION,
)
from training.export.shared_weights import read_graph
from training.export.text_samples import random_texts
from training.export.vqvae_graph import round_vqvae
from training.export.weight_storage import round_weights
from training.ranker.model import Ranker
from training.storyboard.plan import storyboard_table
from training.storyboard.planner import Planner
from training.transformer.cached import CachedDecoder
from training.transformer.config import FRAMES, NOT_DRAWN, WANTED_SLOTS, Stage
from training.transformer.masked_decoder import MaskedDecoder
from training.transformer.masked_key_frames import MaskedKeyFrames
from training.transformer.model import Transformer
from training.transformer.sample import text_rows
from training.upscaler.model import Upscaler
from training.world.dataset import DURATION_TEXTS
from training.world.subsets import subset_named

PROMPTS = ("a lion drinks water at the lake", "狮子在湖边喝水")


@dataclass(frozen=True)
class Difference:
    """One figure of the comparison; more than `limit` fails the export."""

    name: str
    value: float
    limit: float

    @property
    def passes(self) -> bool:
        return self.value <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.passes else "TOO LARGE"
        return f"{self.name}: {self.value:.3g} (limit {self.limit:.3g}) {verdict}"


def round_parts(parts: TrainedParts) -> None:
    """Gives the torch models the weights of the graphs."""
    for model in parts.transformers.values():
        round_weights(model, TRANSFORMER_PRECISION)
    round_vqvae(parts.vqvae, DECODER_PRECISION, ENCODER_PRECISION)
    if parts.upscaler is not None:
        round_weights(parts.upscaler, UPSCALER_PRECISION)
    if parts.ranker is not None:
        round_weights(parts.ranker, RANKER_PRECISION)


def compare(parts: TrainedParts, package: Path) -> Iterator[Difference]:
    """`parts` as :func:`round_parts` leaves them."""
    yield compare_tokenizer(parts, package)
    for stage in parts.transformers:
        yield from compare_stage(parts, package, stage)
    yield from compare_vqvae(parts, package)
    if parts.upscaler is not None:
        yield compare_upscaler(parts, parts.upscaler, package)
    if parts.ranker is not None:
        yield compare_ranker(parts, parts.ranker, package)
    if parts.planner is not None:
        yield compare_planner(parts, parts.planner, package)


def compare_tokenizer(parts: TrainedParts, package: Path, count: int = 2000) -> Difference:
    session = open_session(package / "tokenizer.onnx")
    offset = parts.vqvae.config.codes
    wrong = 0
    for text in random_texts(count, seed=5):
        code_points = np.array([ord(c) for c in text], np.int32)
        (ids,) = session.run(None, {"code_points": code_points})
        wrong += ids.tolist() != [offset + i for i in parts.tokenizer.encode(text)]
    return Difference(f"tokenizer: texts of {count} with other ids", wrong, 0)


def onnx_transformer(parts: TrainedParts, package: Path, stage: Stage) -> OnnxTransformer:
    session = open_session(read_graph(package, stage))
    return OnnxTransformer(session, parts.transformers[stage].config)


def compare_stage(parts: TrainedParts, package: Path, stage: Stage) -> Iterator[Difference]:
    """Logits of every cell, fed with the same tokens, and how often the best code differs."""
    model = parts.transformers[stage]
    tokens = torch.from_numpy(
        np.random.default_rng(3).integers(0, model.config.codes, (2, FRAMES, model.config.cells))
    )
    texts = text_rows(
        model,
        parts.tokenizer.encode,
        parts.tokenizer.line_break_id,
        DURATION_TEXTS[2],
        PROMPTS,
    )
    graph = onnx_transformer(parts, package, stage)
    yield from compare_logits(
        stage, teacher_forced(model, texts, tokens), teacher_forced(graph, texts, tokens)
    )
    if model.config.masked:
        found = [half_hidden(one, texts, tokens) for one in (model, graph)]
        yield from compare_logits(f"{stage}, masked cells", *found)


def compare_logits(name: str, ours: Tensor, theirs: Tensor) -> Iterator[Difference]:
    scale = float(ours.abs().max())
    difference = float((ours - theirs).abs().max())
    yield Difference(f"{name}: logits up to {scale:.1f} differ by", difference, 2e-3)
    # A code that is the best in one of them must be nearly the best in the other.
    best, found = ours.argmax(-1, keepdim=True), theirs.argmax(-1, keepdim=True)
    worse = float((ours.gather(-1, best) - ours.gather(-1, found)).max())
    yield Difference(f"{name}: best code is worse than torch's by", worse, 2e-3)


@torch.inference_mode()
def teacher_forced(model: Transformer | OnnxTransformer, texts: Tensor, tokens: Tensor) -> Tensor:
    """Logits [cells in order, B, K] of every cell that the stage predicts, in decoding order."""
    decoder = CachedDecoder(model, texts)  # type: ignore[arg-type]
    slots: tuple[int, ...] = tuple(range(FRAMES))
    if model.config.stage == "interpolation":
        decoder.prefill_given(tokens)
        slots = WANTED_SLOTS
    return torch.stack(
        [decoder.next_logits(tokens, s, c) for s in slots for c in range(model.config.cells)]
    )


@torch.inference_mode()
def half_hidden(model: Transformer | OnnxTransformer, texts: Tensor, tokens: Tensor) -> Tensor:
    """Logits [B, N, K] of a pass in which every second cell is hidden: over windows (N = 2*C), or
    over the third key frame (N = C)."""
    if model.config.stage == "keyframes":
        decoder = MaskedKeyFrames(model, texts)  # type: ignore[arg-type]
        for slot in range(2):
            decoder.finish(tokens[:, slot])
        hidden = tokens[:, 2].clone()
        hidden[:, ::2] = NOT_DRAWN
        return decoder.logits(hidden)
    wanted = tokens[:, list(WANTED_SLOTS)].flatten(1).clone()
    wanted[:, ::2] = NOT_DRAWN
    return MaskedDecoder(model, texts, tokens).logits(wanted)  # type: ignore[arg-type]


def compare_vqvae(parts: TrainedParts, package: Path) -> Iterator[Difference]:
    model, config = parts.vqvae, parts.vqvae.config
    rng = np.random.default_rng(4)
    tokens = rng.integers(0, config.codes, (3, config.grid, config.grid))
    decoder = open_session(package / "decoder.onnx")
    (frames,) = decoder.run(None, {"tokens": tokens.astype(np.int32)})
    difference = float(np.abs(frames - model.decode(torch.from_numpy(tokens)).numpy()).max())
    yield Difference("decoder: pixels of 0..1 differ by", difference, 1e-3)
    encoder = open_session(package / "encoder.onnx")
    (found,) = encoder.run(None, {"frames": frames})
    other = float((found != model.encode(torch.from_numpy(frames)).numpy()).mean())
    yield Difference("encoder: share of tokens that differ", other, 2e-3)


def compare_upscaler(parts: TrainedParts, upscaler: Upscaler, package: Path) -> Difference:
    """On frames of the picture tokenizer: random codes, far rougher than any real frame."""
    config = parts.vqvae.config
    tokens = np.random.default_rng(9).integers(0, config.codes, (2, config.grid, config.grid))
    frames = parts.vqvae.decode(torch.from_numpy(tokens))
    session = open_session(package / "upscaler.onnx")
    (found,) = session.run(None, {"frames": frames.numpy()})
    difference = float(np.abs(found - upscaler.upscale(frames).numpy()).max())
    return Difference("upscaler: pixels of 0..1 differ by", difference, 1e-3)


def compare_ranker(parts: TrainedParts, ranker: Ranker, package: Path) -> Difference:
    """Scores of random tokens against two sentences, one of them padded."""
    config = parts.vqvae.config
    rng = np.random.default_rng(10)
    tokens = torch.from_numpy(rng.integers(0, config.codes, (4, FRAMES, config.grid**2)))
    texts = text_rows(
        parts.transformers["keyframes"],
        parts.tokenizer.encode,
        parts.tokenizer.line_break_id,
        DURATION_TEXTS[2],
        [prompt for prompt in PROMPTS for _ in range(2)],
    )
    feeds = {"text": texts.numpy().astype(np.int32), "tokens": tokens.numpy().astype(np.int32)}
    (found,) = open_session(package / "ranker.onnx").run(None, feeds)
    with torch.inference_mode():
        difference = float(np.abs(found - ranker(texts, tokens).numpy()).max())
    return Difference("ranker: scores in nats differ by", difference, 1e-3)


def compare_planner(parts: TrainedParts, planner: Planner, package: Path) -> Difference:
    """Storyboards of random texts and of captions."""
    config = parts.transformers["keyframes"].config
    subset = subset_named(parts.preset.subset)
    table = storyboard_table(config, subset, planner.known_paths)
    encode = parts.tokenizer.encode
    rows = [
        encode(text)[: config.text_slots] for text in (*PROMPTS, "", *random_texts(97, seed=11))
    ]
    texts = torch.full((len(rows), config.text_slots), config.pad_id)
    for text, row in zip(texts, rows, strict=True):
        text[: len(row)] = config.codes + torch.tensor(row, dtype=torch.long)
    session = open_session(package / "storyboard.onnx")
    (found,) = session.run(None, {"text": texts.numpy().astype(np.int32)})
    with torch.inference_mode():
        expected = table[planner.plan(texts).numpy()]
    wrong = int((found != expected).any((1, 2, 3)).sum())
    return Difference(f"storyboard: prompts of {len(rows)} with another plan", wrong, 0)
