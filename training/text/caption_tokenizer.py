"""Text to piece ids and back: the unigram algorithm of SentencePiece in plain Python.

tokenizer_graph.py builds the same function as an ONNX graph; the two agree exactly.

    normalise   fold every character, add a leading "▁", turn runs of spaces into one "▁", drop a
                trailing one; text without visible characters has no pieces at all
    segment     the sequence of pieces with the highest sum of scores, added in float32 from the
                left; of equal ones the longest last piece wins. A character that is no piece of
                its own may be passed as unknown, at 10 below the lowest score.
    merge       a run of unknown characters becomes one <unk>
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

SPACE = "▁"  # marks the beginning of a word inside pieces
PAD, UNKNOWN, LINE_BREAK = "<pad>", "<unk>", "<n>"
SPECIAL_PIECES = (PAD, UNKNOWN, LINE_BREAK)
UNKNOWN_PENALTY = np.float32(10)  # SentencePiece's
FORMAT = 1


@dataclass(frozen=True)
class Piece:
    text: str
    score: float | None
    """Log probability; None for pieces that text never matches (<pad>, <unk>, <n>)."""


class CaptionTokenizer:
    """Piece ids count from 0 in the order of `pieces`."""

    def __init__(self, pieces: Sequence[Piece], folding: dict[str, str]) -> None:
        self.pieces = tuple(pieces)
        self.folding = dict(folding)
        self._id_of_text = {piece.text: index for index, piece in enumerate(self.pieces)}
        if len(self._id_of_text) != len(self.pieces):
            raise ValueError("Two pieces of the tokenizer have the same text.")
        missing = [text for text in SPECIAL_PIECES if text not in self._id_of_text]
        if missing:
            raise ValueError(f"The tokenizer lacks the pieces {', '.join(missing)}.")

    @property
    def vocabulary_size(self) -> int:
        return len(self.pieces)

    @property
    def pad_id(self) -> int:
        return self._id_of_text[PAD]

    @property
    def unk_id(self) -> int:
        return self._id_of_text[UNKNOWN]

    @property
    def line_break_id(self) -> int:
        return self._id_of_text[LINE_BREAK]

    @cached_property
    def scores(self) -> dict[str, tuple[int, np.float32]]:
        """(id, score) by text of the pieces that text can match."""
        return {
            piece.text: (index, np.float32(piece.score))
            for index, piece in enumerate(self.pieces)
            if piece.score is not None
        }

    @cached_property
    def unknown_score(self) -> np.float32:
        return min(score for _, score in self.scores.values()) - UNKNOWN_PENALTY

    @cached_property
    def longest_piece(self) -> int:
        """Characters of the longest piece that text can match."""
        return max(map(len, self.scores))

    def normalise(self, text: str) -> str:
        """Folded text with "▁" for spaces, one in front; "" if nothing visible is left."""
        folded = "".join(self.folding.get(c, c) for c in text).replace(SPACE, " ")
        return "".join(SPACE + word for word in folded.split(" ") if word)

    def encode(self, text: str) -> list[int]:
        ids = self._segment(self.normalise(text))
        unknown = self.unk_id
        return [i for n, i in enumerate(ids) if i != unknown or n == 0 or ids[n - 1] != unknown]

    def _segment(self, text: str) -> list[int]:
        """Ids of the best segmentation; one <unk> for each unknown character."""
        best = np.full(len(text) + 1, -np.inf, np.float32)
        best[0] = 0
        last: list[tuple[int, int]] = [(0, 0)] * (len(text) + 1)  # (start, id) of the last piece
        for end in range(1, len(text) + 1):
            # Longest first, and only a higher sum replaces it: that settles ties.
            for start in range(max(0, end - self.longest_piece), end):
                found = self.scores.get(text[start:end])
                if found is None and start == end - 1:
                    found = (self.unk_id, self.unknown_score)
                if found is not None and best[start] + found[1] > best[end]:
                    best[end], last[end] = best[start] + found[1], (start, found[0])
        ids, end = [], len(text)
        while end > 0:
            end, piece = last[end]
            ids.append(piece)
        return ids[::-1]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of `ids` without padding; unknown ones read "⁇", line breaks become "\\n"."""
        shown = {self.pad_id: "", self.unk_id: "⁇", self.line_break_id: "\n"}
        text = "".join(shown.get(i, self.pieces[i].text) for i in ids)
        return text.replace(SPACE, " ").replace("\n ", "\n").strip(" ")

    def save(self, path: Path | str) -> None:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "format": FORMAT,
            "pieces": [[piece.text, piece.score] for piece in self.pieces],
            "folding": self.folding,
        }
        unfinished = path.with_suffix(path.suffix + ".part")
        unfinished.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        os.replace(unfinished, path)

    @staticmethod
    def load(path: Path | str) -> CaptionTokenizer:
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(
                f"There is no tokenizer {path}; run python -m training.text.train first."
            )
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("format") != FORMAT:
            raise ValueError(f"{path} has format {content.get('format')}, expected {FORMAT}.")
        return CaptionTokenizer([Piece(t, s) for t, s in content["pieces"]], content["folding"])
