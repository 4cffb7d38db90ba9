"""Step graphs of any size with random weights, for the growth figures of `npm run bench`.

python -m training.bench_graphs OUT --grid G --hidden H [--layers L]

OUT gets keyframes.onnx, interpolation.onnx and the part of a manifest that decode steps need
(`StepManifest` in scripts/bench/steps/stepTypes.ts). All else is as in the preset cpu: windows of
as many cells, heads of 64, an MLP four times as wide.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from training.export.manifest import architecture_entry, graph_entry, window_entries
from training.export.package import TRANSFORMER_PRECISION
from training.export.transformer_graph import TransformerGraph
from training.presets import Preset, preset_named
from training.transformer.config import STAGES, TransformerConfig, Window
from training.transformer.model import Transformer

_HEAD_DIM = 64
_PIECES = 512
# Pieces that every caption tokenizer begins with.
_PAD, _UNKNOWN, _LINE_BREAK = 0, 1, 2


def sized(preset: Preset, grid: int, hidden: int, layers: int) -> Preset:
    """The preset with another grid and width; ValueError for a width that heads of 64 do not fill
    or a grid that the windows do not divide."""
    if hidden % _HEAD_DIM:
        raise ValueError(f"--hidden must be a multiple of {_HEAD_DIM}, but is {hidden}.")
    if grid % 4:
        raise ValueError(f"--grid must be a multiple of 4, but is {grid}.")
    return replace(
        preset,
        pixels=grid * preset.factor,
        hidden=hidden,
        heads=hidden // _HEAD_DIM,
        ffn=4 * hidden,
        layers=layers,
        windows=(Window(4, 4), Window(2, grid), Window(grid, 2)),
    )


def write_graphs(preset: Preset, out: Path, seed: int = 1) -> None:
    """Writes both graphs and manifest.json into the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    entries, configs = {}, {}
    for stage in STAGES:
        configs[stage] = preset.transformer(stage, _PIECES, _PAD)
        model = Transformer(configs[stage]).eval()
        graph = TransformerGraph(model, TRANSFORMER_PRECISION, summary_once=True).build()
        content = graph.SerializeToString()
        path = f"{stage}.onnx"
        (out / path).write_bytes(content)
        entries[stage] = graph_entry(path, graph, content, TRANSFORMER_PRECISION, [])
    manifest = step_manifest(preset, configs["keyframes"], configs["interpolation"])
    manifest["graphs"] = entries
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def step_manifest(
    preset: Preset, config: TransformerConfig, interpolation: TransformerConfig
) -> dict[str, Any]:
    """What decode steps need of a manifest, without the graphs."""
    return {
        "grid": config.grid,
        "codes": config.codes,
        "textLength": config.text_slots,
        "ids": {
            "textOffset": config.codes,
            "pad": config.pad_id,
            "unknown": config.codes + _UNKNOWN,
            "lineBreak": config.codes + _LINE_BREAK,
            "beginOfImage": config.boi_id,
            "nullHint": config.null_hint_id,
        },
        "keyframeWindows": window_entries(config),
        "interpolationWindows": window_entries(interpolation),
        "architecture": architecture_entry(config),
        "sampling": {
            "temperature": preset.temperature,
            "topK": preset.top_k,
            "guidance": preset.guidance,
            "guidanceFloor": preset.guidance_floor,
            "interpolationGuidance": 1.0,
            "textBoost": 0.0,
            "candidates": preset.candidates,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--grid", type=int, required=True, help="cells per side, a multiple of 4")
    parser.add_argument("--hidden", type=int, required=True, help="width, a multiple of 64")
    parser.add_argument("--layers", type=int, help="default: those of the preset cpu")
    arguments = parser.parse_args()
    preset = preset_named("cpu")
    layers = arguments.layers or preset.layers
    try:
        write_graphs(sized(preset, arguments.grid, arguments.hidden, layers), arguments.out)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
