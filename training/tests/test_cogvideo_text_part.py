"""icetk's text model as the converter takes it in."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from training.cogvideo.config import CogVideoConfig
from training.cogvideo.release_settings import stage_config
from training.cogvideo.token_parts import text_part
from training.export.onnx_transformer import open_session
from training.tests.cogvideo_release import settings
from training.tests.sentencepiece_models import model_of
from training.text.caption_tokenizer import SPACE

PIECES = {SPACE: -1.0, "狮": -2.0, "子": -2.5, "秒": -3.0}


def _config(pieces: int) -> CogVideoConfig:
    """50 codes, then `pieces` rows, BOI and the nine behind it."""
    return stage_config(settings(1, vocab_size=50 + pieces + 10), 1)


def test_ids_follow_the_codes_and_added_pieces_the_text_model(tmp_path: Path) -> None:
    path = tmp_path / "ice_text.model"
    path.write_bytes(model_of(PIECES, ("<n>",)))
    config = _config(len(PIECES) + 2)
    part = text_part(path, config)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert part.facts == {"textModelSha256": digest, "unknown": 50, "lineBreak": 55}
    graph, _ = part.graphs["tokenizer"]
    code_points = np.array([ord(c) for c in "狮子<start_of_image>x"], np.int32)
    (ids,) = open_session(graph.SerializeToString()).run(None, {"code_points": code_points})
    assert ids.tolist() == [51, 52, 53, config.boi_id, 50]


def test_a_text_model_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ice_text.model"
    path.write_bytes(model_of(PIECES, ("<n>",)))
    with pytest.raises(ValueError, match=r"has 6 pieces, .* rows for 9: .* not belong together"):
        text_part(path, _config(9))


def test_a_text_model_without_a_line_break_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ice_text.model"
    path.write_bytes(model_of(PIECES))
    with pytest.raises(ValueError, match="no piece <n>"):
        text_part(path, _config(5))
