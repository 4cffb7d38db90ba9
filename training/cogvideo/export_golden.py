"""Exports the transformers and sampler distributions of a golden set for the worker's tests:

    python -m training.cogvideo.export_golden DIR OUT
    FLIPBOOK_COGVIDEO=OUT npx vitest run tests/parity/cogvideo.test.ts \\
        tests/unit/workers/clusterSampling.test.ts

OUT gets one unquantised graph for each stage and golden.json: what the worker feeds, and the logits
that CogVideo's own code gave there; of a set with sampling.npz also clusterSampling.json: logits,
and the distributions of CogVideo's own sampler.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from training.cogvideo.golden_decoding import Sequence, first_frames, samplers
from training.cogvideo.golden_files import read_golden
from training.cogvideo.golden_stage import GoldenStage, open_stage
from training.export.transformer_graph import TransformerGraph


def export_golden(folder: Path, out: Path) -> Path:
    """Writes the graphs and golden.json; returns the latter's path. Errors as `open_stage`'s."""
    out.mkdir(parents=True, exist_ok=True)
    stages = {}
    for number in (1, 2):
        stage = open_stage(folder, number)
        model = TransformerGraph(stage.model, "fp32").build()
        path = f"{stage.config.stage}.onnx"
        (out / path).write_bytes(model.SerializeToString())
        stages[stage.config.stage] = {
            "path": path,
            "inputs": [value.name for value in model.graph.input],
            "outputs": [value.name for value in model.graph.output],
            **_settings(stage),
            "blocks": [_block(stage, mode, sequence) for mode, sequence in _sequences(stage)],
        }
    target = out / "golden.json"
    target.write_text(json.dumps(stages), encoding="utf-8")
    if (folder / "sampling.npz").is_file():
        text = json.dumps(sampler_vectors(folder))
        (out / "clusterSampling.json").write_text(text, encoding="utf-8")
    return target


def sampler_vectors(folder: Path) -> dict[str, Any]:
    """Every row of logits under every setting of sampling.npz, with the numbers found there."""
    file = read_golden(folder / "sampling.npz")
    cases = []
    for number, (temperature, kept, inner) in enumerate(file["params"]):
        for row, logits in enumerate(file["logits"]):
            cases.append({
                "temperature": float(temperature),
                "kept": int(kept),
                "innerTemperature": float(inner),
                "logits": logits.tolist(),
                "keptClusters": file[f"setting{number}.topk_clusters"][row].tolist(),
                "probabilities": file[f"setting{number}.probs"][row].tolist(),
            })  # fmt: skip
    return {"clusters": file["cluster_map"].tolist(), "cases": cases}


def _settings(stage: GoldenStage) -> dict[str, Any]:
    config, options = stage.config, stage.model.config
    windows = [{"height": w.height, "width": w.width, "shift": w.shift} for w in options.windows]
    return {
        "grid": config.grid,
        "codes": config.codes,
        "textLength": config.text_slots,
        "layers": config.layers,
        "hidden": config.hidden,
        "heads": config.heads,
        "headDim": options.head_dim,
        "pad": config.pad_id,
        "beginOfImage": config.boi_id,
        "nullHint": options.null_hint_id,
        "windows": windows,
        "codeIndex": stage.io["code_idx"].tolist(),
    }


def _sequences(stage: GoldenStage) -> list[tuple[str, Sequence]]:
    """How each is decoded. Boosted blocks of the fixed sampler keep one of the release's errors
    (pitfall P2), which the worker has together with the other or not at all: they are left out."""
    if stage.number == 1:
        first = [("first frame", sequence) for sequence in first_frames(stage)]
        rest = [s for s in samplers(stage) if s.block != "cfg.cond"]
        return first + [("released" if s.boost else "fixed", s) for s in rest]
    fixed = [("fixed", s) for s in samplers(stage, "_p1fix") if not s.boost]
    return fixed + [("released", s) for s in samplers(stage, "_released")]


def _block(stage: GoldenStage, mode: str, sequence: Sequence) -> dict[str, Any]:
    io, block = stage.io, sequence.block
    return {
        "name": block,
        "mode": mode,
        "boost": sequence.boost,
        "text": sequence.text.tolist(),
        "frames": io[f"case{sequence.case}.frames"].tolist(),
        "positions": sequence.pos.tolist(),
        "logits": io[f"{block}.logits"].tolist(),
        "best": io[f"{block}.argmax"].tolist(),
        "margin": io[f"{block}.top1_margin"].tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a set of golden vectors")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write")
    arguments = parser.parse_args()
    try:
        print(export_golden(arguments.folder, arguments.out))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
