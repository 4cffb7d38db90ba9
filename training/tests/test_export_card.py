"""The model card: built from facts, written into packages, readable as Markdown."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from training.export.add_card import add_card
from training.export.card import build_card, training_cost
from training.export.card_figures import figures_of
from training.export.card_markdown import card_markdown, format_figure
from training.export_onnx import DEFAULT_FOLDERS
from training.presets import CPU
from training.world.subsets import SUBSETS

TRAINING = {
    "command": "python -m training.export_onnx --preset cpu",
    "commit": "abc",
    "vqvaeSteps": 2673,
    "vqvaeMinutes": 38.3,
    "keyframesSteps": 1634,
    "keyframesMinutes": 46.4,
    "keyframesDataSha256": "03f7",
    "interpolationSteps": 533,
    "interpolationMinutes": 16.3,
}
FIGURES = [
    {
        "name": {"en": "subject", "zh": "主体"},
        "unit": "share",
        "value": 0.905,
        "low": 0.85,
        "high": 0.94,
        "ceiling": 1.0,
        "floor": 0.08,
        "clips": 200,
    }
]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the fixture's manifest, as an exporter without cards wrote it."""
    manifest = json.loads((DEFAULT_FOLDERS["micro"] / "manifest.json").read_text("utf-8"))
    manifest.pop("card", None)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return tmp_path


def test_cost_adds_up_what_the_facts_hold() -> None:
    cost = training_cost(TRAINING, "2 CPU cores")
    assert cost["minutes"] == 101.0
    assert [part["steps"] for part in cost["parts"]] == [2673, 1634, 533]
    assert [data["sha256"] for data in cost["data"]] == ["03f7"]
    assert (cost["command"], cost["commit"]) == (TRAINING["command"], "abc")
    went_on = training_cost(
        {
            **TRAINING,
            "vqvaeMinutesBefore": 38.3,
            "keyframesMinutesBefore": 0,
            "startedFromVersion": "0.1.0",
            "startedFromCommit": "abc",
        },
        "here",
    )
    assert went_on["minutes"] == 139.3
    assert [part.get("minutesBefore") for part in went_on["parts"]] == [38.3, None, None]
    assert went_on["startedFrom"] == "0.1.0, abc"
    untrained = training_cost({"command": "c", "commit": "d", "weights": "random"}, "here")
    assert (untrained["minutes"], untrained["parts"], untrained["data"]) == (0, [], [])


def test_each_subset_of_the_world_has_its_own_texts() -> None:
    cards = {name: build_card(replace(CPU, subset=name), TRAINING, "x") for name in SUBSETS}
    for card in cards.values():
        assert card["limits"] and card["knows"]["subjects"]
    makers = {name: {entry["by"] for entry in card["licences"]} for name, card in cards.items()}
    assert not any("Microsoft" in maker for maker in makers["cpu"])
    assert any("Microsoft" in maker for maker in makers.get("full", {"Microsoft"}))


def test_markdown_tells_everything_in_order() -> None:
    card = build_card(CPU, TRAINING, "2 CPU cores", FIGURES, {"en": "200 clips.", "zh": "200 条。"})
    text = card_markdown({"title": "Flipbook mini", "version": "0.2.0", "card": card})
    lines = [
        "# Flipbook mini, version 0.2.0",
        "lion (狮子)",
        "- One subject a clip, and no more than one.",
        "| subject | 90.5 % [85.0 %, 94.0 %] | 100.0 % | 8.0 % | 200 |",
        "200 clips.",
        "Quaternius <https://quaternius.com>",
        "101.0 minutes on 2 CPU cores.",
        "- commit: `abc`",
    ]
    places = [text.index(line) for line in lines]
    assert places == sorted(places)
    assert "Not measured yet." in card_markdown(
        {"title": "x", "version": "1", "card": build_card(CPU, TRAINING, "here")}
    )
    assert [format_figure(v, u) for v, u in ((0.5, "share"), (28.46, "dB"), (3.14159, "number"))] \
        == ["50.0 %", "28.5 dB", "3.14"]  # fmt: skip


