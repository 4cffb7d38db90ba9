"""The models that are compared: the same parameters, the same clips, the same training time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor, nn

from training.study.prepare import Material
from training.study.settings import Settings
from training.study.single_channel import SingleChannelTransformer
from training.transformer.config import TransformerConfig, Window
from training.transformer.model import Transformer

Variant = Literal["hierarchical", "hierarchical-scratch", "one-stage", "single-channel"]
VARIANTS: tuple[Variant, ...] = (
    "hierarchical",
    "hierarchical-scratch",
    "one-stage",
    "single-channel",
)
_WINDOWS = (Window(4, 4), Window(2, 8), Window(8, 2))  # of a frame of 8 x 8 tokens


@dataclass(frozen=True)
class Networks:
    """`keyframes` draws windows from their beginning; `interpolation` fills them in and shares
    every parameter with it (None: the model has one stage)."""

    keyframes: Transformer
    interpolation: Transformer | None = None

    @property
    def parameters(self) -> int:
        """Trained numbers, shared ones counted once."""
        return sum(p.numel() for p in self.keyframes.parameters())


def is_hierarchical(variant: Variant) -> bool:
    return variant.startswith("hierarchical")


def make_networks(variant: Variant, settings: Settings, material: Material) -> Networks:
    """New networks of a variant, drawn from torch's random source."""
    reference = dual_channel_config(settings, material)
    if is_hierarchical(variant):
        keyframes = Transformer(reference)
        between = Transformer(replace(reference, stage="interpolation"))
        share_parameters(keyframes, between)
        return Networks(keyframes, between)
    wanted = count_parameters(Transformer(reference))
    if variant == "one-stage":
        config = widened(replace(reference, hints=1), wanted, Transformer)
        return Networks(Transformer(config))
    # A layer without its second channel is a quarter smaller: one more of them, then wider MLPs.
    layers = reference.layers + max(1, reference.layers // 4)
    config = replace(reference, hints=1, windows=(), layers=layers)
    return Networks(SingleChannelTransformer(widened(config, wanted, SingleChannelTransformer)))


def dual_channel_config(settings: Settings, material: Material) -> TransformerConfig:
    """Key-frame visibility with both hint columns, as the hierarchical networks have it."""
    codes, pieces = settings.codes, material.tokenizer.vocabulary_size
    return TransformerConfig(
        stage="keyframes",
        grid=settings.grid,
        codes=codes,
        vocabulary=codes + pieces + 2,
        boi_id=codes + pieces,
        null_hint_id=codes + pieces + 1,
        pad_id=codes + material.tokenizer.pad_id,
        text_slots=settings.text_slots,
        layers=settings.layers,
        hidden=settings.hidden,
        heads=settings.heads,
        ffn=4 * settings.hidden,
        hints=2,
        copy_gate=True,
        windows=_WINDOWS if settings.grid == 8 else (Window(settings.grid // 2, settings.grid),),
    )


def count_parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def widened(
    config: TransformerConfig, parameters: int, make: type[Transformer]
) -> TransformerConfig:
    """The config with the MLP width at which the model has `parameters`, to within one unit."""
    per_unit = 2 * config.hidden * config.layers
    missing = parameters - count_parameters(make(config))
    return replace(config, ffn=config.ffn + round(missing / per_unit))


def share_parameters(source: nn.Module, target: nn.Module) -> None:
    """Makes `target` use the very parameters of `source`, which has the same structure."""
    parameters: dict[str, Tensor] = dict(source.named_parameters())
    for prefix, module in target.named_modules():
        for name in list(module._parameters):
            if module._parameters[name] is not None:
                module._parameters[name] = parameters[f"{prefix}.{name}" if prefix else name]
