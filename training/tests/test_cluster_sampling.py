"""Cluster sampling: its distribution against the formula, and draws against its distribution."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.tests.cluster_fixture import fixture
from training.transformer.cluster_sampling import (
    ClusterSampling,
    cluster_shares,
    code_probabilities,
    draw_code,
)

FIXTURE = Path(__file__).parents[2] / "tests" / "fixtures" / "clusterSampling.json"
MAP = np.array([0, 1, 2, 0, 1, 2, 2, 3])


def sampling(temperature=0.7, kept=2, inner=0.5):
    return ClusterSampling(MAP, temperature, kept, inner)


def by_formula(logits, s):
    """Every kept cluster's share times its codes' softmax, with explicit loops."""
    p = np.exp(logits / s.temperature) / np.exp(logits / s.temperature).sum()
    mass = [sum(p[c] for c in range(len(p)) if MAP[c] == k) for k in range(MAP.max() + 1)]
    kept = sorted(range(len(mass)), key=lambda k: (-mass[k], k))[: s.kept]
    found = np.zeros(len(p))
    for k in kept:
        codes = [c for c in range(len(p)) if MAP[c] == k]
        inner = np.exp(logits[codes] / (s.temperature * s.inner_temperature))
        found[codes] = mass[k] / sum(mass[j] for j in kept) * inner / inner.sum()
    return found


def test_probabilities_follow_the_formula():
    for seed in range(20):
        logits = np.random.default_rng(seed).normal(0, 3, len(MAP))
        for s in (sampling(), sampling(1.05, 3, 0.89), sampling(1.0, 9, 0.6)):
            expected = by_formula(logits, s)
            assert np.allclose(code_probabilities(logits, s), expected, atol=1e-12)
            assert np.isclose(expected.sum(), 1)


def test_an_even_grid_of_numbers_draws_the_probabilities():
    logits = np.array([1.0, 0.5, 2.0, 0.0, 1.5, -1.0, 1.0, 0.2])
    count = 20_000
    drawn = [draw_code(logits, sampling(), (i + 0.5) / count) for i in range(count)]
    shares = np.bincount(drawn, minlength=len(MAP)) / count
    assert np.abs(shares - code_probabilities(logits, sampling())).max() < 2e-4


def test_equal_masses_keep_the_lower_cluster():
    shares = cluster_shares(np.zeros(8), ClusterSampling(np.arange(8) // 2, 1.0, 2, 1.0))
    assert shares.kept.tolist() == [0, 1]
    assert np.allclose(shares.weights, 0.5)


def test_codes_ruled_out_are_never_drawn():
    logits = np.array([0.0, -np.inf, 3.0, -np.inf, -np.inf, -np.inf, 3.0, -np.inf])
    for u in (0.0, 0.4, 0.999999, 1 - 2**-53):
        assert draw_code(logits, sampling(kept=4), u) in (0, 2, 6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sampling(temperature=0), "above 0"),
        (lambda: sampling(inner=-1.0), "above 0"),
        (lambda: sampling(kept=0), "at least one"),
        (lambda: ClusterSampling(np.array([-1, 0]), 1.0, 1, 1.0), "cluster from 0"),
        (lambda: draw_code(np.zeros(3), sampling(), 0.5), "do not fit a map of 8"),
        (lambda: draw_code(np.full(8, np.nan), sampling(), 0.5), "NaN"),
        (lambda: draw_code(np.full(8, -np.inf), sampling(), 0.5), "no finite"),
    ],
)
def test_bad_settings_and_logits_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_fixture_of_the_typescript_twin_is_up_to_date():
    assert json.loads(FIXTURE.read_text(encoding="utf-8")) == json.loads(json.dumps(fixture()))
