"""How large a preset's package will be, known before anything is trained.

python -m training.export.package_size
"""

from __future__ import annotations

from math import prod

from torch import nn

from training.export.package import DECODER_PRECISION, ENCODER_PRECISION, TRANSFORMER_PRECISION
from training.export.weight_storage import Precision, stored_bytes
from training.presets import PRESETS, Preset
from training.storyboard.axes import RATES, STEPS, path_shape
from training.storyboard.planner import Planner, PlannerConfig
from training.transformer.checkpoints import is_base_parameter
from training.transformer.config import STAGES
from training.transformer.model import Transformer
from training.vqvae.config import VQVAE_PRESETS
from training.vqvae.model import VQVAE
from training.world.subsets import subset_named

LARGEST_PACKAGE = 32_000_000
"""Bytes that a package may have, all graphs together."""
UPSCALER_BYTES = 800_000
"""Set aside for an upscaler graph; that of `mini` has 630 kB."""
_BYTES_PER_PIECE = 230  # tokenizer.onnx and tokenizer.json together
_GRAPHS_BYTES = 140_000  # nodes, names and manifest of a package


def transformer_bytes(preset: Preset) -> int:
    """Both stages' weights; the base once where it is shared."""
    total = 0
    for stage in STAGES:
        model = Transformer(preset.transformer(stage, preset.text_pieces, 0))
        for name, parameter in model.named_parameters():
            if stage == STAGES[0] or not (preset.shared_base and is_base_parameter(name)):
                total += stored_bytes(tuple(parameter.shape), TRANSFORMER_PRECISION)
    return total


def vqvae_bytes(preset: Preset) -> int:
    """Decoder, encoder and the codebook that each of them holds."""
    model = VQVAE(VQVAE_PRESETS[preset.name])
    book = stored_bytes(tuple(model.quantizer.codebook.shape), "fp16")
    return (
        _module_bytes(model.decoder, DECODER_PRECISION)
        + _module_bytes(model.encoder, ENCODER_PRECISION)
        + 2 * book
    )


def planner_bytes(preset: Preset) -> int:
    """The planner of storyboards and its table of ids; 0 where the models read none."""
    if not preset.storyboard:
        return 0
    subset = subset_named(preset.subset)
    actions, shape = len(subset.actions), path_shape(subset)
    paths = shape if preset.columns else ()
    config = PlannerConfig(preset.codes, preset.text_pieces, 0, actions, paths=paths)
    plans = (prod(shape[:-2]) + shape[-3]) if paths else actions + 1
    return _module_bytes(Planner(config), "fp32") + 4 * plans * len(RATES) * (STEPS + 1)


def _module_bytes(module: nn.Module, precision: Precision) -> int:
    return sum(stored_bytes(tuple(p.shape), precision) for p in module.parameters())


def package_bytes(preset: Preset) -> int:
    """Estimate within 3 %, without upscaler and ranker."""
    text = _BYTES_PER_PIECE * preset.text_pieces
    parts = transformer_bytes(preset) + vqvae_bytes(preset) + planner_bytes(preset)
    return parts + text + _GRAPHS_BYTES


def main() -> None:
    for preset in PRESETS.values():
        print(
            f"{preset.name}: transformer {transformer_bytes(preset) / 1e6:.2f} MB, picture "
            f"tokenizer {vqvae_bytes(preset) / 1e6:.2f} MB, package "
            f"{package_bytes(preset) / 1e6:.2f} MB"
        )


if __name__ == "__main__":
    main()
