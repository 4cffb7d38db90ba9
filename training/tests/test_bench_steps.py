"""What `npm run bench` takes from torch: the module on given tokens, and graphs of any size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from training.bench_graphs import sized, write_graphs
from training.bench_steps import measure
from training.export.comparison import teacher_forced
from training.export.onnx_transformer import OnnxTransformer, open_session
from training.export.package_transformer import package_transformer
from training.presets import preset_named
from training.transformer.config import FRAMES, STAGES, Stage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("graphs")
    write_graphs(sized(preset_named("micro"), grid=4, hidden=64, layers=2), out)
    return out


def _work(stage: Stage, windows: int, branches: int, model_ids: int) -> dict:
    rng = np.random.default_rng(1)
    frames = rng.integers(0, 64, (windows, FRAMES, 16)).tolist()
    given = 0 if stage == "keyframes" else 3
    texts = [[model_ids + 3 + i for i in range(6 - 2 * b)] for b in range(branches)]
    return {
        "stage": stage,
        "texts": [text for text in texts for _ in range(windows)],
        "given": [window[:given] for window in frames],
        "drawn": [window[given:] for window in frames],
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_module_draws_what_the_graph_draws(folder: Path, stage: Stage) -> None:
    model = package_transformer(folder, stage)
    work = _work(stage, windows=2, branches=2, model_ids=model.config.codes)
    found = measure(model, work, None)
    drawn = 2 if stage == "interpolation" else 5
    assert len(found["stepMilliseconds"]) == drawn * model.config.cells
    assert min(found["stepMilliseconds"]) > 0

    longest = max(map(len, work["texts"]))
    pad = model.config.pad_id
    texts = torch.tensor([text + [pad] * (longest - len(text)) for text in work["texts"]])
    frames = torch.empty(2, FRAMES, 16, dtype=torch.int64)
    slots = [0, 2, 4, 1, 3] if stage == "interpolation" else list(range(FRAMES))
    for window in range(2):
        rows = work["given"][window] + work["drawn"][window]
        frames[window, slots] = torch.tensor(rows)
    graph = OnnxTransformer(open_session(folder / f"{stage}.onnx"), model.config)
    logits = teacher_forced(graph, texts, frames.repeat(2, 1, 1))[-1]
    probe = np.reshape(found["probe"], (4, 8))
    np.testing.assert_allclose(probe, logits[:, :8].numpy(), rtol=1e-4, atol=1e-4)


def test_steps_can_be_fewer_than_the_clip_has(folder: Path) -> None:
    model = package_transformer(folder, "keyframes")
    work = _work("keyframes", windows=1, branches=1, model_ids=model.config.codes)
    assert len(measure(model, work, 7)["stepMilliseconds"]) == 7


def test_the_manifest_names_what_the_graphs_have(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for stage in STAGES:
        inputs = manifest["graphs"][stage]["inputs"]
        session = open_session(folder / manifest["graphs"][stage]["files"][0]["path"])
        assert inputs == [value.name for value in session.get_inputs()]
    assert manifest["architecture"]["headDim"] * manifest["architecture"]["heads"] == 64


@pytest.mark.parametrize(
    ("grid", "hidden", "message"), [(4, 65, "--hidden must be"), (6, 64, "--grid must be")]
)
def test_sizes_that_do_not_fit_are_refused(grid: int, hidden: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sized(preset_named("micro"), grid, hidden, 2)


def test_a_folder_without_a_package_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="name the folder of a model package"):
        package_transformer(tmp_path, "keyframes")
