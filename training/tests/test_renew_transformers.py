"""Packages of older versions get today's graphs, with the weights that they have."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from training.export.package_transformer import package_transformer
from training.export.renew_transformers import renew_transformers
from training.export.text_summary_fixture import FOLDER as OLDER
from training.export.text_summary_fixture import MICRO_PACKAGE


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The micro package with the key frames' graph that packages of before 0.5.0 have."""
    copy = tmp_path / "micro"
    shutil.copytree(MICRO_PACKAGE, copy)
    shutil.copy(OLDER / "keyframes.onnx", copy)
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    entry = json.loads((OLDER / "graph.json").read_text(encoding="utf-8"))
    manifest["graphs"]["keyframes"] = entry
    _write(copy, manifest)
    return copy


def _write(package: Path, manifest: dict) -> None:
    (package / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_graphs_are_todays_and_weights_what_they_were(package: Path) -> None:
    before = package_transformer(package, "keyframes").state_dict()
    renew_transformers(package)
    after = package_transformer(package, "keyframes").state_dict()
    assert before.keys() == after.keys()
    for name, weight in before.items():
        torch.testing.assert_close(after[name], weight, rtol=0, atol=1e-6)
    fresh = json.loads((MICRO_PACKAGE / "manifest.json").read_text(encoding="utf-8"))["graphs"]
    renewed = json.loads((package / "manifest.json").read_text(encoding="utf-8"))["graphs"]
    assert renewed["keyframes"]["graphCapture"] is True
    assert renewed["keyframes"]["outputs"] == fresh["keyframes"]["outputs"]
    assert renewed["decoder"] == fresh["decoder"]


def test_nothing_is_written_where_weights_would_be_rounded(package: Path) -> None:
    manifest = json.loads((package / "manifest.json").read_text(encoding="utf-8"))
    manifest["graphs"]["interpolation"]["precision"] = "fp16"
    _write(package, manifest)
    before = {file.name: file.read_bytes() for file in package.iterdir()}
    with pytest.raises(ValueError, match=r"interpolation of .* is stored as fp16"):
        renew_transformers(package)
    assert {file.name: file.read_bytes() for file in package.iterdir()} == before
