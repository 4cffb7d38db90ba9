"""Any SentencePiece unigram model as a CaptionTokenizer.

The library's normaliser is probed once per code point, so whatever rules the model carries end up
in the folding table. Rules that join several code points into one (combining accents) are lost:
sentencepiece_graph.py keeps them all.
"""

from collections.abc import Callable
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from training.text.caption_tokenizer import SPACE, CaptionTokenizer, Piece
from training.text.folding import folding_table


def convert_sentencepiece(
    model: Path | bytes, folding: dict[str, str] | None = None
) -> CaptionTokenizer:
    """The tokenizer of a model file or its bytes, ids unchanged.

    `folding` replaces the model's own normalisation (for models trained on folded text).
    """
    if isinstance(model, bytes):
        processor = SentencePieceProcessor(model_proto=model)
    else:
        processor = SentencePieceProcessor(model_file=str(model))
    pieces = [_piece(processor, index) for index in range(processor.get_piece_size())]
    if folding is None:
        alphabet = set("".join(piece.text for piece in pieces if piece.score is not None))
        folding = folding_table(alphabet, _normaliser(processor))
    return CaptionTokenizer(pieces, folding)


def _piece(processor: SentencePieceProcessor, index: int) -> Piece:
    if processor.is_byte(index):
        raise ValueError("Models with byte fallback are not supported.")
    text = processor.id_to_piece(index)
    unmatched = (
        processor.is_control(index) or processor.is_unknown(index) or processor.is_unused(index)
    )
    return Piece(text, None if unmatched else processor.get_score(index))


def _normaliser(processor: SentencePieceProcessor) -> Callable[[str], str]:
    """What the model's normaliser makes of one character in the middle of a word."""

    def fold(character: str) -> str:
        if 0xD800 <= ord(character) <= 0xDFFF:  # half of a pair: no text for the library
            return character
        around = processor.normalize(f"a{character}a")
        return around[around.index("a") + 1 : -1].replace(SPACE, " ")

    return fold
