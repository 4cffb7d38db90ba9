"""CogVideo's table of code clusters: read from the release's files, written for the app.

The release's sampler draws a cluster of similar codes first, then a code of it (docs/cogvideo.md
section 5.1); which codes are similar stands in a file beside its code. A package holds it as
little-endian uint16, one number for each code.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.cogvideo.golden_files import read_golden

ARRAY = "cluster_map"
"""Its name in a golden set's sampling.npz."""

FILE = "clusters.bin"
"""Its file in a package."""

_MOST = 1 << 16


def read_cluster_table(path: Path, codes: int) -> np.ndarray:
    """Cluster of each code, int64 [codes], from the release's .npy or a golden set's .npz.

    ValueError where the file is damaged, of another length, or holds what are no cluster numbers.
    """
    table = _read(path)
    if table.shape != (codes,):
        raise ValueError(
            f"{path} gives clusters to {' x '.join(map(str, table.shape)) or 'no'} codes, the "
            f"model has {codes}: they do not belong together."
        )
    if table.dtype.kind not in "iu":
        raise ValueError(f"{path} holds {table.dtype}, not whole numbers of clusters.")
    if table.min() < 0 or table.max() >= min(codes, _MOST):
        raise ValueError(
            f"{path} numbers clusters from {table.min()} to {table.max()}; of {codes} codes "
            f"numbers from 0 to {min(codes, _MOST) - 1} are possible."
        )
    return table.astype(np.int64)


def cluster_table_bytes(table: np.ndarray) -> bytes:
    """The content of `FILE` for a table that was read."""
    return table.astype("<u2").tobytes()


def _read(path: Path) -> np.ndarray:
    if path.suffix == ".npz":
        try:
            return read_golden(path)[ARRAY]
        except KeyError as error:
            raise ValueError(error.args[0]) from error
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{path} is no whole .npy of plain numbers: {error}") from error
