"""Reads pickles of checkpoints without running anything that they name.

A pickle is a program: GLOBAL looks a Python object up, REDUCE calls it. Here a look-up never
imports. Names on the allow list become functions of this file; any other name becomes an inert
class, whose instances swallow the state that the pickle gives them (schedulers, random states,
DeepSpeed's bookkeeping). Calling such a name is an error that tells it.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, Any

import numpy as np

BFLOAT16 = np.dtype([("bfloat16", "<u2")])
"""numpy has no such type: one 16-bit field, the upper half of a float32."""

STORAGE_TYPES: dict[str, np.dtype] = {
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": BFLOAT16,
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}

# What random states and bookkeeping are made with; here the calls make inert objects.
_INERT_CALLS = {
    "_codecs.encode",
    "argparse.Namespace",
    "copyreg._reconstructor",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "torch.device",
}


class _Uncallable(type):
    """Classes that can be named, subclassed and filled by a pickle, but not called."""

    def __call__(cls, *_: Any, **__: Any) -> Any:
        raise pickle.UnpicklingError(f"it calls {cls.__name__}, which is not on the allow list")


class Inert(metaclass=_Uncallable):
    """Stands for an object of a class that is not imported; forgets everything."""

    def __new__(cls, *_: Any, **__: Any) -> Inert:
        return object.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, value: Any) -> None:
        pass

    def extend(self, values: Any) -> None:
        pass

    def add(self, value: Any) -> None:
        pass


class _Callable(_Uncallable):
    """Inert classes that a pickle may also call."""

    def __call__(cls, *_: Any, **__: Any) -> Any:
        return object.__new__(cls)


class _InertCall(Inert, metaclass=_Callable):
    pass


def _rebuild_parameter(data: Any, *_: Any) -> Any:
    return data


class InertUnpickler(pickle.Unpickler):
    """Unpickles containers, numbers and text; tensors through `rebuild_tensor` and `storage`.

    storage: persistent id ("storage", type, key, location, length) -> a handle of the caller's;
    rebuild_tensor: (handle, offset, shape, strides) -> what stands for the tensor.
    """

    def __init__(
        self,
        file: IO[bytes],
        storage: Callable[[np.dtype, str, int], Any],
        rebuild_tensor: Callable[[Any, int, tuple[int, ...], tuple[int, ...]], Any],
    ) -> None:
        super().__init__(file)
        self._storage = storage
        self._rebuild = rebuild_tensor

    def find_class(self, module: str, name: str) -> Any:
        path = f"{module}.{name}"
        if path == "collections.OrderedDict":
            return OrderedDict
        if path in ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor"):
            return self._rebuild_tensor
        if path == "torch._utils._rebuild_parameter":
            return _rebuild_parameter
        if path == "torch.Size":
            return tuple
        if module == "torch" and name in STORAGE_TYPES:
            return STORAGE_TYPES[name]
        return _InertCall if path in _INERT_CALLS else _Uncallable(path, (Inert,), {})

    def _rebuild_tensor(
        self, storage: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
    ) -> Any:
        return self._rebuild(storage, offset, tuple(shape), tuple(strides))

    def persistent_load(self, pid: Any) -> Any:
        if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage"):
            raise pickle.UnpicklingError(f"it refers to {pid!r}, which is no tensor storage")
        _, kind, key, _, length = pid[:5]
        if not isinstance(kind, np.dtype):
            raise pickle.UnpicklingError(f"a tensor has the unknown storage type {kind!r}")
        return self._storage(kind, str(key), int(length))
