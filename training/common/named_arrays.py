"""A checkpoint's arrays against the names and shapes that a model expects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import numpy as np

_LISTED = 20  # names of each kind that an error spells out


def check_names_and_shapes(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]], what: str
) -> None:
    """Raises ValueError that lists every missing, extra and mis-shaped tensor of `what`."""
    problems = {
        "missing": [name for name in expected if name not in found],
        "extra": [name for name in found if name not in expected],
        "of another shape": [
            f"{name} is {_shape(found[name])}, expected {_shape(shape)}"
            for name, shape in expected.items()
            if name in found and tuple(found[name]) != tuple(shape)
        ],
    }
    lines = [f"{kind}: {_list(names)}" for kind, names in problems.items() if names]
    if lines:
        raise ValueError(f"these tensors are not {what}:\n" + "\n".join(lines))


def checked_arrays(
    arrays: Mapping[str, np.ndarray], names: Collection[str], what: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Each named array as float32, one at a time; ValueError for one with NaN or infinity."""
    for name in names:
        array = np.asarray(arrays[name]).astype(np.float32)
        if not np.isfinite(array).all():
            raise ValueError(f"{name} of {what} holds NaN or infinite numbers: a damaged file?")
        yield name, array


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a scalar"


def _list(names: list[str]) -> str:
    rest = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")
