"""A SentencePiece unigram model as a tokenizer graph: code_points int32 [n] -> ids int32 [m].

The ids are exactly the sentencepiece library's, plus an offset. Numeric operators only, since the
WebGPU builds of onnxruntime-web have no string operators.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx

from training.export.graph_builder import GraphBuilder
from training.text.code_point_graph import ABSENT, look_up, utf8_bytes
from training.text.normaliser_graph import normalise
from training.text.piece_matches import UNKNOWN_CHARACTER, character_ids, find_matches
from training.text.trie_graph import best_lengths, merge_unknown, span_bounds
from training.text.unigram_model import ICETK_ADDED, UnigramModel, read_unigram_model


def build_sentencepiece_graph(
    model_file: Path | bytes, offset: int, added: Sequence[str] = ICETK_ADDED
) -> onnx.ModelProto:
    """The graph of a model file (or its bytes) whose ids are piece ids plus `offset`.

    `added` are pieces that take the next free ids, as normal ones of score 0; icetk's by default.
    Half surrogate pairs count as three characters U+FFFD, as their bytes do in the library.
    Raises ValueError for a file that is no unigram model or has rules that no graph can follow.
    """
    model = read_unigram_model(model_file, added)
    g = GraphBuilder("tokenizer")
    g.input("code_points", "int32", ["n"])
    normalised = normalise(g, "code_points", model)
    ids = _segment(g, normalised, model)
    g.node("Add", ids, g.number(offset, "int32"), name="ids")
    g.output("ids", "int32", ["m"])
    return g.model()


def _segment(g: GraphBuilder, code_points: str, model: UnigramModel) -> str:
    """Piece ids int32 [m] of normalised code points int32 [k]."""
    characters = look_up(g, code_points, character_ids(model))
    # The unknown character behind the text is a segment of its own and is cut off in the end; it
    # spares the scans the case of no characters.
    text = g.node("Concat", characters, g.constant([UNKNOWN_CHARACTER], "int32"), axis=0)
    matches = find_matches(g, text, model)
    lengths = best_lengths(g, matches.scores, matches.depth)
    ends = g.slice(span_bounds(g, lengths, backwards=True), 0, -1, 0)
    column = g.node("Unsqueeze", lengths, g.ints(1))
    chosen = g.reshape(g.node("GatherElements", matches.pieces, column, axis=1), -1)
    ids = g.node("Compress", g.slice(chosen, 0, -1, 0), ends, axis=0)
    if model.byte_fallback:
        return _spell_unknown(g, ids, g.node("Compress", code_points, ends, axis=0), model)
    return merge_unknown(g, ids, model.unknown_id)


def _spell_unknown(g: GraphBuilder, ids: str, last: str, model: UnigramModel) -> str:
    """Every unknown id replaced by the pieces of its character's bytes; `last`: code point int32
    [m] in which each piece ends."""
    byte = g.node("Concat", *(_column(g, b) for b in utf8_bytes(g, last)), axis=1)
    known = g.node("Max", byte, g.number(0, "int32"))
    spelled = g.node("Gather", g.constant(model.byte_ids), known)
    unknown = _column(g, g.node("Equal", ids, g.number(model.unknown_id, "int32")))
    written = g.node("Where", unknown, spelled, _column(g, ids))
    is_byte = g.node("Not", g.node("Equal", byte, g.number(ABSENT, "int32")))
    whole = g.node("And", g.node("Not", unknown), g.constant(np.arange(4) == 0))
    used = g.node("Or", g.node("And", unknown, is_byte), whole)
    return g.node("Compress", g.reshape(written, -1), g.reshape(used, -1), axis=0)


def _column(g: GraphBuilder, values: str) -> str:
    return g.node("Unsqueeze", values, g.ints(1))
