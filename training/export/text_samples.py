"""Texts that try a tokenizer: captions, both scripts mixed, odd spaces, unknown and broken ones."""

from collections.abc import Iterator

import numpy as np

HAND_MADE = (
    "",
    " ",
    "a",
    "A lion drinks water at the lake.",
    "狮子在湖边喝水。",
    "一只 lion 在 the lake 喝 water",
    "ＡＢＣ　ｌｉｏｎ！？",
    "  leading,\ttabs\nand\r\nnew lines  ",
    "😀",
    "👨‍👩‍👧 family 😀😀😀 lion",
    "a lion 😀 犇犇 drinks",
    "▁lion▁drinks",
    "<pad><unk><n>",
    "\x00\x01lion\x7f\u200b\ufeffdrinks",
    "“quoted” — ‘text’… ㎏ ½ ﬁsh",
    "LION" * 30,
    "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "4.0秒",
    "ｱｲｳ アイウ 안녕 привет é é",
    "\ud800 half a pair",
    "\U0010ffff\U000e0001",
)
_FRAGMENTS = (
    "lion", "the ", " lake", "drinks", "狮子", "湖边", "喝水", "在", "一只", " ", "  ", "\n", "\t",
    "。", "，", "！", "Ｌ", "😀", "\u200d", "▁", "<n>", ".", ",", "s", "ing", "犇", "é", "\x00",
)  # fmt: skip


def random_texts(count: int, seed: int) -> Iterator[str]:
    """The hand-made texts, then random mixtures of fragments and code points."""
    yield from HAND_MADE[:count]
    rng = np.random.default_rng(seed)
    for _ in range(count - len(HAND_MADE)):
        yield "".join(_fragment(rng) for _ in range(rng.integers(0, 30)))


def _fragment(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.6:
        return _FRAGMENTS[rng.integers(len(_FRAGMENTS))]
    if kind < 0.8:
        return chr(rng.integers(0x20, 0x7F))
    if kind < 0.95:
        return chr(rng.integers(0x4E00, 0x9FFF))
    return chr(rng.integers(0x110000))
