"""manifest.json of a converted package: format 1, with what CogVideo's release fixes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.cogvideo.config import CogVideoConfig
from training.export.manifest import FORMAT, MAX_CODE_POINTS
from training.transformer.config import FRAMES, TransformerConfig

LICENCE = "The CogVideo License (use-based restrictions; pass it on with the weights)"
CREDITS = (
    "CogVideo: Hong, Ding, Zheng, Liu, Tang (2022); weights converted from the release",
    "Tokenizers of text and pictures: icetk",
)
KEY_FRAME_RATE = 1  # frames per second of stage 1
PLAYBACK_RATE = 8
# A window's five frames span four intervals; the text states the span (docs/cogvideo.md 1.3).
DURATION_TEXTS = {1: "4.0秒", 2: "2.0秒", 4: "1.0秒", 8: "0.5秒"}
# docs/cogvideo.md 1.2; each text that is encoded by itself begins with its own word mark.
PROMPT_TEXTS = {
    "firstFrameSuffix": " 高清摄影",
    "guidedSuffix": " 视频",
    "unconditional": "视频",
}
# Of the kind that the paper shows; the release reads Chinese.
EXAMPLES = ("一只狮子在喝水。", "一个男人在滑雪。", "一个女人在海滩上跑步。")
# docs/cogvideo.md 5.1, 5.2 and 5.4: frames 1-4 and all of stage 2; the app leaves the boost out of
# what is drawn under guidance.
SAMPLING: dict[str, Any] = {
    "temperature": 1.05,
    "topK": 12,
    "guidance": 3.0,
    "interpolationGuidance": 1.0,
    "textBoost": 1.4,
}
FIRST_FRAME_SAMPLING: dict[str, Any] = {"temperature": 1.0, "topK": 16, "textBoost": 1.4}
INNER_TEMPERATURE = 0.89  # within a cluster, times the temperature
CODES_OF_CLUSTER = 40  # of the released 500 clusters, on average


def package_manifest(
    name: str,
    stages: Mapping[str, CogVideoConfig],
    graphs: Mapping[str, dict],
    facts: Mapping[str, Any],
    as_released: bool,
    command: str,
    clusters: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """`stages` has one entry at least; `facts` are those of the token parts that there are.
    `clusters` names the table's file and counts its clusters; None: codes are drawn by top-k."""
    config = next(iter(stages.values()))
    transformers = {stage: c.to_transformer() for stage, c in stages.items()}
    pixels = facts.get("pixels", 8 * config.grid)
    return {
        "format": FORMAT,
        "id": name,
        "title": "CogVideo (2022)",
        "version": "1.0.0",
        "license": LICENCE,
        "credits": list(CREDITS),
        "languages": ["zh"],
        "grid": config.grid,
        "pixels": pixels,
        **({"upscaledPixels": facts["upscaledPixels"]} if "upscaler" in graphs else {}),
        "codes": config.codes,
        "windowFrames": FRAMES,
        "maxRounds": (PLAYBACK_RATE // KEY_FRAME_RATE).bit_length() - 1,
        "playbackFramesPerSecond": PLAYBACK_RATE,
        "rates": [{"framesPerSecond": r, "durationText": t} for r, t in DURATION_TEXTS.items()],
        "rateRules": [],
        "defaultKeyRate": KEY_FRAME_RATE,
        "promptTexts": dict(PROMPT_TEXTS),
        "textLength": config.text_slots,
        "maxCodePoints": MAX_CODE_POINTS,
        "ids": _ids(config, facts),
        "keyframeWindows": _windows(transformers.get("keyframes")),
        "interpolationWindows": _windows(transformers.get("interpolation")),
        "architecture": _architecture(transformers[next(iter(stages))]),
        "sampling": _sampling(clusters),
        "examples": [{"text": text, "language": "zh"} for text in EXAMPLES],
        "knownWords": {"en": [], "zh": []},
        "graphs": dict(graphs),
        "training": {"command": command, **_hashes(facts)},
        "release": _release(stages, as_released, clusters),
    }


def _sampling(clusters: Mapping[str, Any] | None) -> dict[str, Any]:
    """`topK` counts clusters; without their table, as many codes as so many clusters hold."""
    first, rest = dict(FIRST_FRAME_SAMPLING), dict(SAMPLING)
    if clusters is not None:
        own = {**clusters, "innerTemperature": INNER_TEMPERATURE}
        return {**rest, "firstFrame": first, "clusters": own}
    for setting in (first, rest):
        setting["topK"] *= CODES_OF_CLUSTER
    return {**rest, "firstFrame": first}


def _ids(config: CogVideoConfig, facts: Mapping[str, Any]) -> dict[str, int]:
    return {
        "textOffset": config.codes,
        "pad": config.pad_id,
        "unknown": facts.get("unknown", config.codes),
        "lineBreak": facts.get("lineBreak", config.codes + 4),
        "beginOfImage": config.boi_id,
        "nullHint": config.to_transformer().null_hint_id,
    }


def _windows(config: TransformerConfig | None) -> list[dict[str, int]]:
    windows = config.windows if config else ()
    return [{"height": w.height, "width": w.width, "shift": w.shift} for w in windows]


def _architecture(config: TransformerConfig) -> dict[str, Any]:
    return {
        "layers": config.layers,
        "hidden": config.hidden,
        "heads": config.heads,
        "headDim": config.head_dim,
        "previousFrameHint": False,
        "copyGate": False,
        "norm": "layer",
        "sandwich": True,
    }


def _hashes(facts: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if name.endswith("Sha256")}


def _release(
    stages: Mapping[str, CogVideoConfig], as_released: bool, clusters: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What the original settings said, and whether its known errors are kept (pitfall P1)."""
    return {
        "asReleased": as_released,
        "codesDrawnBy": "top-k" if clusters is None else "clusters",
        "stages": {
            stage: {
                "layout": [c.text_slots, c.text_slots + c.grid**2, c.text_slots + 5 * c.grid**2],
                "windowSize": c.window or -1,
                "shift": c.shift if c.window else 0,
                "layernormOrder": "sandwich",
                "layernormEpsilon": c.norm_eps,
                "imagePositionOffset": c.image_offset,
                "vocabulary": c.vocabulary,
            }
            for stage, c in stages.items()
        },
    }
