"""The seeded random stream of the sampler; the TypeScript pipeline computes the same numbers.

All arithmetic is on unsigned 32-bit integers (wrapping); only the last division is float64.

    fmix32(h):   h ^= h >> 16; h *= 0x85EBCA6B; h ^= h >> 13; h *= 0xC2B2AE35; h ^= h >> 16

    stream_key(part_0, part_1, ...):            a chain, so the order of the parts matters
        key = 0
        for part: key = fmix32((key + 0x9E3779B9) ^ part)

    uniform(key, index):                        mulberry32 with its counter written out
        s = key + (index + 1) * 0x6D2B79F5
        t = (s ^ (s >> 15)) * (s | 1)
        t = t ^ (t + (t ^ (t >> 7)) * (t | 61))
        u = (t ^ (t >> 14)) / 2**32             in [0, 1)

A stream is read by index, never by order of calling, so batching or reordering the cells does
not change a clip. One uniform number is used per sequence and generated cell, whatever draws it
(top-k below, or clusters as in training/transformer/cluster_sampling.py):

    key frames:      stream_key(seed, 0, sample), index = slot * G*G + cell        (slots 0..4,
                     slot 0 also where the first frame is drawn by itself)
    interpolation:   stream_key(seed, round, window), index = (slot == 1 ? 0 : G*G) + cell
                     (round = 1, 2, 3; window = 0 for the first pair of given frames; slots 1, 3)
    super-resolution of tokens: stream_key(seed, SUPER_RESOLUTION), index = fine cell, the same
                     numbers for every frame, so that cells which look alike stay alike

`sample` is 0 unless several clips are drawn from one prompt and seed. `seed` is a uint32.

Drawing one token from logits [K] with temperature and top-k (`draw_token`), in float64:
    1. order the ids by descending logit, equal logits by ascending id; keep the first k
       (k <= 0 or k > K keeps all);
    2. weight_i = exp((logit_i - logit_0) / temperature); temperature <= 0 takes the first id;
    3. target = u * sum(weights), summed in that order; the token is the first id whose running
       sum exceeds the target (the last kept id if rounding leaves none).
Guidance comes before: logits = unconditional + scale * (conditional - unconditional).
"""

from __future__ import annotations

import numpy as np

_MASK = 0xFFFFFFFF

SUPER_RESOLUTION = 1000
"""Second part of a key, in the place of a round's number, which never gets that high."""


def fmix32(value: int) -> int:
    """Finaliser of MurmurHash3: a bijection of the uint32 numbers that mixes all bits."""
    value &= _MASK
    value ^= value >> 16
    value = (value * 0x85EBCA6B) & _MASK
    value ^= value >> 13
    value = (value * 0xC2B2AE35) & _MASK
    return value ^ (value >> 16)


def stream_key(*parts: int) -> int:
    """The uint32 key of the stream named by `parts` (each taken modulo 2**32)."""
    key = 0
    for part in parts:
        key = fmix32(((key + 0x9E3779B9) & _MASK) ^ (part & _MASK))
    return key


def uniform(key: int, index: int) -> float:
    """The number at `index` (from 0) of the stream `key`: float64 in [0, 1)."""
    state = (key + (index + 1) * 0x6D2B79F5) & _MASK
    mixed = ((state ^ (state >> 15)) * (state | 1)) & _MASK
    mixed ^= (mixed + (((mixed ^ (mixed >> 7)) * (mixed | 61)) & _MASK)) & _MASK
    return (mixed ^ (mixed >> 14)) / 4294967296.0


def draw_token(logits: np.ndarray, temperature: float, top_k: int, u: float) -> int:
    """Draws one id from logits [K] as the module docstring defines."""
    logits = np.asarray(logits, dtype=np.float64)
    order = np.argsort(-logits, kind="stable")
    if 0 < top_k < len(order):
        order = order[:top_k]
    if temperature <= 0:
        return int(order[0])
    weights = np.exp((logits[order] - logits[order[0]]) / temperature)
    running = np.cumsum(weights)
    chosen = int(np.searchsorted(running, u * running[-1], side="right"))
    return int(order[min(chosen, len(order) - 1)])
