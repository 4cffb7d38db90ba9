"""The table of code clusters: the golden set's, and what is none."""

from pathlib import Path

import numpy as np
import pytest

from training.cogvideo.cluster_table import cluster_table_bytes, read_cluster_table
from training.tests.golden_folder import FOLDER, needs_golden


def _saved(path: Path, table: np.ndarray) -> Path:
    np.save(path / "cluster_label2.npy", table)
    return path / "cluster_label2.npy"


def test_numbers_are_written_low_byte_first(tmp_path: Path) -> None:
    table = np.zeros(400, np.int64)
    table[1], table[2] = 3, 258
    found = read_cluster_table(_saved(tmp_path, table), 400)
    assert found.tolist() == table.tolist()
    assert cluster_table_bytes(found)[:6] == bytes([0, 0, 3, 0, 2, 1])


@needs_golden
def test_the_released_table_has_500_clusters() -> None:
    table = read_cluster_table(FOLDER / "sampling.npz", 20_000)
    sizes = np.bincount(table)
    assert (len(sizes), sizes.min(), sizes.max()) == (500, 9, 133)  # docs/cogvideo.md 5.1
    assert len(cluster_table_bytes(table)) == 40_000


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.arange(5), "clusters to 5 codes, the model has 6"),
        (np.zeros((6, 1), np.int64), "clusters to 6 x 1 codes"),
        (np.zeros(6), "float64, not whole numbers"),
        (np.array([0, 1, -1, 0, 0, 0]), "from -1 to 1"),
        (np.array([0, 1, 6, 0, 0, 0]), "from 0 to 6; of 6 codes numbers from 0 to 5"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, table: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_cluster_table(_saved(tmp_path, table), 6)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path, np.arange(6))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"no whole \.npy"):
        read_cluster_table(path, 6)
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"no whole \.npy"):
        read_cluster_table(path, 6)
    np.savez(tmp_path / "sampling.npz", other=np.arange(6))
    with pytest.raises(ValueError, match="has no array cluster_map"):
        read_cluster_table(tmp_path / "sampling.npz", 6)
