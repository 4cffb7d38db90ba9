"""Weights come back from their pieces; damaged, missing and foreign ones are refused."""

import json
from pathlib import Path

import pytest
import torch

from training.common.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from training.common.shards import INDEX, Shards, read_shards, write_shards
from training.export_shards import gather
from training.import_shards import place

LIMIT = 100_000


def _shards() -> Shards:
    torch.manual_seed(0)
    base = torch.randn(80, 300)
    first = Checkpoint({"base": base, "long": torch.randn(50, 1000)}, {"layers": 2}, step=7)
    second = Checkpoint(
        {
            "base": base.clone(),
            "counts": torch.tensor([3e5, 1.0]),  # too large for half precision
            "ready": torch.tensor(True),
            "ids": torch.arange(5),
        },
        {"windows": [{"height": 2}]},
        elapsed=90.0,
        extra={"finished": True},
    )
    return Shards("micro", {"keyframes": first, "interpolation": second}, {"tokenizer.json": "字"})


def test_weights_come_back_in_pieces_below_the_limit(tmp_path: Path) -> None:
    shards = _shards()
    files = write_shards(shards, tmp_path / "out", LIMIT)
    assert len(files) > 2 and max(file.stat().st_size for file in files[1:]) <= LIMIT
    found = read_shards(tmp_path / "out")
    assert (found.preset, found.documents) == ("micro", {"tokenizer.json": "字"})
    for name, part in shards.parts.items():
        other = found.parts[name]
        assert (other.config, other.step, other.elapsed) == (part.config, part.step, part.elapsed)
        assert other.extra == part.extra and other.model.keys() == part.model.keys()
        for key, tensor in part.model.items():
            assert other.model[key].dtype == tensor.dtype
            torch.testing.assert_close(other.model[key], tensor, rtol=1e-3, atol=1e-5)
    assert torch.equal(found.parts["interpolation"].model["counts"], torch.tensor([3e5, 1.0]))


def test_equal_weights_are_stored_once(tmp_path: Path) -> None:
    write_shards(_shards(), tmp_path / "out", LIMIT)
    parts = json.loads((tmp_path / "out" / INDEX).read_text())["parts"]
    tensors = [parts[stage]["tensors"]["base"]["at"] for stage in ("keyframes", "interpolation")]
    assert tensors[0] == tensors[1]


def test_bad_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"index\.json"):
        read_shards(tmp_path)
    files = write_shards(_shards(), tmp_path / "out", LIMIT)
    with pytest.raises(FileExistsError, match="not empty"):
        write_shards(_shards(), tmp_path / "out", LIMIT)
    content = bytearray(files[1].read_bytes())
    content[-1] ^= 1
    files[1].write_bytes(content)
    with pytest.raises(ValueError, match="damaged"):
        read_shards(tmp_path / "out")
    files[1].unlink()
    with pytest.raises(FileNotFoundError, match="copy all files"):
        read_shards(tmp_path / "out")
    (tmp_path / "out" / INDEX).write_text('{"format": 99}')
    with pytest.raises(ValueError, match="format 99"):
        read_shards(tmp_path / "out")


def test_what_was_gathered_is_placed_where_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path / "there"))
    with pytest.raises(FileNotFoundError, match="train first"):
        gather("micro")
    live, average = {"w": torch.zeros(3)}, {"w": torch.ones(3)}
    folder = tmp_path / "there" / "micro"
    save_checkpoint(folder / "vqvae" / "final.pt", Checkpoint(live, {}, step=5))
    running = Checkpoint(live, {}, optimizer={"state": {}}, step=9, extra={"average": average})
    save_checkpoint(folder / "keyframes" / "checkpoint.pt", running)
    (folder / "tokenizer.json").write_text("{}")
    write_shards(gather("micro"), tmp_path / "out", LIMIT)

    monkeypatch.setenv("FLIPBOOK_DATA", str(tmp_path / "here"))
    here = tmp_path / "here" / "micro"
    place(read_shards(tmp_path / "out"))
    assert load_checkpoint(here / "vqvae" / "final.pt").step == 5
    assert not (here / "vqvae" / "checkpoint.pt").exists()
    found = load_checkpoint(here / "keyframes" / "checkpoint.pt")
    assert found.step == 9 and found.optimizer is None
    assert torch.equal(found.model["w"], average["w"])
    assert torch.equal(found.extra["average"]["w"], average["w"])
    assert (here / "tokenizer.json").read_text() == "{}"
    with pytest.raises(FileExistsError, match="--force"):
        place(read_shards(tmp_path / "out"))
    place(read_shards(tmp_path / "out"), force=True)
