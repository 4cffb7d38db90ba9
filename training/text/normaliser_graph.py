"""A SentencePiece model's normaliser as graph nodes: code points in, code points out.

It follows the library step by step (src/normalizer.cc, version 0.2). At each place the longest
user-defined piece is taken as it is, else the longest rule's replacement, else the character; then
reading goes on behind it. Of spaces that meet only the first stays, and none at either end, where
the model removes extra ones; a space comes first as dummy prefix; spaces become "▁" at last.
"""

from dataclasses import dataclass

import numpy as np

from training.export.graph_builder import GraphBuilder
from training.text.caption_tokenizer import SPACE
from training.text.charsmap import Charsmap, read_charsmap
from training.text.charsmap_graph import longest_rules
from training.text.code_point_graph import look_up, valid
from training.text.piece_trie import NO_PIECE, build_trie
from training.text.trie_graph import reached_nodes, span_bounds
from training.text.unigram_model import UnigramModel

_MALFORMED = "\ufffd" * 3  # what the library makes of the three bytes of half a surrogate pair
_ITSELF = 0  # number of the replacement of a character that stays


@dataclass(frozen=True)
class _Replacements:
    """What a place is replaced by, by number."""

    texts: tuple[str, ...]
    charsmap: Charsmap | None
    malformed: int
    user: dict[str, int]
    """Numbers of the user-defined pieces by text."""


def normalise(g: GraphBuilder, code_points: str, model: UnigramModel) -> str:
    """Normalised code points int32 [k] of `code_points` int32 [n]; both may be empty."""
    replacements = _replacements(model)
    number, longer = _longest(g, code_points, replacements)
    written = _write(g, code_points, number, longer, replacements)
    return _spaces(g, written, code_points, model)


def _replacements(model: UnigramModel) -> _Replacements:
    charsmap = read_charsmap(model.charsmap) if model.charsmap else None
    rules = charsmap.replacements if charsmap else ("",)
    texts = (*rules, _MALFORMED, *model.user_defined)
    if model.remove_extra_whitespaces and (odd := [text for text in texts if "  " in text]):
        raise ValueError(
            f"The model writes {odd[0]!r}: two spaces at once cannot be a tokenizer graph."
        )
    user = {text: len(rules) + 1 + index for index, text in enumerate(model.user_defined)}
    return _Replacements(texts, charsmap, len(rules), user)


def _longest(g: GraphBuilder, code_points: str, replacements: _Replacements) -> tuple[str, str]:
    """Number int32 [n] of the replacement of the text that begins at each place, and the length of
    that text, less one, int64 [n]."""
    is_valid = valid(g, code_points)
    number, longer = g.number(_ITSELF, "int32"), g.number(0, "int32")
    if replacements.charsmap:
        number, longer = longest_rules(g, code_points, is_valid, replacements.charsmap)
    number = g.node("Where", is_valid, number, g.number(replacements.malformed, "int32"))
    longer = g.node("Where", is_valid, longer, g.number(0, "int32"))
    if replacements.user:
        user, user_longer = _longest_user_defined(g, code_points, replacements.user)
        found = g.node("Not", g.node("Equal", user, g.number(NO_PIECE, "int32")))
        number = g.node("Where", found, user, number)
        longer = g.node("Where", found, user_longer, longer)
    return number, g.cast(longer, "int64")


