"""The caption tokenizer as an ONNX graph: code_points int32 [n] -> ids int32 [m].

Numeric operators only, since the WebGPU builds of onnxruntime-web have no string operators. Every
step has its counterpart in CaptionTokenizer, and the ids agree exactly.
"""

import numpy as np
import onnx

from training.export.graph_builder import GraphBuilder
from training.text.caption_tokenizer import SPACE, CaptionTokenizer
from training.text.piece_trie import NO_PIECE, PieceTrie, build_trie
from training.text.trie_graph import best_lengths, merge_unknown, reached_nodes, span_bounds

UNKNOWN_CHARACTER = 0
_NOTHING = 0xFFFF  # unused place of an expansion; above every character id
_PAGE = 256  # code points per page of the folding table
_LAST_CODE_POINT = 0x10FFFF


def build_tokenizer_graph(tokenizer: CaptionTokenizer, text_offset: int) -> onnx.ModelProto:
    """The graph whose ids are piece ids plus `text_offset`."""
    characters = _character_ids(tokenizer)
    trie = build_trie(tokenizer.scores, characters)
    g = GraphBuilder("tokenizer")
    g.input("code_points", "int32", ["n"])
    folded = _fold(g, "code_points", tokenizer, characters)
    # The unknown character behind the text is a segment of its own and is cut off in the end; it
    # spares the scans the case of no characters.
    text = g.node(
        "Concat", _words(g, folded, characters[SPACE]), _one(g, UNKNOWN_CHARACTER), axis=0
    )
    pieces, scores = _matches(g, text, trie, tokenizer)
    lengths = best_lengths(g, scores, trie.depth)
    ids = _read_back(g, pieces, lengths)
    merged = merge_unknown(g, g.slice(ids, 0, -1, 0), tokenizer.unk_id)
    shifted = g.node("Add", merged, g.number(text_offset, "int32"))
    g.node("Identity", shifted, name="ids")
    g.output("ids", "int32", ["m"])
    return g.model()


def _character_ids(tokenizer: CaptionTokenizer) -> dict[str, int]:
    """Ids from 1 of the characters that pieces are made of, and of the space mark."""
    alphabet = sorted(set("".join(tokenizer.scores)) | {SPACE})
    return {character: index for index, character in enumerate(alphabet, 1)}


def _one(g: GraphBuilder, value: int) -> str:
    return g.constant([value], "int32")


def _fold(
    g: GraphBuilder, code_points: str, tokenizer: CaptionTokenizer, characters: dict[str, int]
) -> str:
    """Character ids int32 [k] of code points int32 [n]; unknown characters are 0."""
    pages, entries, expansions = _folding_tables(tokenizer, characters)
    # Anything outside Unicode is unknown.
    bounded = g.node("Clip", code_points, g.number(0, "int32"), g.number(_LAST_CODE_POINT, "int32"))
    inside = g.node("Equal", bounded, code_points)
    page = _gather_uint16(g, pages, g.node("Div", bounded, g.number(_PAGE, "int32")))
    place = g.node(
        "Add",
        g.node("Mul", page, g.number(_PAGE, "int32")),
        g.node("Mod", bounded, g.number(_PAGE, "int32")),
    )
    entry = _gather_uint16(g, entries, place)
    entry = g.node("Where", inside, entry, g.number(0, "int32"))
    flat = g.reshape(_gather_uint16(g, expansions, entry), -1)
    used = g.node("Less", flat, g.number(_NOTHING, "int32"))
    return g.node("Compress", flat, used, axis=0)


def _gather_uint16(g: GraphBuilder, table: np.ndarray, index: str) -> str:
    """int32 entries of a uint16 table, kept as bytes: the WebGPU builds of onnxruntime-web cannot
    cast 16-bit integers."""
    low, high = (
        g.cast(g.node("Gather", g.constant(part.astype(np.uint8)), index), "int32")
        for part in (table & 0xFF, table >> 8)
    )
    return g.node("Add", low, g.node("Mul", high, g.number(256, "int32")))


def _folding_tables(
    tokenizer: CaptionTokenizer, characters: dict[str, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """pages uint16 [code point // 256], entries uint16 [page * 256 + rest], expansions uint16
    [entry, longest]: entry 0 is the unknown character, page 0 holds only that."""
    known = {c: c for c in characters if c != SPACE} | {" ": SPACE, SPACE: SPACE}
    known |= {c: text.replace(" ", SPACE) for c, text in tokenizer.folding.items()}
    texts = sorted(set(known.values()))
    entry_of = {text: index for index, text in enumerate(texts, 1)}
    if len(characters) >= _NOTHING:
        raise ValueError(f"{len(characters)} characters; the graph has ids for {_NOTHING - 1}")
    expansions = np.full((len(texts) + 1, max(map(len, texts))), _NOTHING, np.uint16)
    expansions[0, 0] = UNKNOWN_CHARACTER
    for text, entry in entry_of.items():
        expansions[entry, : len(text)] = [characters.get(c, UNKNOWN_CHARACTER) for c in text]
    pages = np.zeros(_LAST_CODE_POINT // _PAGE + 1, np.uint16)
    entries = [np.zeros(_PAGE, np.uint16)]
    for character, text in sorted(known.items()):
        page, rest = divmod(ord(character), _PAGE)
        if pages[page] == 0:
            pages[page] = len(entries)
            entries.append(np.zeros(_PAGE, np.uint16))
        entries[pages[page]][rest] = entry_of[text]
    return pages, np.concatenate(entries), expansions


def _words(g: GraphBuilder, characters: str, space: int) -> str:
    """One space mark before every word, none elsewhere."""
    padded = g.node("Concat", _one(g, space), characters, _one(g, space), axis=0)
    is_space = g.node("Equal", padded, g.number(space, "int32"))
    # A mark that another one follows is dropped, and so is the very last.
    before, after = g.slice(is_space, 0, -1, 0), g.slice(is_space, 1, 1 << 31, 0)
    kept = g.node("Not", g.node("And", before, after))
    return g.node("Compress", g.slice(padded, 0, -1, 0), kept, axis=0)


def _matches(
    g: GraphBuilder, text: str, trie: PieceTrie, tokenizer: CaptionTokenizer
) -> tuple[str, str]:
    """Piece ids int32 and scores float32 [k, depth] of the pieces that end at each character, by
    length - 1."""
    reached = reached_nodes(g, text, trie)
    pieces = g.node("Gather", g.constant(trie.piece), reached)
    scores = g.node("Gather", g.constant(trie.score), reached)
    # A character that is no piece may stand alone as unknown.
    single = np.arange(trie.depth) == 0
    none = g.node("Equal", pieces, g.number(NO_PIECE, "int32"))
    unknown = g.node("And", none, g.constant(single))
    return (
        g.node("Where", unknown, g.number(tokenizer.unk_id, "int32"), pieces),
        g.node("Where", unknown, g.constant(tokenizer.unknown_score), scores),
    )


def _read_back(g: GraphBuilder, pieces: str, lengths: str) -> str:
    """Ids of the best segmentation, walking from the end by the lengths."""
    ends = span_bounds(g, lengths, backwards=True)
    column = g.node("Unsqueeze", lengths, g.ints(1))
    chosen = g.reshape(g.node("GatherElements", pieces, column, axis=1), -1)
    return g.node("Compress", chosen, ends, axis=0)
