"""The caption tokenizer in Python: against SentencePiece, against brute force, and its edges."""

import io
from pathlib import Path

import numpy as np
import pytest
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from training.export.text_samples import random_texts
from training.text.caption_tokenizer import SPECIAL_PIECES, CaptionTokenizer, Piece
from training.text.characters import ASCII, CHINESE
from training.text.folding import fold_text
from training.text.sentencepiece_model import convert_sentencepiece
from training.text.train import caption_sample, train_tokenizer
from training.world.captions import all_caption_words


@pytest.fixture(scope="module")
def tokenizer() -> CaptionTokenizer:
    return train_tokenizer(caption_sample(1500), all_caption_words()["zh"], 1024, ASCII + CHINESE)


@pytest.fixture(scope="module")
def library_model() -> bytes:
    """A model as SentencePiece trains it by itself, with its own NFKC rules."""
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=caption_sample(1500),
        model_writer=model,
        model_type="unigram",
        vocab_size=500,
        hard_vocab_limit=False,
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        control_symbols=["<n>"],
        minloglevel=2,
    )
    return model.getvalue()


def test_a_converted_model_gives_the_librarys_ids(library_model: bytes) -> None:
    library = SentencePieceProcessor(model_proto=library_model)
    converted = convert_sentencepiece(library_model)
    captions = list(caption_sample(300, seed=2))
    assert [converted.encode(c) for c in captions] == [library.encode(c) for c in captions]
    # Unknown characters and odd spaces as well. Half pairs and private marks are no library text.
    others = [t for t in random_texts(400, seed=3) if t.isprintable() or "\n" in t]
    assert len(others) > 100
    assert [converted.encode(t) for t in others] == [library.encode(t) for t in others]


def test_words_of_captions_are_single_pieces(tokenizer: CaptionTokenizer) -> None:
    assert len(tokenizer.encode("A lion drinks water at the lake.")) <= 8
    assert len(tokenizer.encode("狮子在湖边喝水")) <= 5
    assert tokenizer.encode("Ａ　ＬＩＯＮ") == tokenizer.encode("a lion")


def test_unknown_words_survive_as_pieces(tokenizer: CaptionTokenizer) -> None:
    for text in ("xylophone quartz", "猫熊", '~#% {x} = "y"?'):
        ids = tokenizer.encode(text)
        assert tokenizer.unk_id not in ids
        assert tokenizer.decode(ids) == text


def test_every_listed_character_is_a_piece(tokenizer: CaptionTokenizer) -> None:
    texts = {piece.text for piece in tokenizer.pieces}
    assert texts.issuperset(ASCII + CHINESE)


def test_unknown_characters_become_one_piece(tokenizer: CaptionTokenizer) -> None:
    ids = tokenizer.encode("😀🦁😀")
    assert ids.count(tokenizer.unk_id) == 1 and len(ids) == 2  # after the word mark


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u200b\ufeff", "▁"])
def test_text_without_visible_characters_has_no_ids(tokenizer: CaptionTokenizer, text: str) -> None:
    assert tokenizer.encode(text) == []


def test_special_pieces_are_not_matched_in_text(tokenizer: CaptionTokenizer) -> None:
    special = {tokenizer.pad_id, tokenizer.unk_id, tokenizer.line_break_id}
    assert special.isdisjoint(tokenizer.encode("<pad> <unk> <n>"))


def test_decoding_gives_folded_text_back(tokenizer: CaptionTokenizer) -> None:
    for caption in caption_sample(100, seed=4):
        assert tokenizer.decode(tokenizer.encode(caption)) == fold_text(caption)


def test_a_saved_tokenizer_is_the_same(tokenizer: CaptionTokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = CaptionTokenizer.load(tmp_path / "tokenizer.json")
    texts = list(random_texts(200, seed=5))
    assert [loaded.encode(t) for t in texts] == [tokenizer.encode(t) for t in texts]
    assert (loaded.pieces, loaded.folding) == (tokenizer.pieces, tokenizer.folding)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.json"):
        CaptionTokenizer.load(tmp_path / "absent.json")


def _segmentations(text: str, pieces: dict[str, float], unknown: float) -> dict[tuple, float]:
    """Every way to cut `text` into pieces or single unknown characters, with its score."""
    if not text:
        return {(): 0.0}
    found = {}
    for end in range(1, len(text) + 1):
        score = pieces.get(text[:end], unknown if end == 1 else None)
        if score is not None:
            for rest, total in _segmentations(text[end:], pieces, unknown).items():
                found[(text[:end], *rest)] = total + score
    return found


def test_the_best_of_all_segmentations_is_found() -> None:
    rng = np.random.default_rng(1)
    texts = {"".join(rng.choice(list("abc▁"), rng.integers(1, 4))) for _ in range(14)}
    scores = {text: float(np.float32(-rng.uniform(1, 9))) for text in sorted(texts)}
    pieces = [Piece(text, None) for text in SPECIAL_PIECES]
    pieces += [Piece(text, score) for text, score in scores.items()]
    tokenizer = CaptionTokenizer(pieces, {})
    for _ in range(100):
        text = "".join(rng.choice(list("abcd"), 7))
        options = _segmentations("▁" + text, scores, float(tokenizer.unknown_score))
        best = max(options, key=options.__getitem__)
        ids = [pieces.index(Piece(p, scores[p])) if p in scores else 1 for p in best]
        merged = [i for n, i in enumerate(ids) if i != 1 or n == 0 or ids[n - 1] != 1]
        assert tokenizer.encode(text) == merged
