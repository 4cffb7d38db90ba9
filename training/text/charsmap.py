"""A SentencePiece model's precompiled normalisation rules: a double array over UTF-8 bytes.

Layout: uint32 size of the array in bytes, the array (little-endian uint32 units, darts-clone's
encoding), then the replacements, each closed by a zero byte. The array is a graph that shares the
ends of its keys, so it stays far smaller than the list of its rules (nmt_nfkc: 225,000 rules in
180 KB); a tokenizer graph walks it as it is.
"""

import struct
from dataclasses import dataclass
from functools import cached_property

import numpy as np

BLOCK = 256  # a step is an exclusive or with one byte, so it stays within a block of units
_VALUE_FLAG = 1 << 31


@dataclass(frozen=True)
class Charsmap:
    """Unit u is reached over byte b from a state s where u = s xor b and label[u] = b."""

    label: np.ndarray
    """int32 [units]; -1 where no byte leads."""
    follow: np.ndarray
    """int32 [units]: the state behind the unit."""
    rule: np.ndarray
    """int32 [units]: the replacement of the key that ends in the unit, by number; 0 = none."""
    start: int
    """The state in front of a key."""
    dead: int
    """A state that no byte leaves."""
    replacements: tuple[str, ...]
    """By number; the first stands for no rule."""

    @cached_property
    def longest_key(self) -> int:
        """Code points of the longest key."""
        byte, longest = np.arange(BLOCK), 0
        reached = np.array([[self.start, 0]])  # (state, code points in front of it)
        while len(reached):
            units = reached[:, :1] ^ byte
            counts = reached[:, 1:] + (byte & 0xC0 != 0x80)
            leads = self.label[units] == byte
            longest = max(longest, int(counts[leads].max(initial=0)))
            reached = np.unique(np.stack([self.follow[units][leads], counts[leads]], 1), axis=0)
        return longest


def read_charsmap(blob: bytes) -> Charsmap:
    """Raises ValueError if `blob` is cut short."""
    units, texts = _parts(blob)
    blocks = -(-len(units) // BLOCK)
    units = np.concatenate([units, np.full((blocks + 1) * BLOCK - len(units), _VALUE_FLAG)])
    place = np.arange(len(units))
    offset = (units >> 10) << ((units & (1 << 9)) >> 6)
    follow = np.minimum(place ^ offset, len(units) - 1)
    is_value = (units & _VALUE_FLAG) != 0
    label = np.where(is_value, -1, units & 0xFF)
    label[0] = -1  # the root is entered by no byte
    has_rule = ~is_value & ((units >> 8) & 1 == 1)
    starts = np.where(has_rule, units[follow] & (_VALUE_FLAG - 1), -1)
    numbered = {start: number for number, start in enumerate(np.unique(starts[has_rule]), 1)}
    rule = np.array([numbered.get(start, 0) for start in starts], np.int32)
    replacements = ("", *(_text(texts, int(start)) for start in numbered))
    dead = blocks * BLOCK
    follow[place >= dead] = dead
    return Charsmap(
        label.astype(np.int32),
        follow.astype(np.int32),
        rule,
        int(follow[0]),
        dead,
        replacements,
    )


def _parts(blob: bytes) -> tuple[np.ndarray, bytes]:
    """Units int64 and the text of the replacements."""
    size = struct.unpack_from("<I", blob)[0] if len(blob) >= 4 else 0
    if size == 0 or size % 4 or len(blob) <= 4 + size:
        raise ValueError("The model's normalisation rules (precompiled_charsmap) are cut short.")
    return np.frombuffer(blob, "<u4", size // 4, 4).astype(np.int64), blob[4 + size :]


def _text(texts: bytes, start: int) -> str:
    end = texts.find(b"\0", start)
    if start >= len(texts) or end < 0:
        raise ValueError("A normalisation rule (precompiled_charsmap) has no replacement.")
    return texts[start:end].decode()
