"""The converter on small checkpoints in the released layout: right numbers, or nothing at all."""

import hashlib
import json
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.cogvideo.checkpoint_files import open_checkpoint
from training.cogvideo.convert import Conversion, convert
from training.cogvideo.release_settings import stage_config
from training.cogvideo.transformer_weights import transformer_from_arrays
from training.export.onnx_transformer import OnnxTransformer
from training.export.sharded_session import ShardedSession
from training.tests.cogvideo_release import (
    cut_for_rank,
    random_state,
    settings,
    write_release,
    write_stage_folder,
)
from training.tests.shard_fixture import limit_for
from training.tests.test_export_transformer import _feeds
from training.transformer.config import STAGES
from training.transformer.model import Transformer


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_release(folder)
    (folder / "LICENSE").write_text("The CogVideo License")
    return folder


def _convert(source: Path, out: Path, **options: object) -> dict:
    convert(replace(Conversion(source, out, partial=True), **options))
    return json.loads((out / "manifest.json").read_text())


def _model(source: Path, stage: int) -> Transformer:
    checkpoint = open_checkpoint(source / f"cogvideo-stage{stage}")
    return transformer_from_arrays(checkpoint.tensors, stage_config(checkpoint.config, stage))


def _logits(package: Path, stage: str, model: Transformer) -> np.ndarray:
    session = ShardedSession.open(package, stage)
    found, _ = OnnxTransformer(session, model.config).step(*_feeds(model.config, 2, 5, (9, 30)))
    return found.numpy()


@torch.no_grad()
def test_a_converted_package_computes_what_the_checkpoint_does(
    release: Path, tmp_path: Path
) -> None:
    manifest = _convert(release, tmp_path / "out", bits=32)
    for number, stage in enumerate(STAGES, start=1):
        model = _model(release, number)
        expected, _ = model.step(*_feeds(model.config, 2, 5, (9, 30)))
        found = _logits(tmp_path / "out", stage, model)
        np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=5e-5)
    assert manifest["interpolationWindows"] == [
        {"height": 2, "width": 2, "shift": 0},
        {"height": 2, "width": 2, "shift": 1},
    ]
    assert (tmp_path / "out" / "LICENSE").read_text() == "The CogVideo License"


