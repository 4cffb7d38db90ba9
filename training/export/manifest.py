"""manifest.json, format 1: everything that the app must know about a model package.

The format is defined by src/shared/manifest.ts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import onnx

from training.export.checkpoints import TrainedParts
from training.export.stage_names import stage_entries
from training.transformer.config import FRAMES, STAGES, TransformerConfig
from training.world.captions import all_caption_words, example_prompts, rate_words
from training.world.dataset import DURATION_TEXTS, KEY_FRAME_RATE

FORMAT = 1
VERSION = "0.15.0"
PLAYBACK_RATE = 8  # frames per second
MAX_CODE_POINTS = 1024
CREDITS = (
    "Trained on clips rendered from 3D models by Quaternius and Kay Lousberg (CC0)",
    "Method after CogVideo (Hong et al., 2022)",
)


def file_entry(path: str, content: bytes) -> dict:
    return {
        "path": path,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def graph_entry(
    path: str,
    model: onnx.ModelProto,
    content: bytes,
    precision: str,
    weights: list[dict],
    graph_capture: bool = False,
) -> dict:
    """One graph of one file, and the files of weights that it shares with other graphs;
    `graph_capture` if onnxruntime can record its runs on WebGPU."""
    return {
        "files": [file_entry(path, content)],
        **({"weights": weights} if weights else {}),
        "inputs": [value.name for value in model.graph.input],
        "outputs": [value.name for value in model.graph.output],
        **({"graphCapture": True} if graph_capture else {}),
        "precision": precision,
    }


def build_manifest(
    parts: TrainedParts, graphs: Mapping[str, dict], commit: str, command: str
) -> dict[str, Any]:
    preset, config = parts.preset, parts.transformers["keyframes"].config
    return {
        "format": FORMAT,
        "id": preset.package,
        "title": f"Flipbook {preset.package}",
        "version": VERSION,
        "license": "MIT",
        "credits": list(CREDITS),
        "languages": ["en", "zh"],
        "grid": config.grid,
        "pixels": preset.pixels,
        **_upscaled(parts),
        "codes": config.codes,
        "windowFrames": FRAMES,
        "maxRounds": (PLAYBACK_RATE // KEY_FRAME_RATE).bit_length() - 1,
        "playbackFramesPerSecond": PLAYBACK_RATE,
        **_rates(preset.subset),
        "textLength": config.text_slots,
        "maxCodePoints": MAX_CODE_POINTS,
        "ids": _ids(parts, config),
        **_storyboard(parts, config),
        "keyframeWindows": window_entries(config),
        "interpolationWindows": window_entries(parts.transformers["interpolation"].config),
        "architecture": architecture_entry(config),
        "sampling": _sampling(parts),
        "examples": [
            {"text": text, "language": code} for text, code in example_prompts(preset.subset)
        ],
        "knownWords": all_caption_words(preset.subset),
        "graphs": dict(graphs),
        "training": {"command": command, "commit": commit, **parts.facts},
    }


def _upscaled(parts: TrainedParts) -> dict[str, int]:
    return {} if parts.upscaler is None else {"upscaledPixels": parts.upscaler.config.large}


def _rates(subset: str) -> dict[str, Any]:
    words = rate_words(subset)
    rules = [
        {"words": [w for w in words if words[w] == rate], "framesPerSecond": rate}
        for rate in sorted(set(words.values()))
    ]
    rates = [{"framesPerSecond": r, "durationText": t} for r, t in DURATION_TEXTS.items()]
    return {"rates": rates, "rateRules": rules, "defaultKeyRate": KEY_FRAME_RATE}


def _ids(parts: TrainedParts, config: TransformerConfig) -> dict[str, int]:
    return {
        "textOffset": config.codes,
        "pad": config.pad_id,
        "unknown": config.codes + parts.tokenizer.unk_id,
        "lineBreak": config.codes + parts.tokenizer.line_break_id,
        "beginOfImage": config.boi_id,
        "nullHint": config.null_hint_id,
    }


def _storyboard(parts: TrainedParts, config: TransformerConfig) -> dict[str, Any]:
    if parts.planner is None:
        return {}
    stages = stage_entries(config, parts.preset.subset)
    rows = {"rows": config.rows} if config.rows else {}
    return {"storyboard": {"idsPerStage": config.spots, **rows, "stages": stages}}


def window_entries(config: TransformerConfig) -> list[dict[str, int]]:
    """The manifest's windows of one stage."""
    return [{"height": w.height, "width": w.width, "shift": w.shift} for w in config.windows]


def architecture_entry(config: TransformerConfig) -> dict[str, Any]:
    """The manifest's `architecture`."""
    return {
        "layers": config.layers,
        "hidden": config.hidden,
        "heads": config.heads,
        "headDim": config.head_dim,
        "previousFrameHint": config.hints > 0,
        "copyGate": config.copy_gate,
        "norm": config.norm,
        "sandwich": config.norm == "layer",
    }


def _sampling(parts: TrainedParts) -> dict[str, float | str]:
    chosen = {"candidates": parts.preset.candidates, "candidateChoice": "frame"}
    counts = {
        "keyframes": ("keyFramePasses", parts.preset.key_frame_passes),
        "interpolation": ("interpolationPasses", parts.preset.interpolation_passes),
    }
    able = [counts[stage] for stage in STAGES if parts.transformers[stage].config.masked]
    passes = {name: count for name, count in able if count}
    # Cells of several frames in a run need a graph that gives the logits of several rows.
    lag = parts.preset.key_frame_lag if parts.transformers["keyframes"].config.masked else 0
    return {
        "temperature": parts.preset.temperature,
        "topK": parts.preset.top_k,
        "guidance": parts.preset.guidance,
        **({"guidanceFloor": floor} if (floor := parts.preset.guidance_floor) else {}),
        "interpolationGuidance": 1.0,
        "textBoost": 0.0,
        **(chosen if parts.ranker is not None else {}),
        **({**passes, "choiceNoise": parts.preset.choice_noise} if passes else {}),
        **({"keyFrameLag": lag} if lag else {}),
    }
