"""Super-resolution in a converted package: its shards draw what the checkpoint's model draws."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training.cogvideo.checkpoint_files import open_checkpoint
from training.cogvideo.convert import Conversion, convert
from training.cogvideo.release_settings import stage_config
from training.dsr.checkpoint import dsr_config, open_dsr
from training.dsr.sampling import dsr_sampling
from training.dsr.shard_plan import plan_dsr_shards
from training.dsr.weights import dsr_from_arrays
from training.export.shard_plan import plan_shards
from training.export.sharded_session import ShardedSession
from training.icetk.config import IcetkConfig
from training.icetk.weights import icetk_from_arrays
from training.tests.cogvideo_finer_release import (
    HIDDEN,
    IMAGE_SETTINGS,
    code_clusters,
    finer_settings,
    write_finer_release,
    write_super_resolution,
)
from training.tests.cogvideo_release import settings
from training.transformer.cluster_sampling import draw_code


def finer_limit(count: int, bits: int) -> int:
    """Bytes that cut stages and super-resolution of the small release into `count` shards."""
    stage = stage_config(settings(2, hidden_size=HIDDEN), 2).to_transformer()
    sampling = dsr_sampling(code_clusters())
    for limit in range(20_000, 1 << 21, 2000):
        try:
            shards = plan_shards(stage, bits, limit)
            plan_dsr_shards(dsr_config(finer_settings()), bits, limit, sampling, like=shards)
        except ValueError:
            continue
        if len(shards) == count:
            return limit
    raise AssertionError(f"no limit makes {count} shards")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_finer_release(folder)
    return folder


def _convert(source: Path, out: Path, **options: object) -> dict:
    convert(replace(Conversion(source, out, partial=True), **options))
    return json.loads((out / "manifest.json").read_text())


def _feeds() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        "text": rng.integers(50, 70, (1, 6), dtype=np.int32),
        "tokens": rng.integers(0, 50, (1, 4, 4), dtype=np.int32),
        "uniforms": rng.random((1, 64), dtype=np.float32),
    }


def _drawn(package: Path) -> tuple[np.ndarray, np.ndarray]:
    session = ShardedSession.open(package, "upscaler")
    tokens, pixels = session.run(["fine_tokens", "upscaled"], _feeds())
    return tokens, pixels


@torch.inference_mode()
def _expected(release: Path) -> tuple[np.ndarray, np.ndarray]:
    feeds = {name: torch.from_numpy(values).long() for name, values in _feeds().items()}
    opened = open_dsr(release / "cogview2-dsr")
    model = dsr_from_arrays(opened.tensors, opened.config)
    logits = model.logits(model(feeds["text"], feeds["tokens"].view(1, -1))[0]).numpy()
    sampling, uniforms = dsr_sampling(code_clusters()), _feeds()["uniforms"][0]
    drawn = [draw_code(row, sampling, float(u)) for row, u in zip(logits, uniforms, strict=True)]
    arrays = open_checkpoint(release / "vqvae.npz").tensors
    vqvae = icetk_from_arrays(arrays, IcetkConfig.from_json(IMAGE_SETTINGS))
    tokens = torch.tensor(drawn).view(1, 8, 8)
    return tokens.numpy(), vqvae.decode(tokens).clamp(0, 1).numpy()


def test_shards_draw_what_the_checkpoint_draws(release: Path, tmp_path: Path) -> None:
    manifest = _convert(release, tmp_path / "out", bits=32, shard_bytes=finer_limit(2, 32))
    upscaler = manifest["graphs"]["upscaler"]
    assert upscaler["inputs"] == ["text", "tokens", "uniforms"]
    assert upscaler["outputs"] == ["upscaled"]
    assert upscaler["hiddenStates"] == ["hidden_0", "hidden_2", "fine_tokens"]
    assert len(upscaler["files"]) == 4  # look-up, two shards, decoder
    assert (manifest["pixels"], manifest["upscaledPixels"]) == (32, 64)
    tokens, pixels = _drawn(tmp_path / "out")
    expected_tokens, expected_pixels = _expected(release)
    assert len(set(tokens.ravel().tolist())) > 5
    np.testing.assert_array_equal(tokens, expected_tokens)
    np.testing.assert_allclose(pixels, expected_pixels, rtol=0, atol=1e-4)


def test_the_body_of_the_stages_is_stored_once(release: Path, tmp_path: Path) -> None:
    graphs = _convert(release, tmp_path / "same")["graphs"]
    assert graphs["upscaler"]["weights"][:-1] == graphs["keyframes"]["weights"]
    assert len(graphs["upscaler"]["weights"]) == len(graphs["upscaler"]["files"])
    other = tmp_path / "other"
    write_finer_release(other, base_seed=9)
    graphs = _convert(other, tmp_path / "apart", bits=32)["graphs"]
    assert "weights" in graphs["keyframes"]
    assert "weights" not in graphs["upscaler"]
    np.testing.assert_array_equal(_drawn(tmp_path / "apart")[0], _expected(other)[0])


@pytest.mark.parametrize("bits", [4, 16])
def test_one_two_and_four_shards_are_identical(release: Path, tmp_path: Path, bits: int) -> None:
    found = {}
    for count in (1, 2, 4):
        out, limit = tmp_path / str(count), finer_limit(count, bits)
        graph = _convert(release, out, bits=bits, shard_bytes=limit)["graphs"]["upscaler"]
        assert len(graph["files"]) == 2 + count
        found[count] = _drawn(out)
    for count in (2, 4):
        for values, expected in zip(found[count], found[1], strict=True):
            np.testing.assert_array_equal(values, expected)


def test_resident_shards_are_noted_where_there_are_more(release: Path, tmp_path: Path) -> None:
    limit = finer_limit(4, 4)
    for count, stages, finer in ((1, 1, 1), (4, None, 4), (None, None, None)):
        out = tmp_path / str(count)
        graphs = _convert(release, out, shard_bytes=limit, resident_shards=count)["graphs"]
        assert graphs["keyframes"].get("residentShards") == stages
        assert graphs["upscaler"].get("residentShards") == finer  # the decoder is the fifth
        assert "residentShards" not in graphs["decoder"]


def _change(release: Path, folder: Path, **changes: object) -> Path:
    folder.mkdir()
    for path in release.iterdir():
        if path.name != "cogview2-dsr":
            (folder / path.name).symlink_to(path)
    write_super_resolution(folder, **changes)
    return folder


def test_what_does_not_belong_to_the_stages_is_refused(release: Path, tmp_path: Path) -> None:
    def refuse(name: str, match: str, **changes: object) -> None:
        source = _change(release, tmp_path / name, **changes)
        with pytest.raises(ValueError, match=match):
            _convert(source, tmp_path / "out")
        assert not (tmp_path / "out").exists()

    refuse("grid", "tokens per side is 2, the stages have 4", layout="10,14,30",
           additional_seqlen=16)  # fmt: skip
    refuse("text", "reads 6 text ids, the stages 8", layout="6,22,86")
    source = _change(release, tmp_path / "table")
    (source / "cluster_label2.npy").unlink()
    np.save(source / "cluster_label2.npy", code_clusters()[:-1])
    with pytest.raises(ValueError, match="clusters to 49 codes, the model has 50"):
        _convert(source, tmp_path / "out")


def test_without_the_table_of_clusters(release: Path, tmp_path: Path) -> None:
    source = _change(release, tmp_path / "source")
    (source / "cluster_label2.npy").unlink()
    lines: list[str] = []
    convert(Conversion(source, tmp_path / "out", partial=True), lines.append)
    assert any("super-resolution is left out" in line for line in lines)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "upscaler" not in manifest["graphs"]
    assert "upscaledPixels" not in manifest
    (source / "ice_text.model").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"code clusters: cluster_label2\.npy"):
        _convert(source, tmp_path / "whole", partial=False)
