"""Opens CogVideo's checkpoints: released folders, single torch files and .npz state dicts.

Nothing in them is executed, and no tensor is read before it is asked for.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.cogvideo.golden_files import CONFIG_KEY
from training.cogvideo.model_parallel import join_ranks
from training.cogvideo.stored_tensor import StoredTensor
from training.cogvideo.torch_file import read_torch_file

_RANK = re.compile(r"mp_rank_(\d+)_model_states\.pt")


@dataclass(frozen=True)
class Checkpoint:
    path: Path
    tensors: Mapping[str, StoredTensor]  # the state dict, by original name
    config: dict[str, Any]  # model_config.json, {} where the source has none


def open_checkpoint(path: Path) -> Checkpoint:
    """A folder with `latest` and mp_rank files, a .pt file or a .npz file.

    FileNotFoundError for what is missing; ValueError for damaged files and what is no state dict.
    """
    if path.is_dir():
        return _open_folder(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no checkpoint {path}.")
    if path.suffix == ".npz":
        return _open_npz(path)
    return Checkpoint(path, _state_dict(path), {})


def _open_folder(path: Path) -> Checkpoint:
    iteration = _iteration_folder(path)
    found = {int(m[1]): f for f in iteration.iterdir() if (m := _RANK.fullmatch(f.name))}
    config = _read_config(path / "model_config.json")
    ranks = int(config.get("model_parallel_size") or max(found, default=0) + 1)
    missing = [rank for rank in range(ranks) if rank not in found]
    if missing:
        names = ", ".join(f"mp_rank_{rank:02d}_model_states.pt" for rank in missing)
        raise FileNotFoundError(f"{iteration} lacks {names}.")
    if len(found) > ranks:
        raise ValueError(
            f"{iteration} holds {len(found)} mp_rank files, but model_config.json states "
            f"model_parallel_size {ranks}: remove what belongs to another checkpoint."
        )
    try:
        tensors = join_ranks([_state_dict(found[rank]) for rank in range(ranks)])
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return Checkpoint(path, tensors, config)


def _iteration_folder(path: Path) -> Path:
    latest = path / "latest"
    if not latest.exists():
        raise FileNotFoundError(f"{path} is no released checkpoint: it has no file `latest`.")
    name = latest.read_text(encoding="utf-8", errors="replace").strip()
    if not re.fullmatch(r"[\w-]+", name):
        raise ValueError(f"{latest} must hold the name of a folder beside it, and holds {name!r}.")
    if not (path / name).is_dir():
        raise FileNotFoundError(f"{latest} names the folder {name}, which {path} does not have.")
    return path / name


def _read_config(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: it states the sizes of the model.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}).") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} must hold a JSON object.")
    return config


def _state_dict(path: Path) -> dict[str, StoredTensor]:
    content = read_torch_file(path)
    state = content.get("module") if isinstance(content, dict) else None
    if not isinstance(state, dict):
        raise ValueError(f"{path} has no state dict under the key `module`.")
    others = [name for name, value in state.items() if not isinstance(value, StoredTensor)]
    if others:
        raise ValueError(f"{path}: {others[0]} in the state dict is no tensor.")
    return state


def _open_npz(path: Path) -> Checkpoint:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
            tensors = {name: _npz_tensor(path, archive, name) for name in names}
    except (zipfile.BadZipFile, ValueError) as error:
        raise ValueError(f"{path} is no whole .npz of plain arrays ({error}).") from error
    config = tensors.pop(CONFIG_KEY, None)
    facts = {} if config is None else json.loads(config.read().tobytes())
    return Checkpoint(path, tensors, facts)


def _npz_tensor(path: Path, archive: zipfile.ZipFile, name: str) -> StoredTensor:
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        header = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            header = np.lib.format.read_array_header_2_0
        shape, _, dtype = header(file)
    if dtype.hasobject:
        raise ValueError(f"{name} holds Python objects")

    def load() -> np.ndarray:
        with np.load(path, allow_pickle=False) as file:
            return file[name]

    return StoredTensor(shape, dtype, load)
