"""Candidate pieces of a small, repetitive corpus.

SentencePiece proposes the repeated substrings that can be continued in two ways. In captions of a
small world a word is nearly always followed by a space, so whole words would be missing, and whole
Chinese phrases would be pieces: a new combination of known words then reaches the model as pieces
that it hardly saw. Here the candidates are the substrings of words.
"""

import re
from collections import Counter
from collections.abc import Iterable

from training.text.caption_tokenizer import SPACE

_CHINESE = "[㐀-鿿]"
_LONGEST_CHINESE = 3  # characters; longer entries of a word list are phrases, made of such words


def seed_pieces(captions: Iterable[str], words: Iterable[str]) -> Counter[str]:
    """How often each substring of a word occurs in `captions` (folded text).

    A word is a run without spaces with its leading "▁", cut into one of `words` (Chinese, longest
    first) and single Chinese characters where it is Chinese.
    """
    pattern = f"{_CHINESE}{{1,{_LONGEST_CHINESE}}}"
    chinese = sorted({w for w in words if re.fullmatch(pattern, w)}, key=lambda w: (-len(w), w))
    split = re.compile("(" + "|".join([*map(re.escape, chinese), _CHINESE]) + ")")
    counts: Counter[str] = Counter()
    for caption in captions:
        for run in caption.split(" "):
            counts.update(part for part in split.split(SPACE + run) if part)
    seeds: Counter[str] = Counter()
    for word, count in counts.items():
        for start in range(len(word)):
            for end in range(start + 1, len(word) + 1):
                seeds[word[start:end]] += count
    return seeds
