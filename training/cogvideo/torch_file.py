"""The zip files that `torch.save` writes, opened without torch and without running their pickle."""

from __future__ import annotations

import pickle
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.cogvideo.inert_unpickler import BFLOAT16, InertUnpickler
from training.cogvideo.stored_tensor import StoredTensor

_ZIP_MAGIC = b"PK\x03\x04"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # ends with the lengths of name and extra field


@dataclass(frozen=True)
class _Storage:
    dtype: np.dtype
    start: int  # byte of the file at which the storage begins
    length: int  # elements


def read_torch_file(path: Path) -> Any:
    """The object of a `torch.save` file; tensors are `StoredTensor`, unknown objects inert.

    FileNotFoundError; ValueError for other formats, damaged files and pickles that call a function
    that is not on the allow list.
    """
    with open(path, "rb") as file:
        magic = file.read(4)
    if magic != _ZIP_MAGIC:
        raise ValueError(
            f"{path} is no zip archive of torch.save: it was written by torch before 1.6, or is "
            f"damaged. If you trust it, save it again in today's format: "
            f"torch.save(torch.load(OLD, map_location='cpu', weights_only=False), NEW)"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            return _Archive(path, archive).read()
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"{path} is damaged or was not downloaded to its end ({error}): fetch it again."
        ) from error


class _Archive:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self.archive = archive
        names = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(names) != 1:
            raise ValueError(f"{path} holds no data.pkl: it was not written by torch.save.")
        self.pickle_name = names[0]
        self.prefix = self.pickle_name.removesuffix("data.pkl")
        self.size = path.stat().st_size

    def read(self) -> Any:
        self._check_byte_order()
        with self.archive.open(self.pickle_name) as file:
            try:
                return InertUnpickler(file, self._storage, self._tensor).load()
            except zipfile.BadZipFile:
                raise
            except pickle.UnpicklingError as error:
                raise ValueError(f"{self.path} is refused: {error}.") from error
            except Exception as error:  # a damaged pickle may raise anything
                raise ValueError(
                    f"{self.path} holds a damaged pickle ({type(error).__name__}: {error})."
                ) from error

    def _check_byte_order(self) -> None:
        name = f"{self.prefix}byteorder"
        if name in self.archive.namelist() and self.archive.read(name) != b"little":
            raise ValueError(f"{self.path} was written by a big-endian machine; convert it there.")

    def _storage(self, dtype: np.dtype, key: str, length: int) -> _Storage:
        try:
            info = self.archive.getinfo(f"{self.prefix}data/{key}")
        except KeyError:
            raise pickle.UnpicklingError(f"the tensor storage {key} is missing") from None
        if info.compress_type != zipfile.ZIP_STORED:
            raise pickle.UnpicklingError(f"the tensor storage {key} is compressed: unpack it first")
        if info.file_size < length * dtype.itemsize:
            raise pickle.UnpicklingError(
                f"the tensor storage {key} has {info.file_size} bytes, "
                f"{length * dtype.itemsize} are needed"
            )
        return _Storage(dtype, self._content_start(info), length)

    def _content_start(self, info: zipfile.ZipInfo) -> int:
        """The local header's lengths may differ from those of the directory."""
        with open(self.path, "rb") as file:
            file.seek(info.header_offset)
            header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != _ZIP_MAGIC:
            raise pickle.UnpicklingError(f"the archive is damaged at {info.filename}")
        *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        if start + info.file_size > self.size:
            raise pickle.UnpicklingError(f"the archive ends before {info.filename} does")
        return start

    def _tensor(
        self, storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> StoredTensor:
        if not isinstance(storage, _Storage) or len(shape) != len(strides):
            raise pickle.UnpicklingError("a tensor has no storage")
        if min((offset, *shape, *strides)) < 0:
            raise pickle.UnpicklingError("a tensor has a negative size, stride or offset")
        last = sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        extent = 0 if 0 in shape else 1 + last
        if offset + extent > storage.length:
            raise pickle.UnpicklingError("a tensor reaches beyond its storage")
        wide = np.dtype("<f4") if storage.dtype == BFLOAT16 else storage.dtype
        start = storage.start + offset * storage.dtype.itemsize

        def load() -> np.ndarray:
            flat = np.fromfile(self.path, storage.dtype, extent, offset=start)
            if len(flat) != extent:
                raise ValueError(f"{self.path} became shorter while it was read.")
            if storage.dtype == BFLOAT16:
                flat = (flat["bfloat16"].astype(np.uint32) << 16).view(np.float32)
            if strides == _contiguous(shape):
                return flat.reshape(shape)
            steps = tuple(stride * flat.itemsize for stride in strides)
            return np.lib.stride_tricks.as_strided(flat, shape, steps).copy()

        return StoredTensor(shape, wide, load)


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return tuple(strides)
