"""Reading released checkpoints: nothing is executed, tensors are read one by one, ranks joined."""

import argparse
import json
import os
import pickle
import random
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from training.cogvideo.checkpoint_files import open_checkpoint
from training.cogvideo.inert_unpickler import Inert
from training.cogvideo.torch_file import read_torch_file
from training.tests.cogvideo_release import cut_for_rank

MARK = "executed"


class Bookkeeping:
    """Stands for DeepSpeed's objects: a class that the reader does not import."""

    def __init__(self) -> None:
        self.scale = torch.ones(2)


class Attack:
    def __init__(self, call: tuple) -> None:
        self.call = call

    def __reduce__(self) -> tuple:
        return self.call


def _state() -> OrderedDict:
    torch.manual_seed(1)
    flat = torch.randn(100)
    return OrderedDict(
        {
            "half": torch.randn(3, 4).half(),
            "float": torch.nn.Parameter(torch.randn(5)),
            "bfloat": torch.randn(2, 3).bfloat16(),
            "long": torch.arange(4),
            "view": flat[10:34].view(4, 6),
            "transposed": torch.randn(4, 6).t(),
            "scalar": torch.tensor(3.5),
            "empty": torch.zeros(0, 3),
        }
    )


def _save(path: Path, extra: object = None) -> OrderedDict:
    state = _state()
    torch.save({"module": state, "iteration": 7, "extra": extra}, path)
    return state


def test_tensors_come_back_as_torch_wrote_them(tmp_path: Path) -> None:
    state = _save(tmp_path / "a.pt")
    tensors = open_checkpoint(tmp_path / "a.pt").tensors
    assert list(tensors) == list(state)
    for name, tensor in state.items():
        assert tensors[name].shape == tuple(tensor.shape)
        found = tensors[name].read()
        np.testing.assert_array_equal(found, tensor.detach().float().numpy().astype(found.dtype))
    assert tensors["half"].dtype == np.float16


def test_bookkeeping_is_passed_over(tmp_path: Path) -> None:
    extra = {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "generator": np.random.default_rng(1).normal(size=3),
        "torch": torch.get_rng_state(),
        "arguments": argparse.Namespace(layers=3),
        "scaler": Bookkeeping(),
        "dtype": torch.float16,
    }
    _save(tmp_path / "a.pt", extra)
    found = read_torch_file(tmp_path / "a.pt")
    assert found["iteration"] == 7
    assert isinstance(found["extra"]["scaler"], Inert)
    assert not isinstance(found["extra"]["scaler"], Bookkeeping)
    assert len(open_checkpoint(tmp_path / "a.pt").tensors) == len(_state())


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ((os.mkdir, (MARK,)), "mkdir"),
        ((eval, (f"__import__('os').mkdir('{MARK}')",)), "eval"),
        ((pickle.loads, (b"N.",)), "loads"),
        ((Bookkeeping, ()), "Bookkeeping"),
    ],
)
def test_a_call_that_is_not_allowed_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: tuple, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    _save(tmp_path / "a.pt", Attack(call))
    with pytest.raises(ValueError, match=rf"calls .*{name}.* not on the allow list"):
        open_checkpoint(tmp_path / "a.pt")
    assert not (tmp_path / MARK).exists()


def _write_pickle(path: Path, content: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)


@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
def test_old_opcodes_execute_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    _write_pickle(tmp_path / "a.pt", pickle.dumps(Attack((os.mkdir, (MARK,))), protocol))
    with pytest.raises(ValueError, match="mkdir"):
        read_torch_file(tmp_path / "a.pt")
    # INST and OBJ call classes without REDUCE.
    for content in (b"(S'" + MARK.encode() + b"'\nios\nmkdir\n.", b"(cos\nmkdir\nS'x'\no."):
        _write_pickle(tmp_path / "b.pt", content)
        with pytest.raises(ValueError, match=r"os\.mkdir"):
            read_torch_file(tmp_path / "b.pt")
    assert not (tmp_path / MARK).exists()


