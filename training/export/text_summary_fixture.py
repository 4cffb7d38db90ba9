"""Writes the graph of the tests of text summaries: python -m training.export.text_summary_fixture

The key frames' graph of the micro package as packages of before 0.5.0 have it: it computes the
summary of the texts in every run. The package's own graph computes it in its first run.
"""

from __future__ import annotations

import json
from pathlib import Path

from training.export.manifest import graph_entry
from training.export.package import TRANSFORMER_PRECISION
from training.export.package_transformer import package_transformer
from training.export.transformer_graph import TransformerGraph

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "fixtures" / "textSummary"
MICRO_PACKAGE = ROOT / "tests" / "fixtures" / "models" / "micro"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = package_transformer(MICRO_PACKAGE, "keyframes").requires_grad_(False)
    graph = TransformerGraph(model, TRANSFORMER_PRECISION, summary_once=False).build()
    content = graph.SerializeToString()
    (FOLDER / "keyframes.onnx").write_bytes(content)
    entry = graph_entry("keyframes.onnx", graph, content, TRANSFORMER_PRECISION, [])
    (FOLDER / "graph.json").write_text(json.dumps(entry) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
