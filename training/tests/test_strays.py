"""Tokens that are read wrongly in training: where they come from, and that targets stay true."""

from dataclasses import replace

import numpy as np

from training.tests.test_rivals import batches
from training.transformer.strays import MOST_CELLS, MOST_FRAMES, MOST_STRAYS, with_strays

SIDE = 12


def clips(first: int) -> np.ndarray:
    """200 clips of 5 frames whose cells all have codes of their own."""
    return first + np.arange(200 * 5 * SIDE**2).reshape(200, 5, SIDE**2)


def test_about_the_asked_share_is_damaged_and_the_originals_stay() -> None:
    own, foreign = clips(0), clips(10**6)
    damaged = with_strays(own, foreign, 0.5, np.random.default_rng(0))
    assert (own == clips(0)).all()
    changed = (damaged != own).mean((1, 2))
    assert 0.4 < (changed > 0).mean() < 0.6
    most = MOST_FRAMES * MOST_CELLS**2 / (5 * SIDE**2)
    assert changed.max() < 1.3 * max(MOST_STRAYS, most)


def test_strays_are_codes_of_a_neighbour_or_of_the_same_cell_elsewhere() -> None:
    own, foreign = clips(0), clips(10**6)
    damaged = with_strays(own, foreign, 1.0, np.random.default_rng(1))
    other = damaged != own
    from_neighbour = damaged // SIDE**2 == own // SIDE**2  # of the same frame
    from_elsewhere = damaged == foreign
    assert (from_neighbour | from_elsewhere)[other].all()
    assert (from_neighbour & other).any() and (from_elsewhere & other).any()


def test_the_model_reads_damage_and_predicts_the_truth() -> None:
    plain = batches(0)
    broken = replace(plain, strays=1.0).training(3, 0, 1)
    assert (broken.read != broken.tokens).any()
    whole = plain.training(3, 0, 1)
    assert (whole.read == whole.tokens).all()
    assert (broken.tokens == whole.tokens).all(), "the same clips are to be predicted"
    assert (broken.hints[:, 1:, :, 0] == broken.read[:, :-1]).all(), "hints are read as well"
    assert (broken.weights == whole.weights).all()
