"""Joins the shards of a model-parallel checkpoint (SwissArmyTransformer's column and row cuts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from training.cogvideo.stored_tensor import StoredTensor

Cut = Literal["thirds", "rows", "columns", "none"]


def cut_of(name: str) -> Cut:
    """How the tensor `name` is cut over the ranks.

    Each rank holds its own [Q | K | V] of a joined projection, so these are cut inside each third.
    """
    kind = name.rsplit(".", 1)[-1]
    if "query_key_value" in name:
        return "thirds"
    if "dense_h_to_4h" in name or name.endswith("word_embeddings.weight"):
        return "rows"
    if kind == "weight" and (".dense." in name or "dense_4h_to_h" in name):
        return "columns"
    return "none"


def join_ranks(ranks: Sequence[Mapping[str, StoredTensor]]) -> dict[str, StoredTensor]:
    """The whole tensors, by name. ValueError where the ranks hold different names or shapes that
    do not fit together; replicated tensors are compared when they are read."""
    first = ranks[0]
    for index, other in enumerate(ranks[1:], start=1):
        different = sorted(set(first) ^ set(other))
        if different:
            raise ValueError(f"rank {index} holds other tensors than rank 0: {_some(different)}")
    if len(ranks) == 1:
        return dict(first)
    return {name: _join(name, [rank[name] for rank in ranks]) for name in first}


def _join(name: str, parts: list[StoredTensor]) -> StoredTensor:
    cut, first = cut_of(name), parts[0]
    axis = 1 if cut == "columns" else 0
    if cut == "columns" and first.ndim != 2:
        raise ValueError(f"{name} is no matrix")
    others = {part.shape[:axis] + part.shape[axis + 1 :] for part in parts}
    if cut == "none":
        others = {part.shape for part in parts}
    uneven = cut == "thirds" and any(part.shape[0] % 3 for part in parts)
    if len(others) != 1 or uneven or len({part.dtype for part in parts}) != 1:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise ValueError(f"{name}: the ranks' shapes {shapes} do not fit together")
    if cut == "none":
        return StoredTensor(first.shape, first.dtype, lambda: _same(name, parts))
    shape = list(first.shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    return StoredTensor(tuple(shape), first.dtype, lambda: _concatenate(cut, parts))


def _same(name: str, parts: list[StoredTensor]) -> np.ndarray:
    first = parts[0].read()
    if any(not np.array_equal(first, part.read(), equal_nan=True) for part in parts[1:]):
        raise ValueError(f"{name} must be equal on all ranks, and is not")
    return first


def _concatenate(cut: Cut, parts: list[StoredTensor]) -> np.ndarray:
    values = [part.read() for part in parts]
    if cut != "thirds":
        return np.concatenate(values, axis=1 if cut == "columns" else 0)
    thirds = [np.split(value, 3) for value in values]
    return np.concatenate([rank[third] for third in range(3) for rank in thirds])


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
