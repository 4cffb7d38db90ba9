"""Which pieces of a SentencePiece unigram model end where in a text, as graph nodes."""

from dataclasses import dataclass

import numpy as np

from training.export.graph_builder import GraphBuilder
from training.text.piece_trie import IMPOSSIBLE, NO_PIECE, build_trie
from training.text.trie_graph import reached_nodes
from training.text.unigram_model import UnigramModel

UNKNOWN_CHARACTER = 0


@dataclass(frozen=True)
class Matches:
    """Pieces that end at each character, by length - 1: names of values [k, depth]."""

    pieces: str
    """int32; NO_PIECE where no piece is."""
    scores: str
    """float32; IMPOSSIBLE where no piece is."""
    depth: int


def character_ids(model: UnigramModel) -> dict[str, int]:
    """Ids from 1 of the characters that pieces are made of; 0 is any other."""
    return {character: i for i, character in enumerate(sorted(set("".join(model.matched))), 1)}


def find_matches(g: GraphBuilder, text: str, model: UnigramModel) -> Matches:
    """`text`: character ids int32 [k]. A character that is no piece may stand alone as unknown."""
    trie = build_trie(model.matched, character_ids(model))
    pieces = g.node("Gather", g.constant(trie.piece), reached_nodes(g, text, trie))
    none = g.node("Equal", pieces, g.number(NO_PIECE, "int32"))
    unknown = g.node("And", none, g.constant(np.arange(trie.depth) == 0))
    # Scores by piece id are fewer than scores by node; two rows behind them are for the rest.
    count = len(model.pieces)
    scores = np.full(count + 2, IMPOSSIBLE, np.float32)
    scores[count] = model.unknown_score
    for index, score in model.matched.values():
        scores[index] = score
    row = g.node("Where", none, g.number(count + 1, "int32"), pieces)
    row = g.node("Where", unknown, g.number(count, "int32"), row)
    return Matches(
        g.node("Where", unknown, g.number(model.unknown_id, "int32"), pieces),
        g.node("Gather", g.constant(scores), row),
        trie.depth,
    )
