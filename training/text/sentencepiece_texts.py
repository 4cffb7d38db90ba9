"""Texts that try a tokenizer graph against the sentencepiece library."""

from collections.abc import Iterator, Sequence

import numpy as np

from training.export.text_samples import HAND_MADE, random_texts
from training.text.sentencepiece_corpus import corpus

LONG = 10_240  # bytes of UTF-8

_HAND_MADE = (
    "4.0秒",
    "视频",
    "一只狮子在湖边喝水 高清摄影",
    "<n>",
    "a<n>b <n> c<n><n>\n<n",
    "<start_of_image>狮子<start_of_chinese> x<start_of_english",
    "<unk> <s> </s> <pad> <0x41> ▁<n>▁",
    "e\u0301 E\u0301\u0323 A\u030a\u0301 ﬀ ﬃ ﷺ Ǆ ½ ㍿ ℃ ①",
    "\u1100\u1161\u11a8 각 가\u11a8 \u1112\u1161\u11ab\u1100\u1173\u11af",
    "ｶﾞ ｷﾞ か\u3099 は\u309a パ",
    "\u0000 \u0001\u0007\u001b[0m\u007f\u0080\u009f\u00ad",
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\ufeff\ufffd\ufffe\uffff",
    "a\u3000b\u00a0c\u2003d\u2028e\u2029f\u0085g\u180eh",
    "  \t\n\r\x0b\x0c  ",
    "▁▁a▁ ▁b▁▁",
    "👩‍🚀🏳️‍🌈👍🏽1️⃣🇩🇪",
    "\ud800",
    "a\udfff\ud83db 狮\ud800\udc00子",
    "\U0010ffff\U0001f9ff\U00020000𠀀",
)
_MARKS = "\u0300\u0301\u0302\u0303\u0308\u0323\u0327\u0328\u0338\u0345\u3099\u309a\u200d\ufe0f"


def trying_texts(count: int, pieces: Sequence[str], seed: int) -> Iterator[str]:
    """Hand-made texts, and random ones in equal parts: fragments, letters with marks, lines of the
    kind that the test models are trained on, and pieces of the model joined."""
    fixed = [*HAND_MADE, *_HAND_MADE]
    yield from fixed[:count]
    rng = np.random.default_rng(seed)
    fragments = iter(list(random_texts(count, seed))[len(HAND_MADE) :])
    lines = _lines(seed)
    for number in range(count - len(fixed)):
        kind = number % 4
        if kind == 0:
            yield next(fragments)
        elif kind == 1:
            yield _marked(rng)
        elif kind == 2:
            yield next(lines)
        else:
            chosen = rng.integers(0, len(pieces), rng.integers(0, 12))
            yield "".join(pieces[i] for i in chosen).replace("▁", " ")


def _lines(seed: int) -> Iterator[str]:
    while True:
        seed += 1
        lines = list(corpus(100_000, 1000, 500, seed))
        yield from (lines[i] for i in np.random.default_rng(seed).permutation(len(lines)))


def _marked(rng: np.random.Generator) -> str:
    """Letters of all alphabets in which rules of several code points begin, marks, and others."""
    ranges = ((0x41, 0x5B), (0x61, 0x7B), (0xC0, 0x250), (0x370, 0x450), (0x1100, 0x1200))
    ranges += ((0x1E00, 0x2000), (0x3040, 0x3100), (0xAC00, 0xD7A4), (0xFB00, 0xFFF0))
    text = ""
    for _ in range(rng.integers(1, 12)):
        text += chr(rng.integers(*ranges[rng.integers(len(ranges))]))
        for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
            text += _MARKS[rng.integers(len(_MARKS))]
        text += " " * rng.choice([0, 0, 0, 1, 2])
    return text


def long_texts(seed: int) -> list[str]:
    """Texts of about `LONG` bytes: English, Chinese, mixed, one unknown character, one space."""
    english, chinese, both = (
        "".join(line + " " for line in corpus(*sizes, seed))
        for sizes in ((LONG, 0, 0), (0, LONG // 40, 0), (LONG // 2, LONG // 80, 20))
    )
    texts = [text.encode()[:LONG].decode(errors="ignore") for text in (english, chinese, both)]
    return [*texts, "😀" * (LONG // 4), " " * LONG, "aaaa" * (LONG // 4), "e\u0301" * (LONG // 3)]
