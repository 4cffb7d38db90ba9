"""The VideoGPT-style model: one attention channel over the text and everything drawn so far."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.transformer.attention import attend, from_regions, to_regions, with_text
from training.transformer.config import TransformerConfig
from training.transformer.model import Layer, LayerCache, Transformer, join_bias


class SingleChannelLayer(Layer):
    """`Layer` without the spatial channel; what is left sees whole frames, causally."""

    def __init__(self, config: TransformerConfig, index: int) -> None:
        super().__init__(config, index)
        del self.spatial, self.mix

    def forward(
        self,
        x: Tensor,
        text_bias: Tensor,
        spatial_bias: Tensor,
        temporal_bias: Tensor,
        base_only: bool,
    ) -> Tensor:
        """Shapes as in `Layer.forward`; `spatial_bias` is not used."""
        if base_only:
            raise ValueError("a single-channel model has no image model inside: base_only is off")
        length = text_bias.shape[-1]
        text, image = self._project(self.temporal, self.norm_attention(x), length)
        from_text = attend(text[0], text[1], text[2], text_bias)
        q, k, v = to_regions(image, self.config.grid, None).unbind(0)
        bias = join_bias(text_bias, temporal_bias[None, None])
        seen = attend(q, with_text(text[1], k), with_text(text[2], v), bias)
        from_image = from_regions(seen, self.config.grid, None)
        from_text = from_text.transpose(1, 2).reshape(x.shape[0], length, -1)
        mixed = self.temporal.dense(torch.cat([from_text, from_image], dim=1))
        return self.add_mlp(x + self.norm_attention_out(mixed))

    def step(
        self,
        x: Tensor,
        is_image: Tensor,
        spatial_bias: Tensor,
        temporal_bias: Tensor,
        cache: LayerCache,
    ) -> tuple[Tensor, LayerCache]:
        """As `Layer.step`; the spatial cache's new rows are empty."""
        mixed, k, v = self._cached(
            self.temporal, self.norm_attention(x), temporal_bias[self.pattern], cache[2], cache[3]
        )
        nothing = k[:, :, :0]
        return self.add_mlp(x + self.norm_attention_out(mixed)), (nothing, nothing, k, v)


class SingleChannelTransformer(Transformer):
    """`Transformer` of key-frame visibility with single-channel layers and no windows."""

    def __init__(self, config: TransformerConfig) -> None:
        if config.windows or config.stage != "keyframes":
            raise ValueError("a single-channel model is causal over whole frames: no windows")
        super().__init__(config)
        layers: list[nn.Module] = []
        for index, layer in enumerate(self.layers):
            single = SingleChannelLayer(config, index)
            wanted = single.state_dict()
            single.load_state_dict({n: w for n, w in layer.state_dict().items() if n in wanted})
            layers.append(single)
        self.layers = nn.ModuleList(layers)
