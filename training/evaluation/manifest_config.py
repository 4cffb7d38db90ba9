"""The sizes of a package's transformer as its manifest tells them."""

from __future__ import annotations

from typing import Any

from training.transformer.config import TransformerConfig, Window


def interpolation_config(manifest: dict[str, Any]) -> TransformerConfig:
    """Of stage 2, as far as running its graph needs it."""
    shape, ids, sampling = manifest["architecture"], manifest["ids"], manifest["sampling"]
    return TransformerConfig(
        stage="interpolation",
        grid=manifest["grid"],
        codes=manifest["codes"],
        vocabulary=ids["nullHint"] + 1,
        boi_id=ids["beginOfImage"],
        null_hint_id=ids["nullHint"],
        pad_id=ids["pad"],
        text_slots=manifest["textLength"],
        layers=shape["layers"],
        hidden=shape["hidden"],
        heads=shape["heads"],
        ffn=0,
        norm=shape["norm"],
        hints=2 if shape["previousFrameHint"] else 0,
        copy_gate=shape["copyGate"],
        masked=bool(sampling.get("interpolationPasses")),
        windows=tuple(Window(**window) for window in manifest["interpolationWindows"]),
    )