def _longest_user_defined(
    g: GraphBuilder, code_points: str, numbers: dict[str, int]
) -> tuple[str, str]:
    """Number int32 [n] of the longest user-defined piece from each place on, NO_PIECE where there
    is none, and its length, less one, int32 [n]."""
    characters = {c: index for index, c in enumerate(sorted(set("".join(numbers))), 1)}
    # The tree holds texts by their ends; read forwards it needs them back to front.
    backwards = {text[::-1]: (number, np.float32(0)) for text, number in numbers.items()}
    trie = build_trie(backwards, characters)
    reached = reached_nodes(g, look_up(g, code_points, characters), trie, forwards=True)
    pieces = g.node("Gather", g.constant(trie.piece), reached)
    is_piece = g.node("Not", g.node("Equal", pieces, g.number(NO_PIECE, "int32")))
    length = g.node("Mul", g.cast(is_piece, "int32"), g.constant(range(1, trie.depth + 1), "int32"))
    longest = g.node("ArgMax", length, axis=1, keepdims=1)
    number = g.reshape(g.node("GatherElements", pieces, longest, axis=1), -1)
    return number, g.cast(g.reshape(longest, -1), "int32")


def _write(
    g: GraphBuilder, code_points: str, number: str, longer: str, replacements: _Replacements
) -> str:
    """The replacements one after the other, int32 [k], without those inside of a longer text."""
    # One place behind the text spares the scan the case of no characters.
    padded = g.node("Concat", longer, g.ints(0), axis=0)
    begins = g.slice(span_bounds(g, padded, backwards=False), 0, -1, 0)
    texts = replacements.texts
    lengths = np.array([len(text) for text in texts], np.int32)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    flat = [ord(c) for text in texts for c in text]
    lengths[_ITSELF] = 1
    column = np.arange(lengths.max())
    start = g.node("Unsqueeze", g.node("Gather", g.constant(starts, "int32"), number), g.ints(1))
    place = g.node("Add", start, g.constant(column, "int32"))
    place = g.node("Min", place, g.number(len(flat) - 1, "int32"))
    written = g.node("Gather", g.constant(flat, "int32"), place)
    own = g.node("Unsqueeze", g.node("Equal", number, g.number(_ITSELF, "int32")), g.ints(1))
    written = g.node("Where", own, g.node("Unsqueeze", code_points, g.ints(1)), written)
    length = g.node("Unsqueeze", g.node("Gather", g.constant(lengths), number), g.ints(1))
    inside = g.node("Less", g.constant(column, "int32"), length)
    used = g.node("And", inside, g.node("Unsqueeze", begins, g.ints(1)))
    return g.node("Compress", g.reshape(written, -1), g.reshape(used, -1), axis=0)


def _spaces(g: GraphBuilder, written: str, code_points: str, model: UnigramModel) -> str:
    space, mark = ord(" "), ord(SPACE) if model.escape_whitespaces else ord(" ")
    if model.remove_extra_whitespaces:
        is_space = g.node("Equal", written, g.number(space, "int32"))
        before = g.slice(g.node("Concat", g.constant([True]), is_space, axis=0), 0, -1, 0)
        kept = g.node("Not", g.node("And", is_space, before))
        written = g.node("Compress", written, kept, axis=0)
    if model.dummy_prefix:
        # Only text that is not empty gets it.
        some = g.node("Min", g.node("Shape", code_points), g.ints(1))
        prefix = g.node("Slice", g.constant([space], "int32"), g.ints(0), some, g.ints(0))
        written = g.node("Concat", prefix, written, axis=0)
    if mark != space:
        is_space = g.node("Equal", written, g.number(space, "int32"))
        written = g.node("Where", is_space, g.number(mark, "int32"), written)
    return _without_trailing(g, written, mark) if model.remove_extra_whitespaces else written


def _without_trailing(g: GraphBuilder, text: str, mark: int) -> str:
    shown = g.node("Not", g.node("Equal", text, g.number(mark, "int32")))
    end = g.node("Add", g.node("Squeeze", g.node("Shape", text)), g.number(1, "int64"))
    place = g.node("Range", g.number(1, "int64"), end, g.number(1, "int64"))
    ends = g.node("Mul", g.cast(shown, "int64"), place)
    last = g.node("ReduceMax", g.node("Concat", g.ints(0), ends, axis=0), g.ints(0))
    return g.node("Slice", text, g.ints(0), last, g.ints(0))
