"""A summary of the text that is computed once, in the evaluation's runner and the fixture."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime as ort

from training.evaluation.transformer_runner import KEY_FRAME_ORDER, TransformerRunner
from training.export.onnx_transformer import open_session
from training.export.text_summary_fixture import FOLDER, MICRO_PACKAGE

_STEPS = 20


def _logits(session: ort.InferenceSession) -> np.ndarray:
    """Of some steps over texts of different lengths: [steps, 3, K]."""
    manifest = json.loads((MICRO_PACKAGE / "manifest.json").read_text(encoding="utf-8"))
    ids, cells = manifest["ids"], manifest["grid"] ** 2
    texts = [ids["lineBreak"] + 7 * np.arange(length) % 40 for length in (5, 12, 1)]
    windows = manifest["keyframeWindows"]
    runner = TransformerRunner(session, manifest, texts, windows, KEY_FRAME_ORDER)
    runner.prefill(np.zeros((3, 0, cells), np.int64))
    found = []
    for step in range(_STEPS):
        token = 11 * step % manifest["codes"] if step % cells else ids["beginOfImage"]
        hints = np.full((3, 2), ids["nullHint"])
        found.append(runner.step(step // cells, step % cells, np.full(3, token), hints))
    return np.stack(found)


def test_the_evaluation_draws_the_same_with_a_summary_computed_once() -> None:
    plain = open_session(FOLDER / "keyframes.onnx")
    once = open_session(MICRO_PACKAGE / "keyframes.onnx")
    assert "summary" not in [value.name for value in plain.get_inputs()]
    assert "summary" in [value.name for value in once.get_inputs()]
    expected, found = _logits(plain), _logits(once)
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_the_fixture_names_the_tensors_of_its_graph() -> None:
    entry = json.loads((FOLDER / "graph.json").read_text(encoding="utf-8"))
    session = open_session(FOLDER / "keyframes.onnx")
    assert entry["inputs"] == [value.name for value in session.get_inputs()]
    assert entry["outputs"] == [value.name for value in session.get_outputs()]
    assert entry["files"][0]["bytes"] == (FOLDER / "keyframes.onnx").stat().st_size
