"""Sizes and constants of icetk's hierarchical VQVAE at one compress rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.common.stated_settings import check_restated, read_settings


@dataclass(frozen=True)
class IcetkConfig:
    """The defaults are those of the released `ice_image.pt`."""

    channels: int = 128  # channels at full resolution; the multipliers count in them
    encoder_multipliers: tuple[int, ...] = (1, 2, 4)  # finest first; each but the last halves
    encoder_blocks: int = 2  # residual blocks of a resolution
    decoder_multipliers: tuple[int, ...] = (1, 1, 2, 4)  # finest first; each but the first doubles
    decoder_blocks: int = 1
    latent: int = 256  # channels between encoder and quantiser
    code_width: int = 256  # channels of a code
    codes: int = 20_000
    levels: int = 3  # compress rates that share encoder and codebook
    level: int = 1  # which of them this is: halvings between encoder and quantiser
    groups: int = 32  # of GroupNorm
    epsilon: float = 1e-6  # of GroupNorm
    mean: tuple[float, ...] = (0.79093, 0.76271, 0.7534)  # of R, G, B in 0..1 (not ImageNet's)
    std: tuple[float, ...] = (0.30379, 0.32279, 0.328)

    def __post_init__(self) -> None:
        if not 0 <= self.level < self.levels:
            raise ValueError(f"level {self.level} is not one of 0..{self.levels - 1}")
        doublings = len(self.decoder_multipliers) - 1
        if 2**doublings != self.compress_rate:
            raise ValueError(
                f"decoder_multipliers {list(self.decoder_multipliers)} enlarge by {2**doublings}, "
                f"but level {self.level} of the encoder compresses by {self.compress_rate}"
            )
        for count in self.normalised_channels:
            if count % self.groups:
                raise ValueError(f"{count} channels cannot be cut into {self.groups} groups")

    @property
    def compress_rate(self) -> int:
        """Pixels per side of a token."""
        return 2 ** (len(self.encoder_multipliers) - 1 + self.level)

    @property
    def normalised_channels(self) -> list[int]:
        """Channel counts that GroupNorm meets."""
        return [self.channels * m for m in {*self.encoder_multipliers, *self.decoder_multipliers}]

    @property
    def decoder_index(self) -> int:
        """n of the checkpoint's `decs.n`: the decoders stand there coarsest first."""
        return self.levels - 1 - self.level

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> IcetkConfig:
        """From the keys of a golden set's config.json (section `vqvae`).

        Raises ValueError when a key is missing or when the numbers contradict each other.
        """
        config = IcetkConfig(**read_settings(values, _KEYS, _WHOSE))
        config._check_redundant(values)
        return config

    def _check_redundant(self, values: Mapping[str, Any]) -> None:
        """Numbers that the configuration states twice."""
        expected = {
            "compress_rate": self.compress_rate,
            "hidden_dim": self.latent,
            f"decoder_for_rate{self.compress_rate}": f"decs.{self.decoder_index}",
        }
        check_restated(values, expected, _WHOSE)


_WHOSE = "the VQVAE's settings"
_KEYS = {
    "channels": "channels",
    "encoder_multipliers": "enc_channels_mult",
    "encoder_blocks": "enc_num_res_blocks",
    "decoder_multipliers": "dec_channels_mult",
    "decoder_blocks": "dec_num_res_blocks_per_level",
    "latent": "z_channels",
    "code_width": "embedding_dim",
    "codes": "n_embed",
    "levels": "levels",
    "level": "level",
    "groups": "group_norm_groups",
    "epsilon": "group_norm_eps",
    "mean": "mean",
    "std": "std",
}
