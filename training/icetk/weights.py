"""Original tensors of icetk's VQVAE -> the model, checked by name and shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from training.common.named_arrays import check_names_and_shapes, checked_arrays
from training.icetk.config import IcetkConfig
from training.icetk.model import IcetkVqvae

_LANDMARK = "quantize.embed.weight"
_WHAT = "icetk's VQVAE"


def icetk_from_arrays(arrays: Mapping[str, np.ndarray], config: IcetkConfig) -> IcetkVqvae:
    """The model in float32, ready for inference.

    The names may share a prefix, as in `module.enc.conv_in.weight`. The decoders of the other
    compress rates may be absent and are not read. Raises ValueError that lists missing, extra and
    mis-shaped tensors, or names one that holds NaN.
    """
    named = without_prefix(arrays)
    with torch.device("meta"):
        shapes = {name: tuple(t.shape) for name, t in IcetkVqvae(config).state_dict().items()}
    others = tuple(f"decs.{n}." for n in range(config.levels) if n != config.decoder_index)
    wanted = {name: array for name, array in named.items() if not name.startswith(others)}
    check_names_and_shapes({n: array.shape for n, array in wanted.items()}, shapes, _WHAT)
    model = IcetkVqvae(config)
    state = {n: torch.from_numpy(array) for n, array in checked_arrays(wanted, shapes, _WHAT)}
    model.load_state_dict(state)
    return model.eval().requires_grad_(False)


def without_prefix(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays by the names of the specification; a prefix is recognised by the codebook's.

    Raises ValueError when no array or several could be the codebook.
    """
    books = [name for name in arrays if name.endswith(_LANDMARK)]
    if len(books) != 1:
        raise ValueError(
            f"{len(books)} tensors are named {_LANDMARK}, expected one: is this icetk's ice_image?"
        )
    prefix = books[0].removesuffix(_LANDMARK)
    return {name.removeprefix(prefix): array for name, array in arrays.items()}
