"""Pieces as a hashed tree of reversed characters: the look-up table of the tokenizer graph.

A node is named by its slot in a table of buckets, so that one table serves as the tree: the entry
of the child reached from node `n` over character `c` holds the key n * alphabet + c, and its slot
is the child's name. Keys are exact (no fingerprints), so a look-up can never be wrong. A key lies
in one of two buckets, its remainders by two primes; the emptier one takes it, which keeps buckets
of four from overflowing at half load even for 130,000 pieces.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

BUCKET = 4  # entries per bucket; all are compared at once
DEAD = 0  # slot of "no such node"; no key has it as parent
NO_PIECE = -1
IMPOSSIBLE = np.float32(-1e30)  # score where there is no piece: finite, so sums stay ordered


@dataclass(frozen=True)
class PieceTrie:
    keys: np.ndarray
    """int32 or int64 [buckets, BUCKET]; -1 where empty."""
    primes: tuple[int, int]
    """Divisors whose remainders of a key are its two buckets."""
    root: int
    """The node of the empty text, the last one; entry e of bucket b is node b * BUCKET + e + 1."""
    alphabet: int
    """Character ids are 0..alphabet-1; 0 is any character without an id."""
    depth: int
    """Characters of the longest piece."""
    piece: np.ndarray
    """int32 [nodes + 1]: piece id by slot, NO_PIECE where no piece ends."""
    score: np.ndarray
    """float32 [nodes + 1]."""


def build_trie(
    pieces: Mapping[str, tuple[int, np.float32]], character_ids: Mapping[str, int]
) -> PieceTrie:
    """`pieces` gives (id, score) by text; every character of theirs has an id from 1 up."""
    alphabet = max(character_ids.values()) + 1
    nodes = {text[start:] for text in pieces for start in range(len(text))}
    # By length, so that a node's parent (the shorter suffix) has its slot first.
    ordered = sorted(nodes, key=lambda text: (len(text), text))
    buckets = _next_prime(max(5, len(nodes) * 2 // BUCKET))
    while (placed := _place(ordered, character_ids, alphabet, buckets)) is None:
        buckets = _next_prime(buckets + buckets // 8 + 1)
    keys, primes, slot_of, root = placed
    piece = np.full(root + 1, NO_PIECE, np.int32)
    score = np.full(root + 1, IMPOSSIBLE, np.float32)
    for text, (index, value) in pieces.items():
        piece[slot_of[text]], score[slot_of[text]] = index, value
    largest_key = root * alphabet + alphabet
    keys = keys.astype(np.int32 if largest_key < 2**31 else np.int64)
    return PieceTrie(keys, primes, root, alphabet, max(map(len, pieces)), piece, score)


def _place(
    ordered: list[str], character_ids: Mapping[str, int], alphabet: int, buckets: int
) -> tuple[np.ndarray, tuple[int, int], dict[str, int], int] | None:
    """Keys, primes, the slot of every node and the root's slot; None if a bucket overflows."""
    primes = (buckets, _next_prime(buckets * 3 // 4))
    root = buckets * BUCKET + 1
    keys = np.full((buckets, BUCKET), -1, np.int64)
    filled = [0] * buckets
    slot_of = {"": root}
    for text in ordered:
        key = slot_of[text[1:]] * alphabet + character_ids[text[0]]
        bucket = min((key % prime for prime in primes), key=filled.__getitem__)
        if filled[bucket] == BUCKET:
            return None
        keys[bucket, filled[bucket]] = key
        slot_of[text] = bucket * BUCKET + filled[bucket] + 1
        filled[bucket] += 1
    return keys, primes, slot_of, root


def _next_prime(number: int) -> int:
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number