def test_a_file_that_was_cut_off_is_damaged(tmp_path: Path) -> None:
    _save(tmp_path / "a.pt")
    content = (tmp_path / "a.pt").read_bytes()
    for size in (len(content) - 1, len(content) // 2, 100):
        (tmp_path / "b.pt").write_bytes(content[:size])
        with pytest.raises(ValueError, match="damaged"):
            open_checkpoint(tmp_path / "b.pt")


def test_a_damaged_pickle_is_an_error(tmp_path: Path) -> None:
    whole = pickle.dumps({"module": {}}, 2)
    for content in (whole[:-3], b"\x80\x02.", b"not a pickle"):
        _write_pickle(tmp_path / "a.pt", content)
        with pytest.raises(ValueError, match=r"a\.pt (holds|is)"):
            read_torch_file(tmp_path / "a.pt")


def test_the_old_format_says_how_to_save_again(tmp_path: Path) -> None:
    torch.save({"module": _state()}, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"torch\.save\(torch\.load"):
        open_checkpoint(tmp_path / "a.pt")


def test_npz_state_dicts_are_lazy_too(tmp_path: Path) -> None:
    config = np.frombuffer(json.dumps({"num_layers": 3}).encode(), np.uint8)
    a = np.arange(6, dtype=np.float16).reshape(2, 3)
    np.savez(tmp_path / "a.npz", **{"x.y": a, "__config_json__": config})
    checkpoint = open_checkpoint(tmp_path / "a.npz")
    assert checkpoint.config == {"num_layers": 3}
    assert {n: t.shape for n, t in checkpoint.tensors.items()} == {"x.y": (2, 3)}
    np.testing.assert_array_equal(np.asarray(checkpoint.tensors["x.y"]), a)
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-40])
    with pytest.raises(ValueError, match="no whole"):
        open_checkpoint(tmp_path / "b.npz")


def _release(folder: Path, ranks: list[dict[str, torch.Tensor]], **config: int) -> None:
    (folder / "27000").mkdir(parents=True)
    (folder / "latest").write_text("27000\n")
    (folder / "model_config.json").write_text(json.dumps(config))
    for index, state in enumerate(ranks):
        file = folder / "27000" / f"mp_rank_{index:02d}_model_states.pt"
        torch.save({"module": OrderedDict(state)}, file)


PREFIX = "transformer.layers.0"
WHOLE = {
    f"{PREFIX}.attention.query_key_value.weight": (24, 8),
    f"{PREFIX}.attention.query_key_value.bias": (24,),
    f"{PREFIX}.attention.dense.weight": (8, 8),
    f"{PREFIX}.attention.dense.bias": (8,),
    f"{PREFIX}.mlp.dense_h_to_4h.weight": (32, 8),
    f"{PREFIX}.mlp.dense_h_to_4h.bias": (32,),
    f"{PREFIX}.mlp.dense_4h_to_h.weight": (8, 32),
    f"{PREFIX}.mlp.dense_4h_to_h.bias": (8,),
    "mixins.attention_plus.query_key_value.0.weight": (24, 8),
    "mixins.attention_plus.dense.0.weight": (8, 8),
    "mixins.attention_plus.attn_distribution.0": (8,),
    "transformer.word_embeddings.weight": (40, 8),
    "transformer.position_embeddings.weight": (16, 8),
    "transformer.final_layernorm.weight": (8,),
}


def test_ranks_are_joined(tmp_path: Path) -> None:
    torch.manual_seed(2)
    whole = {name: torch.randn(shape).half() for name, shape in WHOLE.items()}
    cut = [{n: cut_for_rank(n, w, rank, 2) for n, w in whole.items()} for rank in range(2)]
    _release(tmp_path / "one", [whole])
    _release(tmp_path / "two", cut, model_parallel_size=2)
    one, two = (open_checkpoint(tmp_path / folder).tensors for folder in ("one", "two"))
    for name, tensor in whole.items():
        np.testing.assert_array_equal(one[name].read(), tensor.numpy())
        assert two[name].shape == WHOLE[name]
        np.testing.assert_array_equal(two[name].read(), tensor.numpy())


def test_ranks_that_do_not_fit_are_errors(tmp_path: Path) -> None:
    bias = {f"{PREFIX}.attention.dense.bias": torch.zeros(4)}
    _release(tmp_path / "a", [bias, {n: b + 1 for n, b in bias.items()}])
    with pytest.raises(ValueError, match="must be equal on all ranks"):
        next(iter(open_checkpoint(tmp_path / "a").tensors.values())).read()
    _release(tmp_path / "b", [bias, {}])
    with pytest.raises(ValueError, match=r"rank 1 holds other tensors.*dense\.bias"):
        open_checkpoint(tmp_path / "b")
    _release(tmp_path / "c", [bias], model_parallel_size=2)
    with pytest.raises(FileNotFoundError, match="mp_rank_01"):
        open_checkpoint(tmp_path / "c")


def test_folders_that_are_no_checkpoint_say_what_they_lack(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="latest"):
        open_checkpoint(tmp_path)
    (tmp_path / "latest").write_text("../../etc")
    with pytest.raises(ValueError, match="name of a folder"):
        open_checkpoint(tmp_path)
    (tmp_path / "latest").write_text("release")
    with pytest.raises(FileNotFoundError, match="release"):
        open_checkpoint(tmp_path)
