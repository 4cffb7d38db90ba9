"""Work done ahead by host processes while the device computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info

T = TypeVar("T")
AHEAD = 4
"""Results that each worker holds ready."""


def as_it_is(value: T) -> T:
    return value


class _Calls(Dataset):
    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work

    def __getitem__(self, item: Any) -> Any:
        return self.work(item)


class _Endless(IterableDataset):
    def __init__(self, make: Callable[[int], Iterator[Any]]) -> None:
        self.make = make

    def __iter__(self) -> Iterator[Any]:
        return self.make(get_worker_info().id)


def _options(workers: int, pin: bool) -> dict[str, Any]:
    return {
        "batch_size": None,
        "collate_fn": as_it_is,
        "num_workers": workers,
        "prefetch_factor": AHEAD,
        # Forked workers share what the main process has loaded; they must not touch CUDA.
        "multiprocessing_context": "fork",
        "pin_memory": pin and torch.cuda.is_available(),
    }


def in_order(
    work: Callable[[Any], T], items: Iterable[Any], workers: int, pin: bool = False
) -> Iterator[T]:
    """`work(item)` of every item, in their order; without workers in this process.

    `items` may be endless. Tensors come back through shared memory; `pin` puts those of results
    that are tensors or have a `pin_memory` method where a GPU can fetch them.
    """
    if workers == 0:
        return map(work, items)
    return iter(DataLoader(_Calls(work), sampler=items, **_options(workers, pin)))


def in_any_order(
    make: Callable[[int], Iterator[T]], workers: int, pin: bool = False
) -> Iterator[T]:
    """Results of the endless iterators `make(worker)`, worker 0..workers-1, taken in turn; without
    workers those of `make(0)`."""
    if workers == 0:
        return make(0)
    return iter(DataLoader(_Endless(make), **_options(workers, pin)))
