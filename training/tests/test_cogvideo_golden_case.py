"""The figures of the golden comparison: what passes, and what may not hide."""

import json
import math

import numpy as np
import pytest

from training.cogvideo.golden_case import GoldenCase, all_pass, differing, largest_difference
from training.cogvideo.golden_files import read_golden


def case(difference):
    return GoldenCase("logits", "torch", difference, 5e-5, "logit")


def test_a_case_passes_up_to_its_limit_and_never_with_nan():
    assert case(5e-5).passes
    assert not case(6e-5).passes
    assert not case(math.nan).passes
    assert case(1.0).to_json()["passes"] is False
    assert "TOO LARGE" in str(case(1.0))


def test_no_case_at_all_is_not_a_pass():
    assert not all_pass([])
    assert all_pass([case(0)])
    assert not all_pass([case(0), case(1)])


def test_shapes_must_agree():
    assert largest_difference(np.array([1.0, 2.0]), np.array([1.0, 2.5])) == 0.5
    assert math.isnan(largest_difference(np.array([np.nan]), np.array([1.0])))
    with pytest.raises(ValueError, match="shape"):
        largest_difference(np.zeros((2, 1)), np.zeros(2))
    with pytest.raises(ValueError, match="empty"):
        largest_difference(np.zeros(0), np.zeros(0))
    assert differing(np.array([1, 2, 3]), np.array([1, 0, 0])) == 2
    with pytest.raises(ValueError, match="shape"):
        differing(np.zeros(3), np.zeros(1))


def test_settings_come_out_of_the_file(tmp_path):
    text = np.frombuffer(json.dumps({"num_layers": 7}).encode(), np.uint8)
    np.savez(tmp_path / "set.npz", __config_json__=text, **{"io.a": np.ones(2), "b": np.zeros(1)})
    file = read_golden(tmp_path / "set.npz")
    assert file.config == {"num_layers": 7}
    inside, others = file.split("io.")
    assert list(inside) == ["a"]
    assert list(others) == ["b"]
    with pytest.raises(KeyError, match=r"set\.npz has no array c"):
        file["c"]


def test_bad_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="golden vectors"):
        read_golden(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("not a zip")
    with pytest.raises(ValueError, match=r"text\.npz"):
        read_golden(tmp_path / "text.npz")
    np.savez(tmp_path / "objects.npz", a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"objects\.npz"):
        read_golden(tmp_path / "objects.npz")
