"""Writes the transformer graphs of a package anew, as today's exporter makes them:

    python -m training.export.renew_transformers --package public/models/mini

Weights stay as they are stored, and nothing is trained: packages of older versions get what graphs
have gained since, among it that their runs can be recorded on WebGPU.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from training.export.manifest import graph_entry
from training.export.package import TRANSFORMER_PRECISION
from training.export.package_transformer import package_transformer
from training.export.transformer_graph import TransformerGraph
from training.transformer.config import STAGES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--package", type=Path, required=True)
    try:
        renew_transformers(parser.parse_args().package)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))


def renew_transformers(package: Path) -> None:
    """Replaces both stages' graphs and their entries in the manifest.

    FileNotFoundError for a missing file; ValueError for a package whose graphs cannot be read back
    or are stored in another precision. Nothing is written then.
    """
    path = package / "manifest.json"
    renewed = {}
    for stage in STAGES:
        model = package_transformer(package, stage).requires_grad_(False)
        graph = TransformerGraph(model, TRANSFORMER_PRECISION, summary_once=True).build()
        renewed[stage] = (graph, graph.SerializeToString())
    manifest = json.loads(path.read_text(encoding="utf-8"))
    entries = manifest["graphs"]
    for stage in renewed:
        if (found := entries[stage]["precision"]) != TRANSFORMER_PRECISION:
            raise ValueError(
                f"{stage} of {package} is stored as {found}, and would be written as "
                f"{TRANSFORMER_PRECISION}: export it from its checkpoint."
            )
    for stage, (graph, content) in renewed.items():
        file = entries[stage]["files"][0]["path"]
        (package / file).write_bytes(content)
        entries[stage] = graph_entry(
            file, graph, content, TRANSFORMER_PRECISION, [], graph_capture=True
        )
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
