"""The random stream against a plain mulberry32, and token drawing against a slow twin."""

import math

import numpy as np

from training.common.random_stream import draw_token, fmix32, stream_key, uniform

MASK = 0xFFFFFFFF
KNOWN_KEYS = [3079723048, 997352634, 1141843545]
KNOWN_UNIFORM = 0.8843963607214391


def sequential_mulberry32(seed: int, count: int) -> list[float]:
    """The well-known generator as published, with a running state."""
    numbers = []
    for _ in range(count):
        seed = (seed + 0x6D2B79F5) & MASK
        t = ((seed ^ (seed >> 15)) * (1 | seed)) & MASK
        t = ((t + (((t ^ (t >> 7)) * (61 | t)) & MASK)) & MASK) ^ t
        numbers.append(((t ^ (t >> 14)) & MASK) / 2**32)
    return numbers


def test_reading_by_index_equals_the_running_generator() -> None:
    key = stream_key(1234, 0, 0)
    assert [uniform(key, i) for i in range(50)] == sequential_mulberry32(key, 50)


def test_known_values_for_the_typescript_twin() -> None:
    assert fmix32(1) == 0x514E28B7
    assert [stream_key(1234, 0, 0), stream_key(1234, 1, 0), stream_key(0, 0, 1)] == KNOWN_KEYS
    assert uniform(stream_key(1234, 0, 0), 0) == KNOWN_UNIFORM


def test_keys_depend_on_every_part_and_their_order() -> None:
    keys = {stream_key(a, b, c) for a in range(8) for b in range(8) for c in range(8)}
    assert len(keys) == 512


def test_uniform_numbers_are_uniform() -> None:
    key = stream_key(7, 2, 3)
    numbers = np.array([uniform(key, i) for i in range(20000)])
    counts, _ = np.histogram(numbers, bins=20, range=(0, 1))
    assert abs(numbers.mean() - 0.5) < 0.01
    assert counts.min() > 850


def slow_draw(logits: list[float], temperature: float, top_k: int, u: float) -> int:
    ranked = sorted(range(len(logits)), key=lambda i: (-logits[i], i))[:top_k]
    weights = [math.exp((logits[i] - logits[ranked[0]]) / temperature) for i in ranked]
    running = 0.0
    for token, weight in zip(ranked, weights, strict=True):
        running += weight
        if running > u * sum(weights):
            return token
    return ranked[-1]


def test_draw_token_equals_the_slow_twin_with_ties() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        logits = np.round(rng.normal(size=40) * 2) / 2  # many ties
        u, temperature, top_k = rng.random(), rng.uniform(0.3, 1.5), int(rng.integers(1, 40))
        expected = slow_draw(logits.tolist(), temperature, top_k, u)
        assert draw_token(logits, temperature, top_k, u) == expected


def test_zero_temperature_is_greedy_and_ties_take_the_lower_id() -> None:
    assert draw_token(np.array([1.0, 3.0, 3.0]), 0.0, 0, 0.999) == 1
    assert draw_token(np.array([1.0, 3.0, 3.0]), 1.0, 1, 0.999) == 1
