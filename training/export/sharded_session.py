"""Several graphs of one transformer in onnxruntime, run one after the other like one session."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort

from training.export.onnx_transformer import open_session


class ShardedSession:
    """Has `run` of an InferenceSession: what one shard makes is fed to the later ones."""

    def __init__(self, sessions: Sequence[ort.InferenceSession], outputs: Sequence[str]) -> None:
        self.sessions = list(sessions)
        self.outputs = list(outputs)

    @staticmethod
    def open(package: Path, stage: str, threads: int = 1) -> ShardedSession:
        """One stage of a package, by its manifest."""
        manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
        graph = manifest["graphs"][stage]
        sessions = [open_session(content, threads) for content in shard_bytes(package, graph)]
        return ShardedSession(sessions, graph["outputs"])

    def run(self, names: Sequence[str] | None, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """The outputs `names`, by default all of the manifest's in its order."""
        known = dict(feeds)
        for session in self.sessions:
            own = {value.name: known[value.name] for value in session.get_inputs()}
            made = [value.name for value in session.get_outputs()]
            known |= zip(made, session.run(made, own), strict=True)
        return [known[name] for name in names or self.outputs]


def shard_bytes(package: Path, graph: Mapping) -> list[bytes]:
    """Each file of a manifest's graph with the shared weights that belong to it."""
    files, weights = graph["files"], graph.get("weights", [])
    if len(files) == 1:
        weights = [weights] if weights else []
    else:
        weights = [[weight] for weight in weights]
    together = [[f, *w] for f, w in zip(files, weights or [[]] * len(files), strict=True)]
    return [b"".join((package / part["path"]).read_bytes() for part in g) for g in together]