def _report(manifest: dict) -> dict:
    """A report of training.evaluate, as far as a card reads it."""

    def share(value: float, n: int = 50) -> dict:
        return {"share": value, "n": n, "low": value - 0.1, "high": value + 0.1}

    nothing = {"share": None, "n": 0, "low": None, "high": None}
    groups = {
        "held-out": {"subject": share(0.8), "direction": nothing},
        "all": {"clips": 100, "identity": 0.9, "inceptionScore": None},
    }
    ceiling = {"held-out": {"subject": share(0.96)}, "all": {"clips": 50, "identity": 0.99}}
    graphs = {n: [f["sha256"] for f in g["files"]] for n, g in manifest["graphs"].items()}
    return {
        "package": {"graphs": graphs},
        "settings": {"guidance": 2.0, "temperature": 0.6, "top_k": 20},
        "run": {"clips": 100, "seed": 3, "commit": "0123456789abcdef"},
        "evaluator": {
            "accuracyOnRenders": {"held-out": {"subject": share(0.99), "action": share(0.95)}}
        },
        "sources": {
            "generated": groups,
            "reconstructed": ceiling,
            "shuffled": {"held-out": {"subject": share(0.1)}, "all": {}},
        },
        "rateObedience": {
            "generated": {"obeys": share(0.7, 32)},
            "reconstructed": {"obeys": share(0.9, 32)},
        },
        "chineseMinusEnglish": {
            "scenes": 50,
            "all": {"difference": -0.02, "low": -0.1, "high": 0.06, "n": 50},
        },
    }


def test_figures_of_an_evaluation_stand_beside_ceiling_and_floor(package: Path) -> None:
    manifest = json.loads((package / "manifest.json").read_text("utf-8"))
    report = _report(manifest)
    (package / "evaluation.json").write_text(json.dumps(report), "utf-8")
    card = add_card(package, package / "evaluation.json")["card"]
    subject, identity, rate, languages = card["figures"]
    assert subject["name"]["en"] == "Subject, held-out pairs"
    assert (subject["value"], subject["ceiling"], subject["floor"]) == (0.8, 0.96, 0.1)
    assert subject["clips"] == 50 and subject["low"] < subject["value"] < subject["high"]
    assert (identity["value"], identity["ceiling"]) == (0.9, 0.99) and "floor" not in identity
    assert (rate["value"], rate["ceiling"], rate["clips"]) == (0.7, 0.9, 32)
    assert (languages["unit"], languages["value"]) == ("points", -2.0)
    assert "99.0 % of the subjects" in card["method"]["en"] and "seed 3" in card["method"]["zh"]
    assert add_card(package)["card"]["figures"] == card["figures"]


def test_an_evaluation_of_another_package_is_refused(package: Path) -> None:
    manifest = json.loads((package / "manifest.json").read_text("utf-8"))
    report = _report(manifest)
    report["package"]["graphs"]["decoder"] = ["0" * 64]
    with pytest.raises(ValueError, match="another package: decoder"):
        figures_of(report, manifest)
    with pytest.raises(ValueError, match="no usable 'package'"):
        figures_of({}, manifest)
    broken = _report(manifest)
    del broken["run"]["seed"]
    with pytest.raises(ValueError, match="no usable 'seed'"):
        figures_of(broken, manifest)


def test_a_card_is_added_and_keeps_what_is_not_given_anew(package: Path) -> None:
    before = json.loads((package / "manifest.json").read_text("utf-8"))
    manifest = add_card(package, hardware="2 old cores")
    assert {name: manifest[name] for name in before} == before
    assert json.loads((package / "manifest.json").read_text("utf-8")) == manifest
    assert "2 old cores" in (package / "MODEL_CARD.md").read_text("utf-8")
    assert add_card(package)["card"]["cost"]["hardware"] == "2 old cores"
    assert sorted(path.name for path in package.iterdir()) == ["MODEL_CARD.md", "manifest.json"]


def test_what_is_no_package_is_named(package: Path) -> None:
    command = [sys.executable, "-m", "training.export.add_card", "--package"]
    result = subprocess.run([*command, str(package / "no")], capture_output=True, text=True)
    assert result.returncode == 1 and "There is no" in result.stderr
    (package / "manifest.json").write_text("<html>", "utf-8")
    with pytest.raises(ValueError, match="is no JSON"):
        add_card(package)
    (package / "manifest.json").write_text(json.dumps({"id": "other", "training": {}}), "utf-8")
    with pytest.raises(ValueError, match=r"--preset \(cpu"):
        add_card(package)
