"""The golden comparison itself: it passes on right numbers of any size and fails on wrong ones."""

import json
import shutil

import numpy as np
import pytest

from training.cogvideo.export_golden import export_golden
from training.cogvideo.golden_files import read_golden
from training.tests.cogvideo_small_set import FIXTURE, SETTINGS, write_small_set, write_weights
from training.verify_golden import main


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    write_small_set(folder)
    return folder


@pytest.fixture
def small_set(untouched, tmp_path):
    shutil.copytree(untouched, tmp_path, dirs_exist_ok=True)
    return tmp_path


def change_weights(folder, stage, change, settings=None):
    """Rewrites a stage's weights; `change` edits the dictionary in place."""
    file = read_golden(folder / f"{stage}.npz")
    change(file.arrays)
    write_weights(file.path, settings or file.config, file.arrays)


def test_other_sizes_pass_and_every_side_is_compared(small_set, capsys):
    main([str(small_set), "--json", str(small_set / "figures.json")])
    figures = json.loads((small_set / "figures.json").read_text())
    assert figures["passes"] is True
    assert figures["errors"] == {}
    for part in ("stage1", "stage2"):
        cases = figures["parts"][part]
        assert {case["side"] for case in cases} == {"torch", "onnx", "numpy"}
        assert all(case["passes"] for case in cases)
    names = " ".join(c["name"] for cases in figures["parts"].values() for c in cases)
    for kind in ("training graph", "first frame, boost 1.4", "sampler, boost 1.4", "guidance",
                 "guider's branch", "sampler as released, boost 0"):  # fmt: skip
        assert kind in names
    assert "stage2, onnx" in capsys.readouterr().out


def test_runs_of_many_rows_give_the_same(small_set):
    main([str(small_set), "--rows", "7", "--part", "stage2"])


def test_one_damaged_weight_fails(small_set, capsys):
    def damage(arrays):
        arrays["mixins.attention_plus.dense.2.bias"][5] += 1e-2

    change_weights(small_set, "stage2", damage)
    with pytest.raises(SystemExit, match="not CogVideo's numbers"):
        main([str(small_set), "--rows", "16", "--part", "stage2"])
    assert "TOO LARGE" in capsys.readouterr().out


def test_another_layer_norm_epsilon_fails(small_set):
    settings = {k: {**v, "layernorm_epsilon": 5e-4} for k, v in SETTINGS.items()}
    (small_set / "config.json").write_text(json.dumps(settings))
    change_weights(small_set, "stage1", lambda arrays: None, settings["stage1"])
    with pytest.raises(SystemExit, match="not CogVideo's numbers"):
        main([str(small_set), "--rows", "16", "--part", "stage1"])


def test_settings_that_contradict_each_other_are_an_error(small_set, capsys):
    settings = {**SETTINGS, "stage1": {**SETTINGS["stage1"], "num_layers": 3}}
    (small_set / "config.json").write_text(json.dumps(settings))
    with pytest.raises(SystemExit):
        main([str(small_set), "--part", "stage1"])
    assert "different settings of stage1" in capsys.readouterr().out


def test_missing_and_misshaped_tensors_are_listed(small_set, capsys):
    def damage(arrays):
        del arrays["transformer.layers.1.attention.dense.bias"]
        arrays["transformer.final_layernorm.weight"] = np.ones(13)

    change_weights(small_set, "stage2", damage)
    with pytest.raises(SystemExit):
        main([str(small_set), "--part", "stage2"])
    printed = capsys.readouterr().out
    assert "missing: transformer.layers.1.attention.dense.bias" in printed
    assert "mis-shaped: transformer.final_layernorm.weight is (13,), not (12,)" in printed


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("case1.text", np.full(7, 25), "not 1..6 ids"),
        ("case0.text", np.array([25, 40]), "outside of the vocabulary of 40"),
        ("case0.frames", np.full((5, 16), 24), "not image codes"),
        ("case0.frames", np.zeros((4, 16), int), "shape (4, 16), not (5, 16)"),
    ],
)
def test_cases_that_do_not_fit_the_model_are_errors(small_set, capsys, name, array, message):
    path = small_set / "stage1_io.npz"
    arrays = read_golden(path).arrays
    arrays[name] = array
    np.savez(path, **arrays)
    with pytest.raises(SystemExit):
        main([str(small_set), "--part", "stage1"])
    assert message in capsys.readouterr().out


def test_a_missing_file_of_a_named_part_is_an_error(small_set, capsys):
    (small_set / "stage2_io.npz").unlink()
    with pytest.raises(SystemExit):
        main([str(small_set), "--part", "stage2"])
    assert "stage2_io.npz" in capsys.readouterr().out


def test_a_folder_without_vectors_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"config\.json"):
        main([str(tmp_path)])
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(SystemExit, match="no part"):
        main([str(tmp_path)])
    (tmp_path / "config.json").write_text('{"stage3": {}}')
    with pytest.raises(SystemExit, match="unknown parts: stage3"):
        main([str(tmp_path)])


def test_the_fixture_of_the_worker_is_up_to_date(untouched, tmp_path):
    made = json.loads(export_golden(untouched, tmp_path).read_text())
    kept = json.loads((FIXTURE / "golden.json").read_text())
    assert made.keys() == kept.keys()
    for name, stage in made.items():
        assert (tmp_path / stage["path"]).stat().st_size > 0
        other = kept[name]
        assert {**stage, "blocks": 0} == {**other, "blocks": 0}
        for block, expected in zip(stage["blocks"], other["blocks"], strict=True):
            assert {**block, "logits": 0, "margin": 0} == {**expected, "logits": 0, "margin": 0}
            # Sums of float64 may differ in their last digit between machines.
            assert np.allclose(block["logits"], expected["logits"], atol=1e-9)
