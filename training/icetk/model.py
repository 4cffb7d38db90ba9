"""icetk's hierarchical VQVAE at one compress rate, with the checkpoint's tensor names.

Three compress rates share encoder and codebook; each has a decoder of its own (`decs.n`), of which
only the wanted one is built. CogView2 and CogVideo use rate 8: 160 pixels are 20 x 20 tokens,
480 pixels 60 x 60.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.icetk.config import IcetkConfig
from training.icetk.layers import (
    AttentionBlock,
    Downsample,
    LevelAdapter,
    Middle,
    Resolution,
    Upsample,
    group_norm,
    swish,
)


class Encoder(nn.Module):
    """Normalised images [N, 3, H, W] -> [N, latent, H/r, W/r], r the halvings of level 0."""

    def __init__(self, config: IcetkConfig) -> None:
        super().__init__()
        widths = [config.channels * m for m in config.encoder_multipliers]
        self.conv_in = nn.Conv2d(3, config.channels, 3, padding=1)
        self.down = nn.ModuleList(
            Resolution(config, inputs, outputs, config.encoder_blocks)
            for inputs, outputs in zip([config.channels, *widths], widths, strict=False)
        )
        for resolution, width in zip(self.down, widths[:-1], strict=False):
            resolution.downsample = Downsample(width)
        self.mid = Middle(config, widths[-1])
        self.norm_out = group_norm(config, widths[-1])
        self.conv_out = nn.Conv2d(widths[-1], config.latent, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for resolution in self.down:
            x = resolution(x)
        return self.conv_out(swish(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    """Codes [N, code_width, G, G] -> normalised images [N, 3, G * rate, G * rate]."""

    def __init__(self, config: IcetkConfig) -> None:
        super().__init__()
        widths = [config.channels * m for m in config.decoder_multipliers]
        self.conv_in = nn.Conv2d(config.code_width, widths[-1], 3, padding=1)
        self.mid = Middle(config, widths[-1])
        self.up = nn.ModuleList(
            Resolution(config, inputs, outputs, config.decoder_blocks)
            for inputs, outputs in zip([*widths[1:], widths[-1]], widths, strict=True)
        )
        for resolution, width in zip(self.up[1:], widths[1:], strict=True):
            resolution.upsample = Upsample(width)
        self.norm_out = group_norm(config, widths[0])
        self.conv_out = nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid(self.conv_in(x))
        for resolution in reversed(self.up):  # type: ignore[call-overload]
            x = resolution(x)
        return self.conv_out(swish(self.norm_out(x)))


class Quantizer(nn.Module):
    """Projection, then the nearest of the codes. The two buffers are the averages that trained
    the codebook; nothing here reads them."""

    def __init__(self, config: IcetkConfig) -> None:
        super().__init__()
        self.proj = nn.Conv2d(config.latent, config.code_width, 1)
        self.embed = nn.Embedding(config.codes, config.code_width)
        self.register_buffer("cluster_size", torch.zeros(config.codes))
        self.register_buffer("embed_avg", torch.zeros(config.codes, config.code_width))

    def forward(self, latents: Tensor) -> Tensor:
        """[N, latent, G, G] -> ids int64 [N, G, G], nearest in squared L2."""
        vectors = self.proj(latents).permute(0, 2, 3, 1)
        book = self.embed.weight
        # |z - e|^2 without |z|^2, which all codes share.
        return (book.square().sum(1) - 2 * vectors @ book.T).argmin(-1)


class IcetkVqvae(nn.Module):
    """Pictures of any size that the compress rate divides to ids and back."""

    def __init__(self, config: IcetkConfig) -> None:
        super().__init__()
        self.config = config
        self.enc = Encoder(config)
        self.down_samplers = nn.ModuleList(
            LevelAdapter(config.latent) for _ in range(config.levels - 1)
        )
        self.quantize = Quantizer(config)
        self.decs = nn.ModuleDict({str(config.decoder_index): Decoder(config)})
        self.register_buffer("mean", torch.tensor(config.mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(config.std).view(3, 1, 1), persistent=False)

    @property
    def decoder(self) -> Decoder:
        return self.decs[str(self.config.decoder_index)]  # type: ignore[return-value]

    def latents(self, images: Tensor) -> Tensor:
        """Images [N, 3, H, W] in 0..1 -> [N, latent, H/rate, W/rate], before the projection."""
        rate = self.config.compress_rate
        if images.shape[-2] % rate or images.shape[-1] % rate:
            size = " x ".join(map(str, images.shape[-2:]))
            raise ValueError(f"a picture of {size} pixels cannot be cut into tokens of {rate}")
        latents = self.enc((images - self.mean) / self.std)
        for adapter in self.down_samplers[: self.config.level]:
            latents = adapter(latents)
        return latents

    def encode(self, images: Tensor) -> Tensor:
        """Images [N, 3, H, W] in 0..1 -> ids int64 [N, H/rate, W/rate]."""
        return self.quantize(self.latents(images))

    def decode_unclamped(self, ids: Tensor) -> Tensor:
        """Ids [N, G, G] -> images [N, 3, G * rate, G * rate], about 0..1."""
        codes = self.quantize.embed(ids).permute(0, 3, 1, 2)
        return self.decoder(codes) * self.std + self.mean

    def decode(self, ids: Tensor) -> Tensor:
        """Ids [N, G, G] -> images in 0..1, clamped: stretching each image's contrast, as the
        release does when it saves, would make clips flicker."""
        return self.decode_unclamped(ids).clamp(0, 1)

    def attend_at_once(self, queries: int | None) -> None:
        """How many rows of attention scores are held at a time; None: all."""
        for module in self.modules():
            if isinstance(module, AttentionBlock):
                module.queries_at_once = queries