def test_the_base_is_stored_once_and_every_file_is_hashed(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    graphs = _convert(release, out)["graphs"]
    assert graphs["keyframes"]["weights"] == graphs["interpolation"]["weights"]
    entries = [e for g in graphs.values() for e in g["files"] + g["weights"]]
    assert {e["path"] for e in entries} | {"manifest.json", "LICENSE"} == {
        path.name for path in out.iterdir()
    }
    for entry in entries:
        content = (out / entry["path"]).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()


def test_stages_of_different_bases_keep_their_own(release: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(release / "cogvideo-stage1", source / "cogvideo-stage1")
    stated = settings(2)
    state = random_state(stage_config(stated, 2), 2, base_seed=9)
    write_stage_folder(source / "cogvideo-stage2", 2, [state], stated)
    graphs = _convert(source, tmp_path / "out", bits=32)["graphs"]
    assert not any("weights" in graph for graph in graphs.values())
    model = _model(source, 2)
    expected, _ = model.step(*_feeds(model.config, 2, 5, (9, 30)))
    found = _logits(tmp_path / "out", "interpolation", model)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=0, atol=5e-5)


@pytest.mark.parametrize("bits", [4, 8, 16])
def test_one_two_and_four_shards_are_identical(release: Path, tmp_path: Path, bits: int) -> None:
    model = _model(release, 2)
    found = {}
    for count in (1, 2, 4):
        out, limit = tmp_path / str(count), limit_for(count, bits)
        graph = _convert(release, out, bits=bits, shard_bytes=limit)["graphs"]["interpolation"]
        assert len(graph["files"]) == 1 + count
        found[count] = _logits(out, "interpolation", model)
        for file, weights in zip(graph["files"], graph["weights"], strict=True):
            assert file["bytes"] + weights["bytes"] < limit + 80_000  # nodes and names
    np.testing.assert_array_equal(found[2], found[1])
    np.testing.assert_array_equal(found[4], found[1])


def test_ranks_make_the_same_package(release: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for stage in (1, 2):
        stated = settings(stage, model_parallel_size=2)
        state = random_state(stage_config(stated, stage), stage)
        ranks = [{n: cut_for_rank(n, t, rank, 2) for n, t in state.items()} for rank in (0, 1)]
        write_stage_folder(source / f"cogvideo-stage{stage}", stage, ranks, stated)
    whole, cut = (_convert(s, tmp_path / f"out-{s.name}") for s in (release, source))
    assert whole["graphs"] == cut["graphs"]


def _change_stage_1(release: Path, folder: Path, change: object, **changes: object) -> Path:
    shutil.copytree(release / "cogvideo-stage2", folder / "cogvideo-stage2")
    stated = settings(1)
    state = random_state(stage_config(stated, 1), 1)
    if callable(change):
        change(state)
    write_stage_folder(folder / "cogvideo-stage1", 1, [state], {**stated, **changes})
    return folder


def _refuse(source: Path, out: Path, match: str, kind: type = ValueError, **options: object) -> str:
    with pytest.raises(kind, match=match) as error:
        _convert(source, out, **options)
    assert not out.exists()
    assert not out.with_name(f"{out.name}.part").exists()
    return str(error.value)


def test_wrong_tensors_are_listed(release: Path, tmp_path: Path) -> None:
    def change(state: dict) -> None:
        del state["transformer.layers.2.third_layernorm.bias"]
        state["transformer.layers.9.attention.dense.bias"] = torch.zeros(32)
        state["mixins.attention_plus.attn_distribution.1"] = torch.zeros(7)

    message = _refuse(_change_stage_1(release, tmp_path / "s", change), tmp_path / "out", "stage")
    for line in (
        "missing: transformer.layers.2.third_layernorm.bias",
        "extra: transformer.layers.9.attention.dense.bias",
        "mis-shaped: mixins.attention_plus.attn_distribution.1",
    ):
        assert line in message


def test_a_wrong_hidden_size_is_refused(release: Path, tmp_path: Path) -> None:
    source = _change_stage_1(release, tmp_path / "s", None, hidden_size=64)
    _refuse(source, tmp_path / "out", "mis-shaped: transformer.word_embeddings")


def test_values_that_are_no_numbers_are_named(release: Path, tmp_path: Path) -> None:
    name = "mixins.attention_plus.dense.3.weight"

    def change(state: dict) -> None:
        state[name][5, 7] = float("nan")

    source = _change_stage_1(release, tmp_path / "s", change)
    _refuse(source, tmp_path / "out", rf"{name} holds values that are not finite")


def test_damaged_and_hostile_files_are_refused(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the call that must not happen would leave its mark
    source = tmp_path / "source"
    shutil.copytree(release, source)
    file = source / "cogvideo-stage1" / "27000" / "mp_rank_00_model_states.pt"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    _refuse(source, tmp_path / "out", "damaged")
    torch.save({"module": {}, "hook": _Call()}, file)
    _refuse(source, tmp_path / "out", r"calls .*system")
    assert not (tmp_path / "executed").exists()


class _Call:
    def __reduce__(self) -> tuple:
        import os

        return os.system, ("touch executed",)


def test_a_package_needs_all_parts_unless_partial(release: Path, tmp_path: Path) -> None:
    message = _refuse(release, tmp_path / "out", "lacks", FileNotFoundError, partial=False)
    for name in ("ice_text.model", "ice_image.pt", "cluster_label2.npy"):
        assert name in message


def test_folders_that_are_no_packages_are_not_replaced(release: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    with pytest.raises(ValueError, match="no model package"):
        _convert(release, tmp_path / "out")
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"


def test_too_little_space_is_said_before_writing(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1000))
    _refuse(release, tmp_path / "out", r"needs 0\.02 GB, .* has 0\.00 GB free", OSError)


def test_a_write_that_fails_half_way_leaves_nothing(release: Path, tmp_path: Path) -> None:
    """A limit on file sizes stands for a full disk: the operating system refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        _refuse(release, tmp_path / "out", "File too large", OSError)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_older_package_survives_a_failed_conversion(release: Path, tmp_path: Path) -> None:
    manifest = _convert(release, tmp_path / "out")
    with pytest.raises(ValueError, match="raise --shard-bytes"):
        _convert(release, tmp_path / "out", shard_bytes=1)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text()) == manifest


def test_the_table_of_clusters_comes_along(release: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    shutil.copytree(release, source)
    table = np.arange(50) % 17
    np.save(source / "cluster_label2.npy", table)
    manifest = _convert(source, out)
    sampling = manifest["sampling"]
    entry = sampling["clusters"]["table"]
    content = (out / entry["path"]).read_bytes()
    assert np.frombuffer(content, "<u2").tolist() == table.tolist()
    digest = hashlib.sha256(content).hexdigest()
    assert (entry["bytes"], entry["sha256"]) == (100, digest)
    assert (sampling["clusters"]["count"], sampling["clusters"]["innerTemperature"]) == (17, 0.89)
    first = sampling["firstFrame"]
    assert (first["temperature"], first["topK"], first["textBoost"]) == (1.0, 16, 1.4)
    assert (sampling["temperature"], sampling["topK"], sampling["textBoost"]) == (1.05, 12, 1.4)
    assert manifest["release"]["codesDrawnBy"] == "clusters"


def test_without_the_table_codes_are_drawn_by_top_k(release: Path, tmp_path: Path) -> None:
    manifest = _convert(release, tmp_path / "out")
    assert "clusters" not in manifest["sampling"]
    assert manifest["sampling"]["topK"] == 12 * 40
    assert manifest["sampling"]["firstFrame"]["topK"] == 16 * 40
    assert manifest["release"]["codesDrawnBy"] == "top-k"


def test_a_table_for_other_codes_is_refused(release: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(release, source)
    np.save(source / "cluster_label2.npy", np.arange(49))
    _refuse(source, tmp_path / "out", "clusters to 49 codes, the model has 50")


def test_as_released_is_recorded(release: Path, tmp_path: Path) -> None:
    for as_released in (False, True):
        manifest = _convert(release, tmp_path / str(as_released), as_released=as_released)
        assert manifest["release"]["asReleased"] is as_released


_PEAK = """
import re, sys
from pathlib import Path
from training.cogvideo.convert import Conversion, convert

def memory(field):
    return int(re.search(rf"{field}:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

def added(source):
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before, folder = memory("VmRSS"), Path(sys.argv[1])
    convert(Conversion(folder / source, folder / f"{source}-out", partial=True))
    return memory("VmHWM") - before

added("small")  # fills the allocators' pools
print(added("small"), added("large"))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
def test_memory_grows_with_a_layer_not_with_the_file(tmp_path: Path) -> None:
    width = 256
    for name, layers in (("small", 2), ("large", 50)):
        stated = settings(1, num_layers=layers, hidden_size=width, num_attention_heads=4)
        state = random_state(stage_config(stated, 1), 1)
        write_stage_folder(tmp_path / name / "cogvideo-stage1", 1, [state], stated)
    file = tmp_path / "large" / "cogvideo-stage1" / "27000" / "mp_rank_00_model_states.pt"
    command = [sys.executable, "-c", _PEAK, str(tmp_path)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    small, large = map(float, found.stdout.split())
    layer, size = 16 * width**2 * 2 / 2**20, file.stat().st_size / 2**20
    print(f"{size:.0f} MiB in layers of {layer:.0f} MiB; the peak adds {large:.1f} MiB, "
          f"{small:.1f} MiB with 2 layers")  # fmt: skip
    assert size > 100
    # Much below the file; read as float32 at once it would be twice the file.
    assert large < small + size / 4
