"""Text in English, Chinese and code to train SentencePiece models on: for tests only.

It is made of what every machine with this repository has: the source files of Python's own library
(prose in docstrings, names, numbers), captions, and Chinese words made up from common characters
with the frequencies of a natural vocabulary (Zipf). Model and corpus stay out of the repository.
"""

import io
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceTrainer

from training.text.train import caption_sample

_COMMON_CHINESE = (0x4E00, 0x9000)  # code points
_CHINESE_WORDS = 12_000
_LONGEST_LINE = 1000  # characters; the trainer skips very long lines


def corpus(source_bytes: int, chinese_sentences: int, captions: int, seed: int) -> Iterator[str]:
    """Lines of about `source_bytes` of Python sources, then Chinese sentences, then captions."""
    yield from _source_lines(source_bytes)
    yield from _chinese_sentences(chinese_sentences, np.random.default_rng(seed))
    yield from caption_sample(captions, seed)


def train_model(lines: Iterator[str], pieces: int, **options: object) -> bytes:
    """A unigram model, unless `options` say otherwise with the library's own nmt_nfkc rules, as the
    icetk text model has.

    `options` are further options of the trainer. Raises RuntimeError if the corpus is too small
    for so many pieces.
    """
    model = io.BytesIO()
    chosen = {
        "character_coverage": 0.9995,
        "normalization_rule_name": "nmt_nfkc",
        "num_threads": 1,
        "minloglevel": 1,
        **options,
    }
    SentencePieceTrainer.train(
        sentence_iterator=lines,
        model_writer=model,
        model_type="unigram",
        vocab_size=pieces,
        **chosen,
    )
    return model.getvalue()


def _source_lines(most_bytes: int) -> Iterator[str]:
    left = most_bytes
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        for line in path.read_text(encoding="utf-8", errors="ignore").splitlines():
            if left <= 0:
                return
            if line.strip():
                left -= len(line)
                yield line[:_LONGEST_LINE]


def _chinese_sentences(count: int, rng: np.random.Generator) -> Iterator[str]:
    first, last = _COMMON_CHINESE
    characters = rng.permutation(np.arange(first, last))
    lengths = rng.choice([1, 2, 2, 2, 3, 4], _CHINESE_WORDS)
    drawn = iter(rng.choice(characters, lengths.sum(), p=_zipf(len(characters))))
    words = ["".join(chr(next(drawn)) for _ in range(length)) for length in lengths]
    sizes = rng.integers(4, 16, count)
    chosen = iter(rng.choice(_CHINESE_WORDS, sizes.sum(), p=_zipf(_CHINESE_WORDS)))
    ends = rng.choice(list("。！？，"), count)
    for size, end in zip(sizes, ends, strict=True):
        yield "".join(words[next(chosen)] for _ in range(size)) + str(end)


def _zipf(count: int) -> np.ndarray:
    weights = 1 / np.arange(1, count + 1)
    return weights / weights.sum()
