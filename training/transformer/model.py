"""The dual-channel transformer of CogVideo, parametric, with two paths that must agree:

`forward`  the training graph over whole clips (windows gathered into small groups);
`step`     the ONNX graph: some rows, biases and key/value caches in, logits of the last row out.

Shapes: B clips, L text length, C cells of a frame, S rows of a step, H heads, D head width.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from training.transformer.attention import attend, fits, from_regions, to_regions, with_text
from training.transformer.config import (
    FRAMES,
    NOT_DRAWN,
    WANTED_SLOTS,
    Stage,
    TransformerConfig,
)
from training.transformer.fused import ReluSquared, ScaledRms, by_hand
from training.transformer.spots import (
    height_row_table,
    height_rows_in,
    spot_row_table,
    spot_rows_in,
)
from training.transformer.visibility import (
    as_bias,
    hide_behind_lag,
    spatial_cells_visible,
    temporal_cells_visible,
    temporal_slots_visible,
)

LayerCache = tuple[Tensor, Tensor, Tensor, Tensor]
"""Spatial keys and values [B, H, Ns, D], temporal keys and values [B, H, Nt, D]."""


class RmsNorm(nn.Module):
    """x / rms(x) * weight over the last axis, in float32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled() and by_hand(x):
            return ScaledRms.apply(x.float(), self.weight, self.eps, compute_dtype(x))
        found = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight
        return found.to(compute_dtype(found)) if torch.is_grad_enabled() else found


def make_norm(config: TransformerConfig) -> nn.Module:
    if config.norm == "rms":
        return RmsNorm(config.hidden, config.norm_eps)
    return nn.LayerNorm(config.hidden, eps=config.norm_eps)


