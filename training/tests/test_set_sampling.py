"""How a package asks to be drawn can be changed without its graphs."""

import json
import shutil
from pathlib import Path

import pytest

from training.export.set_sampling import set_sampling
from training.export.text_summary_fixture import MICRO_PACKAGE


@pytest.fixture
def package(tmp_path: Path) -> Path:
    shutil.copytree(MICRO_PACKAGE, tmp_path / "micro")
    return tmp_path / "micro"


def _manifest(package: Path) -> dict:
    return json.loads((package / "manifest.json").read_text(encoding="utf-8"))


def test_fields_are_set_and_taken_out_and_the_rest_stays(package: Path) -> None:
    before = _manifest(package)
    changes = ["keyFrameLag=5", "temperature=0.5", "candidateChoice=frame", "guidanceFloor="]
    sampling = set_sampling(package, changes, "99.0.0")
    after = _manifest(package)
    assert after["version"] == "99.0.0"
    assert (
        (package / "MODEL_CARD.md").read_text(encoding="utf-8").splitlines()[0].endswith("99.0.0")
    )
    told = {"keyFrameLag": 5, "temperature": 0.5, "candidateChoice": "frame"}
    assert after["sampling"] == sampling == {
        **{name: v for name, v in before["sampling"].items() if name != "guidanceFloor"}, **told
    }  # fmt: skip
    own = ("version", "sampling")
    assert {k: v for k, v in after.items() if k not in own} == {
        k: v for k, v in before.items() if k not in own
    }


@pytest.mark.parametrize("change", ["keyFrameLag", "clusters=3", "=4", "a b=1"])
def test_what_is_no_change_is_refused_and_nothing_written(package: Path, change: str) -> None:
    before = (package / "manifest.json").read_bytes()
    with pytest.raises(ValueError, match="no change of a field"):
        set_sampling(package, ["topK=3", change], "99.0.0")
    assert (package / "manifest.json").read_bytes() == before


def test_the_same_version_and_other_folders_are_refused(package: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="name the next one"):
        set_sampling(package, ["topK=3"], _manifest(package)["version"])
    with pytest.raises(FileNotFoundError, match="no model package"):
        set_sampling(tmp_path, ["topK=3"], "99.0.0")
