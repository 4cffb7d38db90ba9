"""Golden files: what the TypeScript pipeline must compute with the micro package.

tests/parity/golden/README.md describes them. Tokens are taken only where torch and onnxruntime
agree, so that no test hangs on a near tie.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.common.random_stream import draw_token, stream_key, uniform
from training.export.checkpoints import TrainedParts
from training.export.comparison import onnx_transformer
from training.export.text_samples import random_texts
from training.storyboard.plan import key_frame_opening, plan_of, window_opening
from training.transformer.config import STAGES, Stage, TransformerConfig
from training.transformer.sample import (
    Sampling,
    interpolate_round,
    sample_key_frames,
    text_rows,
)
from training.transformer.visibility import spatial_cells_visible, temporal_cells_visible
from training.vqvae.model import tensor_to_frames
from training.world.dataset import DURATION_TEXTS, KEY_FRAME_RATE
from training.world.subsets import subset_named

ROUNDS = 2
_CLIPS = (
    # (name, prompt, seed, guidance, interpolation guidance, temperature, top-k)
    ("greedy", "a lion drinks water at the lake", 7, 2.0, 1.0, 0.0, 0),
    ("sampled", "狮子在湖边喝水", 1234, 2.0, 1.0, 0.8, 20),
    ("guided-rounds", "A red car drives to the left. 😀", 99, 3.5, 1.5, 1.0, 5),
)
_MOST_SEEDS = 20  # tried until torch and onnxruntime draw the same tokens


def write_golden(parts: TrainedParts, package: Path, folder: Path) -> None:
    """`parts` hold the rounded weights (:func:`round_parts`)."""
    manifest = (package / "manifest.json").read_bytes()
    files: dict[str, Any] = {
        "tokenizer": {"cases": _tokenizer_cases(parts)},
        "clips": {"clips": [_clip(parts, package, *clip) for clip in _CLIPS]},
        "pixels": _pixels(parts),
        "visibility": {"cases": _visibility_cases(parts)},
        "random": _random_values(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        content = {"manifestSha256": hashlib.sha256(manifest).hexdigest(), **content}
        text = json.dumps(content, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _tokenizer_cases(parts: TrainedParts) -> list[dict[str, Any]]:
    offset = parts.vqvae.config.codes
    return [
        {"text": text, "ids": [offset + piece for piece in parts.tokenizer.encode(text)]}
        for text in random_texts(300, seed=6)
    ]


def _clip(
    parts: TrainedParts,
    package: Path,
    name: str,
    prompt: str,
    first_seed: int,
    guidance: float,
    interpolation_guidance: float,
    temperature: float,
    top_k: int,
) -> dict[str, Any]:
    """The tokens of a clip after the key frames and after every round."""
    floor = parts.preset.guidance_floor
    key_frames = Sampling(guidance, temperature, top_k, floor)
    rounds = Sampling(interpolation_guidance, temperature, top_k, floor)
    onnx = {stage: onnx_transformer(parts, package, stage) for stage in STAGES}
    for seed in range(first_seed, first_seed + _MOST_SEEDS):
        drawn = _draw(parts, parts.transformers, prompt, seed, key_frames, rounds)
        again = _draw(parts, onnx, prompt, seed, key_frames, rounds)
        if all(torch.equal(a, b) for a, b in zip(drawn, again, strict=True)):
            break
    else:
        raise ValueError(f"torch and onnxruntime draw different clips for {prompt!r}")
    return {
        "name": name,
        "prompt": prompt,
        "seed": seed,
        "keyRate": KEY_FRAME_RATE,
        "guidance": guidance,
        "interpolationGuidance": interpolation_guidance,
        "temperature": temperature,
        "topK": top_k,
        "textIds": _row(parts, KEY_FRAME_RATE, prompt)[0].tolist(),
        "keyFrames": drawn[0].tolist(),
        "rounds": [tokens.tolist() for tokens in drawn[1:]],
    }


def _row(parts: TrainedParts, rate: int, prompt: str) -> Tensor:
    """Flat text ids [1, T]."""
    model = parts.transformers["keyframes"]
    encode, line_break = parts.tokenizer.encode, parts.tokenizer.line_break_id
    return text_rows(model, encode, line_break, DURATION_TEXTS[rate], [prompt])


def _draw(
    parts: TrainedParts,
    models: dict[Stage, Any],
    prompt: str,
    seed: int,
    key_frames: Sampling,
    rounds: Sampling,
) -> list[Tensor]:
    """Key frames [5, C], then the clip after every round, [9, C] and [17, C]."""
    rate = KEY_FRAME_RATE
    texts = _row(parts, rate, prompt), _row(parts, rate, "")
    plan = None
    if parts.planner is not None:
        config, subset = models["keyframes"].config, subset_named(parts.preset.subset)
        plan = plan_of(parts.planner, config, subset, parts.tokenizer.encode(prompt), rate, seed)
    opening = None if plan is None else torch.from_numpy(key_frame_opening(plan)[None]).long()
    keys = models["keyframes"]
    clip = sample_key_frames(keys, *texts, [seed], key_frames, opening=opening)[0]
    clips = [clip]
    for number in range(1, ROUNDS + 1):
        rate *= 2
        texts = _row(parts, rate, prompt), _row(parts, rate, "")
        opening = None if plan is None else torch.from_numpy(window_opening(plan, number)).long()
        between = models["interpolation"]
        clip = interpolate_round(between, clip, *texts, seed, number, rounds, opening=opening)
        clips.append(clip)
    return clips


def _pixels(parts: TrainedParts) -> dict[str, Any]:
    config = parts.vqvae.config
    rng = np.random.default_rng(8)
    tokens = torch.from_numpy(rng.integers(0, config.codes, (2, config.grid, config.grid)))
    frames = tensor_to_frames(parts.vqvae.decode(tokens)).numpy()
    return {
        "tokens": tokens.flatten(1).tolist(),
        "pixels": config.pixels,
        "rgb": [base64.b64encode(frame.tobytes()).decode() for frame in frames],
        "encoded": parts.vqvae.encode(torch.from_numpy(frames).permute(0, 3, 1, 2) / 255)
        .flatten(1)
        .tolist(),
    }


def _visibility_cases(parts: TrainedParts) -> list[dict[str, Any]]:
    cases = []
    for stage in STAGES:
        config = parts.transformers[stage].config
        for slot, cell in ((0, 0), (0, 5), (1, 0), (1, 9), (3, 2), (3, config.cells - 1), (4, 7)):
            if stage == "keyframes" or slot in (1, 3):
                cases.append(_visibility(config, slot, cell))
    return cases


def _visibility(config: TransformerConfig, slot: int, cell: int) -> dict[str, Any]:
    spatial = spatial_cells_visible(config.stage, config.grid)[slot, cell]
    temporal = [
        temporal_cells_visible(config.stage, config.grid, window, slot, cell)
        for window in (config.windows or (None,))
    ]
    return {
        "stage": config.stage,
        "slot": slot,
        "cell": cell,
        "spatial": np.flatnonzero(spatial).tolist(),
        "temporal": [np.flatnonzero(visible).tolist() for visible in temporal],
    }


def _random_values() -> dict[str, Any]:
    keys = [(0, 0, 0), (1234, 0, 0), (1234, 1, 0), (1234, 3, 7), (4294967295, 2, 1)]
    rng = np.random.default_rng(9)
    draws = []
    for temperature, top_k in ((1.0, 0), (0.8, 20), (0.8, 1), (0.0, 5), (1.7, 3)):
        logits = np.round(rng.normal(0, 3, 24), 2)
        u = float(rng.random())
        token = draw_token(logits, temperature, top_k, u)
        draws.append(
            {
                "logits": logits.tolist(),
                "temperature": temperature,
                "topK": top_k,
                "u": u,
                "token": token,
            }
        )
    return {
        "streams": [
            {
                "parts": list(parts),
                "key": stream_key(*parts),
                "uniform": [uniform(stream_key(*parts), index) for index in (0, 1, 2, 719)],
            }
            for parts in keys
        ],
        "draws": draws,
    }