class Channel(nn.Module):
    """Projections of one attention channel; q, k, v are thirds of `qkv`, each head-major."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.qkv = nn.Linear(config.hidden, 3 * config.hidden, bias=config.biases)
        self.dense = nn.Linear(config.hidden, config.hidden, bias=config.biases)


class Layer(nn.Module):
    """One layer: two channels mixed per hidden unit, then the MLP; norms and MLP are shared."""

    def __init__(self, config: TransformerConfig, index: int) -> None:
        super().__init__()
        self.config = config
        self.window = config.window(index)
        self.pattern = index % config.patterns
        self.norm_attention = make_norm(config)
        self.norm_mlp = make_norm(config)
        sandwich = config.norm == "layer"
        self.norm_attention_out = make_norm(config) if sandwich else nn.Identity()
        self.norm_mlp_out = make_norm(config) if sandwich else nn.Identity()
        self.spatial = Channel(config)
        self.temporal = Channel(config)
        self.mix = nn.Parameter(torch.zeros(config.hidden))  # sigmoid(mix) weighs the base channel
        self.mlp_in = nn.Linear(config.hidden, config.ffn, bias=config.biases)
        self.mlp_out = nn.Linear(config.ffn, config.hidden, bias=config.biases)

    def add_mlp(self, x: Tensor) -> Tensor:
        inner = self.mlp_in(self.norm_mlp(x))
        if self.config.activation == "gelu":
            inner = F.gelu(inner, approximate="tanh")
        else:
            own = inner.requires_grad and by_hand(inner)
            inner = ReluSquared.apply(inner) if own else F.relu(inner).square()
        return x + self.norm_mlp_out(self.mlp_out(inner))

    def forward(
        self,
        x: Tensor,
        text_bias: Tensor,
        spatial_bias: Tensor,
        temporal_bias: Tensor,
        base_only: bool,
    ) -> Tensor:
        """x [B, L + F*C, hidden]; text_bias [B, 1, 1, L]; image biases [g, C, C], g = 1 or F, and
        [N, N], N all cells or those of a region."""
        length = text_bias.shape[-1]
        normed = self.norm_attention(x)
        text, image = self._spatial(normed, length, text_bias, spatial_bias)
        if base_only:
            mixed = self.spatial.dense(torch.cat([text, image], dim=1))
        else:
            other = self._temporal(normed, length, text_bias, temporal_bias)
            mixed = torch.cat([self.spatial.dense(text), self._mix(image, other)], dim=1)
        return self.add_mlp(x + self.norm_attention_out(mixed))

    def _mix(self, spatial: Tensor, temporal: Tensor) -> Tensor:
        """Both channels' output projections and their mixture as one product (P12: alpha weighs
        the base channel)."""
        alpha = torch.sigmoid(self.mix)
        base, plus = self.spatial.dense, self.temporal.dense
        weight = torch.cat(
            [alpha[:, None] * base.weight, (1 - alpha)[:, None] * plus.weight], dim=1
        )
        bias = alpha * base.bias + (1 - alpha) * plus.bias if self.config.biases else None
        return F.linear(torch.cat([spatial, temporal], dim=-1), weight, bias)

    def _project(self, channel: Channel, normed: Tensor, length: int) -> tuple[Tensor, Tensor]:
        """q, k, v of the text rows [3, B, H, L, D] and of the image rows [B, F*C, 3, H, D]."""
        config = self.config
        qkv = channel.qkv(normed)
        qkv = qkv.view(*normed.shape[:2], 3, config.heads, config.head_dim)
        text, image = qkv.split([length, normed.shape[1] - length], dim=1)
        return text.permute(2, 0, 3, 1, 4), image

    def _spatial(
        self, normed: Tensor, length: int, text_bias: Tensor, bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What the base channel's heads gather: text [B, L, hidden], image [B, F*C, hidden]."""
        config = self.config
        text, image = self._project(self.spatial, normed, length)
        batch = normed.shape[0]
        from_text = attend(text[0], text[1], text[2], text_bias)
        frames = image.reshape(batch, -1, config.cells, 3, config.heads, config.head_dim)
        q, k, v = frames.permute(3, 0, 1, 4, 2, 5).contiguous().unbind(0)
        joint = join_bias(text_bias, bias[:, None])
        from_image = attend(q, with_text(text[1], k), with_text(text[2], v), joint)
        return (
            from_text.transpose(1, 2).reshape(batch, length, config.hidden),
            from_image.transpose(2, 3).reshape(batch, -1, config.hidden),
        )

    def _temporal(self, normed: Tensor, length: int, text_bias: Tensor, bias: Tensor) -> Tensor:
        """What the temporal channel's heads gather for image rows: [B, F*C, hidden]."""
        config = self.config
        text, image = self._project(self.temporal, normed, length)
        window = self.window if fits(config.grid, self.window) else None
        q, k, v = to_regions(image, config.grid, window).unbind(0)
        joint = join_bias(text_bias, bias[None, None])
        context = attend(q, with_text(text[1], k), with_text(text[2], v), joint)
        return from_regions(context, config.grid, window)

    def step(
        self,
        x: Tensor,
        takes_both: Tensor,
        spatial_bias: Tensor,
        temporal_bias: Tensor,
        cache: LayerCache,
    ) -> tuple[Tensor, LayerCache]:
        """x [B, S, hidden]; takes_both [B, S, 1] 1, or 0 for rows of the base channel alone -> the
        same shape and the new rows' cache."""
        normed = self.norm_attention(x)
        base, spatial_k, spatial_v = self._cached(
            self.spatial, normed, spatial_bias, cache[0], cache[1]
        )
        plus, temporal_k, temporal_v = self._cached(
            self.temporal, normed, temporal_bias[self.pattern], cache[2], cache[3]
        )
        share = takes_both * (1 - torch.sigmoid(self.mix))
        mixed = base + share * (plus - base)
        x = self.add_mlp(x + self.norm_attention_out(mixed))
        return x, (spatial_k, spatial_v, temporal_k, temporal_v)

    def _cached(
        self, channel: Channel, normed: Tensor, bias: Tensor, past_k: Tensor, past_v: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One channel over the cache and the new rows: output, new keys, new values."""
        config = self.config
        parts = channel.qkv(normed).split(config.hidden, dim=-1)
        shape = (normed.shape[0], normed.shape[1], config.heads, config.head_dim)
        q, k, v = (part.reshape(shape).transpose(1, 2) for part in parts)
        scores = torch.cat(
            [torch.matmul(q, past_k.transpose(-1, -2)), torch.matmul(q, k.transpose(-1, -2))], -1
        )
        weights = torch.softmax(scores * config.head_dim**-0.5 + bias, dim=-1)
        past, new = weights.split([past_v.shape[-2], v.shape[-2]], dim=-1)
        # Two products: joining the values would copy the whole cache at every step.
        context = torch.matmul(past, past_v) + torch.matmul(new, v)
        context = context.transpose(1, 2).reshape(normed.shape)
        return channel.dense(context), k, v


class TextSummary(nn.Module):
    """What the text says as one vector: an MLP over the normalised sum of its pieces' embeddings.

    A text that only attention can reach is learnt late: class-conditional transformers gain most
    from conditions that enter every row directly (Peebles and Xie, arXiv 2212.09748, section 3.2).
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm = RmsNorm(config.hidden, config.norm_eps)
        self.inner = nn.Linear(config.hidden, config.text_summary, bias=False)
        self.outer = nn.Linear(config.text_summary, config.hidden, bias=False)

    def forward(self, words: Tensor, used: Tensor) -> Tensor:
        """words [B, L, hidden]; used [B, L], 0 for padding -> [B, 1, hidden]."""
        total = torch.matmul(used[:, None].to(words.dtype), words)
        return self.outer(F.relu(self.inner(self.norm(total))).square())


class Transformer(nn.Module):
    """One stage's model; see `TransformerConfig` for the variants."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden
        self.word = nn.Embedding(config.vocabulary, hidden)
        if config.positions == "absolute":
            self.position_base = nn.Embedding(config.text_slots + config.cells, hidden)
            self.position_extra = nn.Embedding((FRAMES - 1) * config.cells, hidden)
        else:
            self.position_text = nn.Embedding(config.text_slots, hidden)
            self.position_frame = nn.Embedding(FRAMES, hidden)
            self.position_row = nn.Embedding(config.grid, hidden)
            self.position_column = nn.Embedding(config.grid, hidden)
        # One table per hint, its last row the null hint; or a projection of the word embedding,
        # where the null hint has a row of its own.
        self.hints = nn.ModuleList(
            nn.Linear(hidden, hidden, bias=False)
            if config.tied_hints
            else nn.Embedding(config.codes + 1, hidden)
            for _ in range(config.hints)
        )
        self.layers = nn.ModuleList(Layer(config, index) for index in range(config.layers))
        self.norm = make_norm(config)
        self.head = None if config.tied_head else nn.Linear(hidden, config.codes, bias=False)
        self.gate = nn.Linear(hidden, config.hints) if config.copy_gate else None
        self.summary = TextSummary(config) if config.text_summary else None
        # Of every stage, and of frames that open with BOI.
        self.stage_rows = nn.Embedding(config.stages + 1, hidden) if config.stage_rows else None
        self.spot_rows = self.height_rows = None
        if config.stage_rows and config.columns:
            self.spot_rows = nn.Embedding(spot_rows_in(config.columns), hidden)
            table = torch.from_numpy(spot_row_table(config.columns, config.grid, config.rows))
            self.register_buffer("spot_table", table, persistent=False)
        if config.stage_rows and config.rows:
            self.height_rows = nn.Embedding(height_rows_in(config.rows), hidden)
            table = torch.from_numpy(height_row_table(config.columns, config.grid, config.rows))
            self.register_buffer("height_table", table, persistent=False)
        self._register_masks()
        self.apply(_initialise)
        if self.summary is not None:
            nn.init.zeros_(self.summary.outer.weight)
        for told in (self.stage_rows, self.spot_rows, self.height_rows):
            if told is not None:
                nn.init.zeros_(told.weight)
        for layer in self.layers:
            for linear in (layer.spatial.dense, layer.temporal.dense, layer.mlp_out):
                linear.weight.data.mul_(1 / math.sqrt(2 * config.layers))

    def _register_masks(self) -> None:
        """Biases between image cells, as buffers of the training graph (not saved)."""
        config = self.config
        for masked in (False, True) if config.masked else (False,):
            spatial = as_bias(spatial_cells_visible(config.stage, config.grid, masked))
            if config.stage == "keyframes" and not masked:
                spatial = spatial[:1]  # the same causal triangle for every frame
            name = _mask_name("spatial", masked)
            self.register_buffer(name, torch.from_numpy(spatial), persistent=False)
            for pattern in range(config.patterns):
                mask = temporal_mask(config, pattern, masked)
                name = _mask_name(f"temporal_{pattern}", masked)
                self.register_buffer(name, mask, persistent=False)

    def _temporal_masks(self, masked: bool, lag: int) -> list[Tensor]:
        """Of every window pattern; those of a lag are made when they are first asked for."""
        suffix = f"_lag_{lag}" if lag else ""
        found = []
        for pattern in range(self.config.patterns):
            name = _mask_name(f"temporal_{pattern}", masked) + suffix
            if not hasattr(self, name):
                mask = temporal_mask(self.config, pattern, masked, lag).to(self.norm.weight.device)
                self.register_buffer(name, mask, persistent=False)
            found.append(getattr(self, name))
        return found

    def head_weight(self) -> Tensor:
        """[K, hidden]"""
        return self.word.weight[: self.config.codes] if self.head is None else self.head.weight

    def image_positions(self) -> Tensor:
        """Embeddings of all image positions in order, [5*C, hidden]."""
        config = self.config
        if config.positions == "absolute":
            first = self.position_base.weight[config.text_slots :]
            return torch.cat([first, self.position_extra.weight])
        frame = self.position_frame.weight[:, None, None]
        row = self.position_row.weight[None, :, None]
        column = self.position_column.weight[None, None]
        return (frame + row + column).reshape(-1, config.hidden)

    def text_positions(self) -> Tensor:
        """[T, hidden]"""
        if self.config.positions == "absolute":
            return self.position_base.weight[: self.config.text_slots]
        return self.position_text.weight

    def forward(
        self,
        text: Tensor,
        tokens: Tensor,
        hints: Tensor | None,
        base_only: bool = False,
        opening: Tensor | None = None,
        masked: bool = False,
        copied: Tensor | None = None,
        lag: int = 0,
    ) -> Tensor:
        """Final hidden rows of the image cells.

        text: flat ids [B, L], L <= T, right-padded; tokens: codes [B, 5, C]; hints: codes or null
        [B, 5, C, >= config.hints] -> [B, 5, C, hidden], row (f, k) predicts token k of frame f.
        With `masked`, for models that can, tokens may be NOT_DRAWN: interpolation's in the wanted
        frames, key frames' in the frames behind the five, of which there may be any number then:
        copies of the frames `copied` [F - 5]. `base_only` leaves the temporal channel out
        (CogVideo draws its first frame so). opening: flat ids [B, F] that open the frames; None:
        BOI. With a `lag` frames see of one another what they do drawn in parallel
        (training.transformer.visibility).
        """
        rows = self.all_hidden(text, tokens, hints, base_only, opening, masked, copied, lag)
        return rows[:, text.shape[1] :].view(*tokens.shape, self.config.hidden)

    def all_hidden(
        self,
        text: Tensor,
        tokens: Tensor,
        hints: Tensor | None,
        base_only: bool = False,
        opening: Tensor | None = None,
        masked: bool = False,
        copied: Tensor | None = None,
        lag: int = 0,
    ) -> Tensor:
        """As `forward`, with the text rows first: [B, L + F*C, hidden]."""
        config = self.config
        batch, length = text.shape
        if opening is None:
            opening = torch.full_like(tokens[..., 0], config.boi_id)
        inputs = input_ids(config.stage, tokens, opening, masked).view(batch, -1)
        positions = self.image_positions()
        slots = torch.arange(FRAMES, device=tokens.device)
        if copied is not None:
            places = torch.cat([slots, copied])
            positions = positions.view(FRAMES, config.cells, -1)[places].flatten(0, 1)
            slots = torch.cat([slots, FRAMES + copied])
        image = self.words(inputs) + positions
        if config.hints:
            assert hints is not None, "this model reads hints"
            image = image + self._embed_hints(hints.view(batch, inputs.shape[1], -1))
        if self.stage_rows is not None:
            stage = self.stage_rows(self.stage_of(opening))
            image = image + stage.repeat_interleave(config.cells, dim=1)
        if self.spot_rows is not None:
            # A row of cells at a time: [B, F, 1, G] -> [B, F, G, G].
            spots = self.spot_rows(self.spot_table[self.spot_of(opening)])[:, :, None]
            spots = spots.expand(-1, -1, config.grid, -1, -1)
            image = image + spots.reshape(batch, -1, config.hidden)
        if self.height_rows is not None:
            # A column of cells at a time.
            heights = self.height_rows(self.height_table[self.spot_of(opening)])[:, :, :, None]
            heights = heights.expand(-1, -1, -1, config.grid, -1)
            image = image + heights.reshape(batch, -1, config.hidden)
        words = self.word(text)
        if self.summary is not None:
            image = image + self.summary(words, text != config.pad_id)
        x = torch.cat([words + self.text_positions()[:length], image], dim=1)
        dtype = compute_dtype(x)
        text_bias = as_text_bias(text != config.pad_id, dtype)
        spatial = getattr(self, _mask_name("spatial", masked))
        temporal = self._temporal_masks(masked, lag)
        if copied is not None:
            spatial = spatial[slots]
            temporal = [_of_slots(bias, slots) for bias in temporal]
        spatial, temporal = spatial.to(dtype), [bias.to(dtype) for bias in temporal]
        for layer in self.layers:
            x = layer(x, text_bias, spatial, temporal[layer.pattern], base_only)
        return self.norm(x)

    def _embed_hints(self, hints: Tensor) -> Tensor:
        """hints [B, S, >= h] flat ids -> [B, S, hidden]; any id past the codes is the null row."""
        config = self.config
        total = None
        for column, table in enumerate(self.hints):
            ids = hints[..., column]
            if config.tied_hints:
                row = table(self.word(torch.where(ids < config.codes, ids, config.null_hint_id)))
            else:
                row = table(ids.clamp(max=config.codes))
            total = row if total is None else total + row
        assert total is not None
        return total

    def words(self, ids: Tensor) -> Tensor:
        """The word embedding of flat ids [...]: [..., hidden]."""
        return self.word(ids if self.config.spots == 1 else self.word_rows(ids))

    def word_rows(self, ids: Tensor) -> Tensor:
        """Rows of the word embedding that belong to flat ids, of any shape."""
        first = self.config.first_stage_id
        stages = first + (ids - first) // self.config.spots
        return torch.where(ids < first, ids, stages)

    def stage_of(self, opening: Tensor) -> Tensor:
        """Rows of `stage_rows` that belong to ids that open frames, of any shape."""
        behind = opening - self.config.first_stage_id
        return torch.where(behind < 0, self.config.stages, behind // self.config.spots)

    def spot_of(self, opening: Tensor) -> Tensor:
        """Spots that ids tell which open frames, of any shape."""
        behind, spots = opening - self.config.first_stage_id, self.config.spots
        return torch.where(behind < 0, spots - 1, behind % spots)

    def columns_at(self, positions: Tensor) -> Tensor:
        """Columns of the cells at positions, of any shape; 0 for text."""
        return (positions - self.config.text_slots).clamp(min=0) % self.config.grid

    def lines_at(self, positions: Tensor) -> Tensor:
        """Rows of the frame that the cells at positions are in, of any shape; 0 for text."""
        grid = self.config.grid
        return (positions - self.config.text_slots).clamp(min=0) // grid % grid

    def logits(self, hidden: Tensor, hints: Tensor | None) -> Tensor:
        """hidden [..., hidden], hints [..., >= h] -> [..., K] with the copy gate added."""
        logits = F.linear(hidden, self.head_weight())
        if self.gate is not None:
            assert hints is not None
            hints = hints[..., : self.config.hints].long()
            given = hints < self.config.codes
            raise_by = self.gate(hidden).to(logits.dtype) * given
            logits = logits.scatter_add(-1, hints.clamp(max=self.config.codes - 1), raise_by)
        return logits

    def step(
        self,
        ids: Tensor,
        hints: Tensor | None,
        positions: Tensor,
        spatial_bias: Tensor,
        temporal_bias: Tensor,
        caches: list[LayerCache],
        text: Tensor | None = None,
        temporal_share: Tensor | None = None,
        rows: Tensor | None = None,
        opening: Tensor | None = None,
    ) -> tuple[Tensor, list[LayerCache]]:
        """The ONNX graph. ids [B, S], hints [B, S, 2] flat ids (of key frames with `stage_rows` the
        second one is the id that opens the frame; interpolation has those as `opening` [B, S]),
        positions [B, S] (text t is t, cell k of slot f is T + f*C + k), spatial_bias
        [B, 1, S, Ns+S], temporal_bias [W, B, 1, S, Nt+S], one cache per layer, with a text summary
        also the whole text's flat ids [B, T], with `base_first_frame` also temporal_share
        [B, 1, 1], 0 where the base channel draws alone and else 1 -> logits [B, K] of the last row,
        new rows' keys and values [B, H, S, D] per layer.
        Where cells may be masked the logits are those of the rows `rows` [R]: [B, R, K].
        """
        config = self.config
        is_image = (positions >= config.text_slots).unsqueeze(-1).to(torch.float32)
        x = self.words(ids) + self._embed_positions(positions, is_image)
        if config.hints:
            assert hints is not None
            x = x + is_image * self._embed_hints(hints)
        if self.stage_rows is not None:
            told = opening
            if config.stage == "keyframes":
                assert hints is not None
                told = hints[..., 1]
            assert told is not None, "this model reads at every step what opens the frame"
            x = x + is_image * self._embed_opening(self.stage_rows, told, positions)
        if self.summary is not None:
            assert text is not None, "this model reads the text at every step"
            x = x + is_image * self.summary(self.word(text), text != config.pad_id)
        takes_both = is_image
        if config.base_first_frame:
            assert temporal_share is not None, "this model asks which channels draw"
            takes_both = is_image * temporal_share
        new: list[LayerCache] = []
        for layer, cache in zip(self.layers, caches, strict=True):
            x, kept = layer.step(x, takes_both, spatial_bias, temporal_bias, cache)
            new.append(kept)
        assert (rows is not None) == config.masked, "say whose logits are wanted, if it is asked"
        wanted = -1 if rows is None else rows
        asked = self.norm(x[:, wanted])
        logits = torch.matmul(asked, self.head_weight().transpose(0, 1))
        if self.gate is not None:
            assert hints is not None
            gates, own = self.gate(asked), hints[:, wanted]
            codes = torch.arange(config.codes, dtype=hints.dtype, device=hints.device)
            for column in range(config.hints):
                same = (own[..., column : column + 1] == codes).to(logits.dtype)
                logits = logits + gates[..., column : column + 1] * same
        return logits, new

    def _embed_positions(self, positions: Tensor, is_image: Tensor) -> Tensor:
        """[B, S] -> [B, S, hidden], by table look-up only."""
        config = self.config
        if config.positions == "absolute":
            table = torch.cat([self.position_base.weight, self.position_extra.weight])
            return F.embedding(positions, table)
        text = self.position_text(positions.clamp(max=config.text_slots - 1))
        cell = (positions - config.text_slots).clamp(min=0)
        within = cell % config.cells
        image = self.position_frame(cell // config.cells)
        image = image + self.position_row(within // config.grid)
        image = image + self.position_column(within % config.grid)
        return text + is_image * (image - text)

    def _embed_opening(
        self, stage_rows: nn.Embedding, opening: Tensor, positions: Tensor
    ) -> Tensor:
        """What the ids that open the rows' frames add to them, both [B, S]: [B, S, hidden]."""
        total = stage_rows(self.stage_of(opening))
        spot = self.spot_of(opening)
        if self.spot_rows is not None:
            total = total + self.spot_rows(self.spot_table[spot, self.columns_at(positions)])
        if self.height_rows is not None:
            total = total + self.height_rows(self.height_table[spot, self.lines_at(positions)])
        return total

    def empty_caches(self, batch: int, spatial: int, temporal: int) -> list[LayerCache]:
        """Zeroed caches with `spatial` and `temporal` slots for every layer."""
        config = self.config
        device = self.norm.weight.device

        def zeros(slots: int) -> Tensor:
            return torch.zeros(batch, config.heads, slots, config.head_dim, device=device)

        return [
            (zeros(spatial), zeros(spatial), zeros(temporal), zeros(temporal))
            for _ in range(config.layers)
        ]


def _mask_name(what: str, masked: bool) -> str:
    """Of a buffer with biases between image cells, when cells are masked or not."""
    return f"mask_{what}_masked" if masked else f"mask_{what}"


def input_ids(stage: Stage, tokens: Tensor, opening: Tensor, masked: bool) -> Tensor:
    """Flat ids [B, F, C] that image rows read: the cell before; where cells are masked those of the
    wanted frames, or of copies of key frames, their own, and NOT_DRAWN ones the id that opens the
    frame. tokens [B, F, C]; opening [B, F]."""
    ids = torch.cat([opening[..., None], tokens[..., :-1]], dim=-1)
    if masked:
        own = torch.where(tokens == NOT_DRAWN, opening[..., None], tokens)
        slots = WANTED_SLOTS if stage == "interpolation" else range(FRAMES, tokens.shape[1])
        for slot in slots:
            ids[:, slot] = own[:, slot]
    return ids


def _of_slots(bias: Tensor, slots: Tensor) -> Tensor:
    """Bias [F*n, F*n] between the cells of all slots -> that between `slots` [S]: [S*n, S*n]."""
    frames = 2 * FRAMES
    cells = bias.shape[0] // frames
    parts = bias.view(frames, cells, frames, cells)
    size = len(slots) * cells
    return parts[slots][:, :, slots].reshape(size, size)


def temporal_mask(
    config: TransformerConfig, pattern: int, masked: bool = False, lag: int = 0
) -> Tensor:
    """Bias between image cells in the temporal channel of one window pattern.

    Regions that can be gathered share one mask [F*n, F*n]; otherwise the whole [F*C, F*C]."""
    slots = temporal_slots_visible(config.stage, masked)
    frames = len(slots)
    window = config.windows[pattern] if config.windows else None
    if window is not None and fits(config.grid, window):
        # Inside a region everything is one window of height x width cells.
        rule = torch.from_numpy(slots).long()
        cells = window.height * window.width
        lower = torch.ones(cells, cells).tril().bool()
        blocks = torch.stack([torch.zeros_like(lower), torch.ones_like(lower), lower])
        visible = blocks[rule].permute(0, 2, 1, 3).numpy()
        if lag:
            hide_behind_lag(visible, config.stage, config.grid, window, lag)
        return torch.from_numpy(as_bias(visible.reshape(frames * cells, frames * cells)))
    rows = [
        torch.from_numpy(
            temporal_cells_visible(config.stage, config.grid, window, slot, cell, masked, lag)
        )
        for slot in range(frames)
        for cell in range(config.cells)
    ]
    return torch.from_numpy(as_bias(torch.stack(rows).numpy()))


def as_text_bias(visible: Tensor, dtype: torch.dtype) -> Tensor:
    """bool [B, L] -> [B, 1, 1, L], 0 where visible."""
    return ((~visible).to(dtype) * -10000.0)[:, None, None, :]


def join_bias(text_bias: Tensor, bias: Tensor) -> Tensor:
    """text [B, 1, 1, L] and image [g, 1, S, N] (g = 1 or groups) -> [B, g, 1, S, L+N]."""
    batch, length = text_bias.shape[0], text_bias.shape[-1]
    groups, _, rows, columns = bias.shape
    left = text_bias[:, None].expand(batch, groups, 1, rows, length)
    return torch.cat([left, bias[None].expand(batch, groups, 1, rows, columns)], dim=-1)


def compute_dtype(x: Tensor) -> torch.dtype:
    """The dtype of attention scores: autocast's where it is on."""
    kind = x.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.5 * module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.05)
