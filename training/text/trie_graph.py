"""Graph nodes that walk a piece trie and that cut a text into pieces and spans."""

import numpy as np

from training.export.graph_builder import GraphBuilder
from training.text.piece_trie import BUCKET, DEAD, IMPOSSIBLE, PieceTrie


def child(g: GraphBuilder, node: str, character: str, trie: PieceTrie) -> str:
    """The node reached from each `node` [k] over each `character` [k], DEAD where there is none.

    Both are of the keys' own type.
    """
    number = str(trie.keys.dtype)
    key = g.node("Add", g.node("Mul", node, g.number(trie.alphabet, number)), character)
    key_column = g.node("Unsqueeze", key, g.ints(1))
    found = []
    for prime in trie.primes:
        bucket = g.node("Mod", key_column, g.number(prime, number))
        keys = g.reshape(g.node("Gather", g.constant(trie.keys), bucket), -1, BUCKET)
        first = g.node("Mul", bucket, g.number(BUCKET, number))
        slots = g.node("Add", first, g.constant(range(1, BUCKET + 1), number))
        equal = g.node("Equal", keys, key_column)
        found.append(g.node("Where", equal, slots, g.number(DEAD, number)))
    both = g.node("Concat", *found, axis=1)
    return g.node("ReduceMax", both, g.ints(1), keepdims=0)


def reached_nodes(g: GraphBuilder, text: str, trie: PieceTrie, forwards: bool = False) -> str:
    """Nodes [k, depth] by number of characters, less one, read from each character of `text` (ids,
    int32 [k]) to the left, or to the right where `forwards`; 0 is read outside the text."""
    number = str(trie.keys.dtype)
    node = g.node("Expand", g.number(trie.root, number), g.node("Shape", text))
    character = g.cast(text, number)
    outside = g.constant([0], number)
    nodes = []
    for _ in range(trie.depth):
        node = child(g, node, character, trie)
        nodes.append(g.node("Unsqueeze", node, g.ints(1)))
        if forwards:
            padded = g.node("Concat", character, outside, axis=0)
            character = g.slice(padded, 1, 1 << 31, 0)
        else:
            character = g.node("Concat", outside, g.slice(character, 0, -1, 0), axis=0)
    return g.node("Concat", *nodes, axis=1)


def best_lengths(g: GraphBuilder, scores: str, depth: int) -> str:
    """Length - 1 int64 [k] of the last piece of the best segmentation up to each character."""
    body = GraphBuilder("forward")
    body.input("best_before", "float32", [depth])  # of the texts 1, 2, ... characters shorter
    body.input("score", "float32", [depth])
    totals = body.node("Add", "best_before", "score")
    # Of equal sums the longest last piece wins, as in SentencePiece.
    body.node("ArgMax", totals, axis=0, keepdims=0, select_last_index=1, name="length")
    best = body.node("ReduceMax", totals, body.ints(0), keepdims=1)
    kept = body.slice("best_before", 0, depth - 1, 0)
    body.node("Concat", best, kept, axis=0, name="best_after")
    body.output("best_after", "float32", [depth])
    body.output("length", "int64", [])
    start = np.where(np.arange(depth) == 0, np.float32(0), IMPOSSIBLE).astype(np.float32)
    return g.nodes(
        "Scan",
        [g.constant(start), scores],
        ["last_best", "lengths"],
        body=body.graph(),
        num_scan_inputs=1,
    )[1]


def span_bounds(g: GraphBuilder, lengths: str, backwards: bool) -> str:
    """Whether a span begins at each place, bool [k]: spans follow one another without gaps from
    the first place on, or `backwards` from the last.

    `lengths`, int64 [k], are those of the spans that would begin at each place, less one; k > 0.
    """
    direction = int(backwards)
    body = GraphBuilder("backward" if backwards else "spans")
    body.input("remaining", "int64", [])  # places of the current span still to pass
    body.input("length", "int64", [])
    body.node("Equal", "remaining", body.number(0, "int64"), name="ends_here")
    passed = body.node("Sub", "remaining", body.number(1, "int64"))
    body.node("Where", "ends_here", "length", passed, name="remaining_after")
    body.output("remaining_after", "int64", [])
    body.output("ends_here", "bool", [])
    prefix = "" if backwards else "span_"
    return g.nodes(
        "Scan",
        [g.number(0, "int64"), lengths],
        [f"{prefix}left_over", f"{prefix}ends"],
        body=body.graph(),
        num_scan_inputs=1,
        scan_input_directions=[direction],
        scan_output_directions=[direction],
    )[1]


def merge_unknown(g: GraphBuilder, ids: str, unknown: int) -> str:
    """Drops every unknown id that follows another one."""
    is_unknown = g.node("Equal", ids, g.number(unknown, "int32"))
    never = g.constant([False], "bool")
    before = g.slice(g.node("Concat", never, is_unknown, axis=0), 0, -1, 0)
    return g.node("Compress", ids, g.node("Not", g.node("And", is_unknown, before)), axis=0)
