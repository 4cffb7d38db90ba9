"""Tokenizer graphs of SentencePiece models against the sentencepiece library."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from sentencepiece import sentencepiece_model_pb2 as schema

from training.tests.sentencepiece_models import model_of
from training.text import check_sentencepiece
from training.text.charsmap import read_charsmap
from training.text.check_sentencepiece import GraphAndLibrary
from training.text.sentencepiece_corpus import corpus, train_model
from training.text.sentencepiece_graph import build_sentencepiece_graph
from training.text.sentencepiece_synthesis import synthesise_model
from training.text.sentencepiece_texts import long_texts, trying_texts
from training.text.unigram_model import ICETK_ADDED, read_unigram_model

OFFSET = 20_000
Kind = schema.ModelProto.SentencePiece


@pytest.fixture(scope="module")
def trained() -> bytes:
    lines = corpus(60_000, 500, 200, seed=3)
    return train_model(lines, 3000, user_defined_symbols=["<n>", "<nn>"], unk_id=0)


def _changed(model: bytes, **rules: bool) -> schema.ModelProto:
    proto = schema.ModelProto.FromString(model)
    for name, value in rules.items():
        setattr(proto.normalizer_spec, name, value)
    return proto


def _texts(model: bytes, count: int, seed: int = 1) -> list[str]:
    return list(trying_texts(count, read_unigram_model(model).pieces, seed))


def test_ids_of_graph_and_library_agree(trained: bytes) -> None:
    both = GraphAndLibrary(trained, OFFSET)
    texts = _texts(trained, 600)
    assert list(both.differing(texts)) == []
    ids = {i for text in texts for i in both.graph_ids(text)}
    # Unknown, user-defined and added pieces do occur.
    count = len(read_unigram_model(trained).pieces)
    assert ids.issuperset({OFFSET, OFFSET + 3, OFFSET + count, OFFSET + count + 2})
    assert both.graph_ids("a<nn>b") == both.library_ids("a<nn>b") != both.graph_ids("a<n>b")


def test_ten_thousand_texts_on_a_model_of_32_000_trained_pieces(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["check_sentencepiece"])
    assert check_sentencepiece.main() == 0
    printed = capsys.readouterr().out
    assert "32,003 pieces" in printed and "10,000 texts" in printed
    assert "0 with other ids than the library" in printed


def test_a_synthesised_model_with_many_equal_scores() -> None:
    model = synthesise_model(4000, source_bytes=60_000)
    opened = read_unigram_model(model)
    assert len(opened.pieces) == 4000
    assert len(set(opened.scores.tolist())) < 500
    assert list(GraphAndLibrary(model, OFFSET).differing(_texts(model, 300))) == []


def test_a_synthesised_model_needs_a_corpus() -> None:
    with pytest.raises(ValueError, match="pieces cannot be chosen from it"):
        synthesise_model(10_000_000, source_bytes=60_000)


def test_long_texts(trained: bytes) -> None:
    texts = long_texts(seed=8)
    assert min(len(text.encode()) for text in texts) > 10_000
    assert list(GraphAndLibrary(trained, OFFSET).differing(texts)) == []


def test_every_kind_of_normalisation_rule(trained: bytes) -> None:
    """Keys of one to four code points, each between letters and spaces."""
    charsmap = read_charsmap(read_unigram_model(trained).charsmap)
    assert charsmap.longest_key == 4
    keys = [*map(chr, range(0x250)), *map(chr, range(0x2000, 0x2100)), "ﷺ", "\u1100\u1161\u11a8"]
    keys += [a + b + c for a in "aυ\u1f00" for b in "\u0301\u0342\u0345" for c in ("", "\u0345")]
    both = GraphAndLibrary(trained, OFFSET)
    texts = [text for key in keys for text in (key, f"a{key}b", f" {key} {key}")]
    assert list(both.differing(texts)) == []


@pytest.mark.parametrize(
    "rules",
    [
        {"add_dummy_prefix": False},
        {"remove_extra_whitespaces": False},
        {"escape_whitespaces": False},
        {"add_dummy_prefix": False, "remove_extra_whitespaces": False},
    ],
    ids=str,
)
def test_other_rules_for_spaces(trained: bytes, rules: dict[str, bool]) -> None:
    model = _changed(trained, **rules).SerializeToString()
    assert list(GraphAndLibrary(model, OFFSET).differing(_texts(trained, 200, seed=2))) == []


def test_without_rules(trained: bytes) -> None:
    proto = _changed(trained)
    proto.normalizer_spec.precompiled_charsmap = b""
    model = proto.SerializeToString()
    assert list(GraphAndLibrary(model, OFFSET).differing(_texts(trained, 200, seed=4))) == []


def test_unknown_characters_become_bytes() -> None:
    lines = corpus(40_000, 0, 100, seed=5)
    model = train_model(lines, 1200, byte_fallback=True, character_coverage=0.98)
    both = GraphAndLibrary(model, OFFSET)
    assert list(both.differing(_texts(model, 200, seed=6))) == []
    assert len(both.graph_ids("😀")) == 5


def test_piece_types_that_text_does_not_match(trained: bytes) -> None:
    proto = _changed(trained)
    for index in range(10, 200, 3):
        proto.pieces[index].type = Kind.UNUSED
    for index in range(11, 200, 3):
        proto.pieces[index].type = Kind.CONTROL
    model = proto.SerializeToString()
    assert list(GraphAndLibrary(model, OFFSET).differing(_texts(trained, 200, seed=7))) == []


@pytest.mark.parametrize("user_defined", [(), ("ab", "cab", "bc b")], ids=str)
@pytest.mark.parametrize("step", [1.0, 0.25, 2.0**-21, 0.1])
def test_ties(step: float, user_defined: tuple[str, ...]) -> None:
    """Scores from a coarse grid tie all the time; from a fine one, only where float32 rounds the
    sums of long texts alike."""
    rng = np.random.default_rng(9)
    texts = sorted({"".join(rng.choice(list("abc▁"), n % 5 + 1)) for n in range(150)})
    scores = {t: -len(t) * 2.0 - step * int(rng.integers(0, 4)) for t in texts}
    for text in user_defined:
        scores.pop(text, None)
    both = GraphAndLibrary(model_of(scores, user_defined), OFFSET)
    lines = ["".join(rng.choice(list("abcd "), 300)) for _ in range(60)]
    assert list(both.differing(lines)) == []


def test_numbers_that_are_no_code_points_are_unknown(trained: bytes) -> None:
    both = GraphAndLibrary(trained, OFFSET)
    code_points = np.array([-5, 0x110000, 2**31 - 1, -(2**31)], np.int32)
    (ids,) = both._session.run(None, {"code_points": code_points})
    assert ids.tolist() == both.library_ids("\ud800")


def test_only_numbers_that_the_webgpu_builds_have(trained: bytes) -> None:
    types = {t.data_type for t in build_sentencepiece_graph(trained, OFFSET).graph.initializer}
    allowed = {"FLOAT", "INT32", "INT64", "BOOL"}
    assert {onnx.TensorProto.DataType.Name(t) for t in types} <= allowed


def test_added_pieces_take_the_next_ids(trained: bytes) -> None:
    model = read_unigram_model(trained, ICETK_ADDED)
    count = len(read_unigram_model(trained).pieces)
    assert [model.id_of(text) for text in ICETK_ADDED] == [count, count + 1, count + 2]
    with pytest.raises(KeyError, match="<absent>"):
        model.id_of("<absent>")


def test_files_that_are_no_unigram_model(trained: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.model"
    path.write_bytes(trained[: len(trained) // 2])
    with pytest.raises(ValueError, match=r"broken\.model"):
        build_sentencepiece_graph(path, OFFSET)
    proto = _changed(trained)
    proto.trainer_spec.model_type = schema.TrainerSpec.BPE
    with pytest.raises(ValueError, match="BPE"):
        build_sentencepiece_graph(proto.SerializeToString(), OFFSET)
    proto = _changed(trained)
    proto.normalizer_spec.precompiled_charsmap = proto.normalizer_spec.precompiled_charsmap[:100]
    with pytest.raises(ValueError, match="cut short"):
        build_sentencepiece_graph(proto.SerializeToString(), OFFSET)
    with pytest.raises(ValueError, match="several pieces spelled a"):
        build_sentencepiece_graph(model_of({"a": 1.0, "b": 1.0}, ("a",)), OFFSET)
