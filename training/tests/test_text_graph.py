"""The tokenizer's ONNX graph against its Python twin."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from training.export.onnx_transformer import open_session
from training.export.text_samples import random_texts
from training.text.caption_tokenizer import SPECIAL_PIECES, CaptionTokenizer, Piece
from training.text.characters import ASCII
from training.text.folding import folding_table
from training.text.piece_trie import build_trie
from training.text.tokenizer_graph import build_tokenizer_graph
from training.text.train import caption_sample, train_tokenizer
from training.world.captions import all_caption_words

OFFSET = 64


def _open(tokenizer: CaptionTokenizer) -> ort.InferenceSession:
    return open_session(build_tokenizer_graph(tokenizer, OFFSET).SerializeToString())


def _ids(session: ort.InferenceSession, text: str) -> list[int]:
    code_points = np.array([ord(c) for c in text], np.int32)
    (ids,) = session.run(None, {"code_points": code_points})
    assert ids.dtype == np.int32
    return (ids - OFFSET).tolist()


@pytest.fixture(scope="module")
def tokenizer() -> CaptionTokenizer:
    return train_tokenizer(caption_sample(1500), all_caption_words()["zh"], 512, ASCII)


@pytest.fixture(scope="module")
def session(tokenizer: CaptionTokenizer) -> ort.InferenceSession:
    return _open(tokenizer)


def test_graph_and_python_give_the_same_ids(
    tokenizer: CaptionTokenizer, session: ort.InferenceSession
) -> None:
    texts = list(random_texts(2000, seed=1)) + list(caption_sample(300, seed=2))
    assert [t for t in texts if _ids(session, t) != tokenizer.encode(t)] == []


def test_no_16_bit_numbers(tokenizer: CaptionTokenizer) -> None:
    """The WebGPU builds of onnxruntime-web cannot cast them."""
    types = {i.data_type for i in build_tokenizer_graph(tokenizer, OFFSET).graph.initializer}
    assert types.isdisjoint({onnx.TensorProto.INT16, onnx.TensorProto.UINT16})


def test_long_text(tokenizer: CaptionTokenizer, session: ort.InferenceSession) -> None:
    text = "狮子 drinks 😀" * 300
    assert _ids(session, text) == tokenizer.encode(text)


def test_numbers_that_are_no_code_points_are_unknown(
    tokenizer: CaptionTokenizer, session: ort.InferenceSession
) -> None:
    code_points = np.array([-5, 0x110000, 2**31 - 1, -(2**31)], np.int32)
    (ids,) = session.run(None, {"code_points": code_points})
    assert (ids - OFFSET).tolist() == tokenizer.encode("\U0010ffff")


def _large_tokenizer(pieces: int, characters: str) -> CaptionTokenizer:
    rng = np.random.default_rng(7)
    texts = set(characters)
    while len(texts) < pieces:
        places = rng.integers(0, len(characters), rng.integers(2, 9))
        texts.add("".join(characters[i] for i in places))
    scores = rng.uniform(-14, -2, len(texts)).astype(np.float32)
    special = [Piece(text, None) for text in SPECIAL_PIECES]
    return CaptionTokenizer(
        special + [Piece(t, float(s)) for t, s in zip(sorted(texts), scores, strict=True)],
        folding_table(characters),
    )


def test_a_large_vocabulary() -> None:
    """Many pieces over many characters: keys beyond 32 bits and full buckets."""
    characters = "▁abcdefgh" + "".join(map(chr, range(0x4E00, 0x4E00 + 12_000)))
    tokenizer = _large_tokenizer(45_000, characters)
    session = _open(tokenizer)
    rng = np.random.default_rng(8)
    matched = [piece.text for piece in tokenizer.pieces if piece.score is not None]
    for _ in range(50):
        text = "".join(matched[i] for i in rng.integers(0, len(matched), 12))
        assert _ids(session, text) == tokenizer.encode(text)


def test_keys_take_64_bits_only_where_they_must() -> None:
    small = _large_tokenizer(100, "▁abc")
    characters = {c: i for i, c in enumerate("▁abc", 1)}
    assert build_trie(small.scores, characters).keys.dtype == np.int32
    spread = {c: i << 20 for i, c in enumerate("▁abc", 1)}
    assert build_trie(small.scores, spread).keys.dtype == np.int64
