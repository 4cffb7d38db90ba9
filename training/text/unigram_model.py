"""A SentencePiece unigram model as read from its protobuf file.

Scores follow the sentencepiece library, version 0.2.3: an unknown character costs 10 more than the
worst normal piece; a user-defined piece gains 0.1 for each of its UTF-8 bytes but the first, which
was measured (to the last bit, for lengths up to 59), since its source at hand is older.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError
from sentencepiece import sentencepiece_model_pb2 as schema

ICETK_ADDED = ("<start_of_image>", "<start_of_english>", "<start_of_chinese>")
"""Pieces that icetk appends to its text model when it opens it: normal ones of score 0."""

_UNKNOWN_PENALTY = np.float32(10)
_USER_GAIN = 0.1
_Kind = schema.ModelProto.SentencePiece


@dataclass(frozen=True)
class UnigramModel:
    """Piece ids count from 0 in the order of the file."""

    pieces: tuple[str, ...]
    scores: np.ndarray
    """float32 [pieces], as stored."""
    kinds: tuple[int, ...]
    """Type of each piece as the schema numbers it: normal, unknown, control, user-defined ..."""
    charsmap: bytes
    """Precompiled normalisation rules; empty: none."""
    dummy_prefix: bool
    remove_extra_whitespaces: bool
    escape_whitespaces: bool
    byte_fallback: bool

    def id_of(self, text: str) -> int:
        """Id of the piece spelled `text`. Raises KeyError naming it."""
        if text not in self._ids:
            raise KeyError(f"The SentencePiece model has no piece {text}.")
        return self._ids[text]

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {text: index for index, text in enumerate(self.pieces)}

    @cached_property
    def unknown_id(self) -> int:
        return self.kinds.index(_Kind.UNKNOWN)

    @cached_property
    def byte_ids(self) -> np.ndarray:
        """int32 [256]: ids of the pieces that stand for single bytes. Byte fallback only."""
        return np.array([self.id_of(f"<0x{byte:02X}>") for byte in range(256)], np.int32)

    @cached_property
    def unknown_score(self) -> np.float32:
        return self._normal_scores.min() - _UNKNOWN_PENALTY

    @cached_property
    def user_defined(self) -> tuple[str, ...]:
        """Pieces that are always cut out of a text, before it is normalised."""
        return tuple(t for t, kind in zip(self.pieces, self.kinds, strict=True) if _is_user(kind))

    @cached_property
    def matched(self) -> dict[str, tuple[int, np.float32]]:
        """(id, score) by text of the pieces that text can match."""
        found = {}
        for index, (text, kind) in enumerate(zip(self.pieces, self.kinds, strict=True)):
            if kind == _Kind.NORMAL:
                found[text] = index, self.scores[index]
            elif _is_user(kind):
                found[text] = index, np.float32(_USER_GAIN * (len(text.encode()) - 1))
        return found

    @cached_property
    def _normal_scores(self) -> np.ndarray:
        return self.scores[np.array(self.kinds) == _Kind.NORMAL]


def _is_user(kind: int) -> bool:
    return kind == _Kind.USER_DEFINED


def read_unigram_model(source: Path | bytes, added: Sequence[str] = ()) -> UnigramModel:
    """The model of a file or its bytes; `added` pieces follow its own as normal ones of score 0.

    Raises ValueError for anything but a complete unigram model that can be a tokenizer graph.
    """
    name = "The SentencePiece model" if isinstance(source, bytes) else str(source)
    proto = _parse(source if isinstance(source, bytes) else Path(source).read_bytes(), name)
    for text in added:
        proto.pieces.add(piece=text, score=0)
    _check(proto, name)
    rules = proto.normalizer_spec
    return UnigramModel(
        tuple(piece.piece for piece in proto.pieces),
        np.array([piece.score for piece in proto.pieces], np.float32),
        tuple(piece.type for piece in proto.pieces),
        rules.precompiled_charsmap,
        rules.add_dummy_prefix,
        rules.remove_extra_whitespaces,
        rules.escape_whitespaces,
        proto.trainer_spec.byte_fallback,
    )


def with_added_pieces(model: bytes, added: Sequence[str]) -> bytes:
    """The bytes of a model with `added` appended, for the sentencepiece library to open."""
    proto = _parse(model, "The SentencePiece model")
    for text in added:
        proto.pieces.add(piece=text, score=0)
    return proto.SerializeToString()


def _parse(content: bytes, name: str) -> schema.ModelProto:
    proto = schema.ModelProto()
    try:
        proto.ParseFromString(content)
    except DecodeError as error:
        raise ValueError(f"{name} is no SentencePiece model or is cut short: {error}") from error
    return proto


def _check(proto: schema.ModelProto, name: str) -> None:
    kind = proto.trainer_spec.model_type
    if kind != schema.TrainerSpec.UNIGRAM:
        found = schema.TrainerSpec.ModelType.Name(kind)
        raise ValueError(f"{name} is a {found} model; only UNIGRAM ones can be a tokenizer graph.")
    if proto.trainer_spec.treat_whitespace_as_suffix:
        raise ValueError(
            f"{name} marks the ends of words (treat_whitespace_as_suffix): unsupported."
        )
    kinds = [piece.type for piece in proto.pieces]
    if kinds.count(_Kind.UNKNOWN) != 1:
        raise ValueError(
            f"{name} must have one unknown piece, but has {kinds.count(_Kind.UNKNOWN)}."
        )
    if _Kind.NORMAL not in kinds:
        raise ValueError(f"{name} has no normal pieces.")
    texts = [piece.piece for piece in proto.pieces]
    if len(set(texts)) < len(texts):
        twice = sorted({text for text in texts if texts.count(text) > 1})[:5]
        raise ValueError(f"{name} has several pieces spelled {', '.join(twice)}.")
    if "" in texts or not np.isfinite([piece.score for piece in proto.pieces]).all():
        raise ValueError(f"{name} has an empty piece or a score that is no number.")
