"""The models that are compared: the same parameters, the same clips, the same training time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor, nn

from training.study.prepare import Material
from training.study.settings import Settings
from training.study.single_channel import SingleChannelTransformer
from training.study.subworld import CLIP_FRAMES
from training.study.video_generator import VideoGanConfig, VideoGenerator
from training.transformer.config import TransformerConfig, Window
from training.transformer.model import Transformer

Variant = Literal[
    "hierarchical", "hierarchical-scratch", "one-stage", "single-channel", "video-gan"
]
VARIANTS: tuple[Variant, ...] = (
    "hierarchical",
    "hierarchical-scratch",
    "one-stage",
    "single-channel",
    "video-gan",
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
        return count_parameters(self.keyframes)

    @property
    def trained(self) -> nn.Module:
        """The module with all parameters."""
        return self.keyframes

    def freeze(self) -> None:
        for model in (self.keyframes, self.interpolation):
            if model is not None:
                model.eval().requires_grad_(False)


@dataclass(frozen=True)
class VideoGan:
    """`generator` draws whole clips; its discriminators belong to its training."""

    generator: VideoGenerator

    @property
    def parameters(self) -> int:
        return count_parameters(self.generator)

    @property
    def trained(self) -> nn.Module:
        return self.generator

    def freeze(self) -> None:
        self.generator.eval().requires_grad_(False)


def is_hierarchical(variant: Variant) -> bool:
    return variant.startswith("hierarchical")


def make_model(variant: Variant, settings: Settings, material: Material) -> Networks | VideoGan:
    """A new model of any variant, drawn from torch's random source."""
    if variant == "video-gan":
        return make_video_gan(settings, material)
    return make_networks(variant, settings, material)


def make_video_gan(settings: Settings, material: Material) -> VideoGan:
    """A generator as large as the transformers; its opening layer takes what the rest leaves."""
    wanted = count_parameters(Transformer(dual_channel_config(settings, material)))
    config = VideoGanConfig(
        pixels=settings.pixels,
        frames=CLIP_FRAMES,
        vocabulary=material.tokenizer.vocabulary_size,
        pad_id=material.tokenizer.pad_id,
        text_slots=settings.text_slots,
        width=settings.hidden * 3 // 8,
        text=settings.hidden // 2,
        noise=settings.hidden // 4,
    )
    least, more = (
        count_parameters(VideoGenerator(replace(config, opening=units))) for units in (1, 2)
    )
    units = 1 + round((wanted - least) / (more - least))
    if units < 1:
        raise ValueError(f"a video GAN of width {config.width} has more than {wanted} parameters")
    return VideoGan(VideoGenerator(replace(config, opening=units)))


def make_networks(variant: Variant, settings: Settings, material: Material) -> Networks:
    """New transformers of a variant, drawn from torch's random source."""
    if variant == "video-gan":
        raise ValueError("the video GAN has no transformers: make_video_gan makes it")
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
