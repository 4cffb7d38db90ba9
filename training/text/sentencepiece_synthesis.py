"""A SentencePiece model of any size without training: pieces counted in a corpus, scored by share.

The trainer needs a corpus far beyond what a repository can bring to find 130,000 pieces, the size
of icetk's text model. Size is what such a model is to show, and equal counts make equal scores,
which try how graph and library choose between segmentations of the same score. For tests only.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np
from sentencepiece import SentencePieceProcessor
from sentencepiece import sentencepiece_model_pb2 as schema

from training.text.sentencepiece_corpus import corpus, train_model

LONGEST = 12  # characters of a piece
_LONGEST_CHINESE = 4  # there are no spaces that would end words
_RULES_PIECES = 2000  # of the small model that lends its normalisation
_Kind = schema.ModelProto.SentencePiece


def synthesise_model(pieces: int, seed: int = 1, source_bytes: int = 8_000_000) -> bytes:
    """The bytes of a unigram model: <unk>, `<n>`, <pad>, then `pieces` - 3 counted ones, the
    likeliest first, with the normalisation rules of a trained model. The corpus has `source_bytes`
    of source files, and Chinese sentences in proportion. ValueError where it has too few strings.
    """
    lines = list(corpus(source_bytes, source_bytes // 200, 500, seed))
    model = schema.ModelProto.FromString(_rules())
    counts = _counts(SentencePieceProcessor(model_proto=model.SerializeToString()), lines)
    del model.pieces[:]
    model.trainer_spec.vocab_size = pieces
    model.pieces.add(piece="<unk>", type=_Kind.UNKNOWN)
    model.pieces.add(piece="<n>", type=_Kind.USER_DEFINED)
    model.pieces.add(piece="<pad>", type=_Kind.CONTROL)
    chosen = _choose(counts, pieces - len(model.pieces))
    total = sum(counts[text] for text in chosen)
    for text in chosen:
        model.pieces.add(piece=text, score=float(np.log(counts[text] / total)))
    return model.SerializeToString()


def _rules() -> bytes:
    lines = corpus(60_000, 300, 200, seed=3)
    return train_model(lines, _RULES_PIECES, unk_id=0, hard_vocab_limit=False)


def _counts(processor: SentencePieceProcessor, lines: Iterable[str]) -> Counter[str]:
    """How often each string stands in the words of the normalised lines."""
    words = Counter(
        f"▁{word}"
        for line in lines
        for word in processor.normalize(line).split("▁")
        if word
    )  # fmt: skip
    counts: Counter[str] = Counter()
    for word, count in words.items():
        longest = LONGEST if word[1:].isascii() else _LONGEST_CHINESE
        for start in range(len(word)):
            for end in range(start + 1, min(start + longest, len(word)) + 1):
                counts[word[start:end]] += count
    return counts


def _choose(counts: Counter[str], number: int) -> list[str]:
    """Every character, then what saves the most pieces (as the trainer's seeds); falling counts."""
    single = [text for text in counts if len(text) == 1]
    longer = [text for text in counts if len(text) > 1]
    if len(single) + len(longer) < number or len(single) > number:
        raise ValueError(
            f"the corpus has {len(single):,} characters and {len(longer):,} longer strings: "
            f"{number:,} pieces cannot be chosen from it"
        )
    longer.sort(key=lambda text: (-counts[text] * len(text), text))
    chosen = single + longer[: number - len(single)]
    return sorted(chosen, key=lambda text: (-counts[text], text))
