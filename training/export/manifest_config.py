"""The sizes of a package's transformers as its manifest tells them."""

from __future__ import annotations

from typing import Any

from training.transformer.config import Stage, TransformerConfig, Window
from training.transformer.spots import columns_in


def columns_of(manifest: dict[str, Any]) -> int:
    """Columns of the spots that a package's storyboards tell; 0: they tell none."""
    return columns_in(manifest.get("storyboard", {}).get("idsPerStage", 1), rows_of(manifest))


def rows_of(manifest: dict[str, Any]) -> int:
    """Rows of those spots; 0: they tell columns alone."""
    return manifest.get("storyboard", {}).get("rows", 0)


def manifest_config(
    manifest: dict[str, Any],
    stage: Stage,
    vocabulary: int | None = None,
    ffn: int = 0,
    text_summary: int = 0,
    stage_rows: bool = False,
) -> TransformerConfig:
    """The options of one stage. What no manifest names, rows of the word table and inner widths, is
    given; who only runs the graph does without."""
    shape, ids = manifest["architecture"], manifest["ids"]
    windows = manifest["keyframeWindows" if stage == "keyframes" else "interpolationWindows"]
    hints = {"keyframes": 1, "interpolation": 2}[stage] if shape["previousFrameHint"] else 0
    words = ids["nullHint"] + 1 if vocabulary is None else vocabulary
    return TransformerConfig(
        stage=stage,
        grid=manifest["grid"],
        codes=manifest["codes"],
        vocabulary=words,
        boi_id=ids["beginOfImage"],
        null_hint_id=ids["nullHint"],
        pad_id=ids["pad"],
        text_slots=manifest["textLength"],
        layers=shape["layers"],
        hidden=shape["hidden"],
        heads=shape["heads"],
        ffn=ffn,
        norm=shape["norm"],
        hints=hints,  # type: ignore[arg-type]
        copy_gate=shape["copyGate"],
        text_summary=text_summary,
        masked="rows" in manifest["graphs"][stage]["inputs"],
        stages=words - ids["nullHint"] - 1,
        stage_rows=stage_rows,
        columns=0 if vocabulary is None else columns_of(manifest),
        rows=0 if vocabulary is None else rows_of(manifest),
        windows=tuple(Window(**window) for window in windows),
    )
