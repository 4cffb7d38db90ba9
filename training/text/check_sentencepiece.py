"""Compares tokenizer graphs of SentencePiece models with the sentencepiece library.

`python -m training.text.check_sentencepiece` trains a model of 32,000 pieces and tries 10,000
texts; `--synthesise --pieces 130000` makes one of icetk's size without training, `--model FILE`
checks a model that exists, as icetk's ice_text.model. Exit status 1 if any text has other ids.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from sentencepiece import SentencePieceProcessor

from training.export.onnx_transformer import open_session
from training.text.sentencepiece_corpus import corpus, train_model
from training.text.sentencepiece_graph import build_sentencepiece_graph
from training.text.sentencepiece_synthesis import synthesise_model
from training.text.sentencepiece_texts import long_texts, trying_texts
from training.text.unigram_model import ICETK_ADDED, read_unigram_model, with_added_pieces

_SHOWN = 5


class GraphAndLibrary:
    """A model as a graph in onnxruntime and as the library opens it, with the same pieces."""

    def __init__(self, model: bytes, offset: int, added: tuple[str, ...] = ICETK_ADDED) -> None:
        self.offset = offset
        self.graph = build_sentencepiece_graph(model, offset, added).SerializeToString()
        self._session = open_session(self.graph)
        self._library = SentencePieceProcessor(model_proto=with_added_pieces(model, added))

    def graph_ids(self, text: str) -> list[int]:
        code_points = np.array([ord(c) for c in text], np.int32)
        (ids,) = self._session.run(None, {"code_points": code_points})
        return ids.tolist()

    def library_ids(self, text: str) -> list[int]:
        # Half surrogate pairs become the bytes that a careless encoder writes for them.
        ids = self._library.encode(text.encode("utf-8", "surrogatepass"))
        return [i + self.offset for i in ids]

    def differing(self, texts: Iterable[str]) -> Iterator[str]:
        """The texts to which graph and library give other ids."""
        return (text for text in texts if self.graph_ids(text) != self.library_ids(text))


def _trained(pieces: int) -> bytes:
    print(f"training a model of {pieces:,} pieces ...", flush=True)
    # Candidates are few and dropped fast: scores are rougher than of a model in use, not fewer.
    quick = {"seed_sentencepiece_size": 80_000, "shrinking_factor": 0.5, "num_sub_iterations": 1}
    lines = corpus(2_000_000, 30_000, 500, seed=1)
    return train_model(lines, pieces, user_defined_symbols=["<n>"], unk_id=0, pad_id=3, **quick)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a .model file; default: train one")
    parser.add_argument("--pieces", type=int, default=32_000, help="of the trained model")
    parser.add_argument(
        "--synthesise", action="store_true", help="count the pieces instead of training them"
    )
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.model:
        content = arguments.model.read_bytes()
    else:
        content = (synthesise_model if arguments.synthesise else _trained)(arguments.pieces)
    model = read_unigram_model(content, ICETK_ADDED)
    start = time.perf_counter()
    both = GraphAndLibrary(content, offset=20_000)
    print(f"{len(model.pieces):,} pieces, graph of {len(both.graph) / 1e6:.1f} MB, ", end="")
    print(f"built in {time.perf_counter() - start:.0f} s", flush=True)
    texts = long_texts(arguments.seed)
    texts += trying_texts(arguments.texts - len(texts), model.pieces, arguments.seed)
    longest = max(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    print(f"{len(texts):,} texts, the longest of {longest:,} bytes: ", end="", flush=True)
    differing = list(both.differing(texts))
    print(f"{len(differing):,} with other ids than the library")
    for text in differing[:_SHOWN]:
        print(
            f"  {text[:60]!r}: {both.graph_ids(text)[:20]}, library {both.library_ids(text)[:20]}"
        )
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
