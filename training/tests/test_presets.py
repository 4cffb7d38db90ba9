"""The presets agree with the other tables that are keyed by their names."""

import pytest

from training.export_onnx import DEFAULT_FOLDERS, ROOT
from training.presets import PRESETS, preset_named
from training.vqvae.config import VQVAE_PRESETS


@pytest.mark.parametrize("name", list(PRESETS))
def test_preset_and_picture_tokenizer_agree(name: str) -> None:
    preset, vqvae = PRESETS[name], VQVAE_PRESETS[name]
    assert preset.name == name
    assert (preset.pixels, preset.factor, preset.codes) == (
        vqvae.pixels,
        vqvae.factor,
        vqvae.codes,
    )


def test_the_cpu_preset_makes_the_package_that_the_app_opens() -> None:
    assert preset_named("cpu").package == "mini"
    assert DEFAULT_FOLDERS["cpu"] == ROOT / "public" / "models" / "mini"


def test_an_unknown_preset_names_the_choices() -> None:
    with pytest.raises(ValueError, match="micro, cpu"):
        preset_named("mini")
