"""A tensor that stays in its file until it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class StoredTensor:
    """Shape and type are known, values are read from the file at every `read`.

    `numpy.asarray` reads too, so that code for arrays takes it as it is.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: np.dtype, load: Callable[[], np.ndarray]
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self._load = load

    def read(self) -> np.ndarray:
        """The values, [*shape] of `dtype`. ValueError if the file does not hold them."""
        values = self._load()
        if values.shape != self.shape:
            raise ValueError(f"read a tensor of shape {values.shape}, expected {self.shape}")
        return values

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.read(), dtype=dtype)

    def __repr__(self) -> str:
        return f"StoredTensor({self.shape}, {self.dtype})"
