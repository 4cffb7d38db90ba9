"""CogVideo's transformer written out in float64 numpy from its specification, for tests.

It shares no code with the models: dense masks over the whole sequence, every rule spelled out, the
original tensor names. Rows are text, then slots 0..4 in temporal order.
"""

from dataclasses import dataclass, field

import numpy as np

GIVEN = (0, 2, 4)


@dataclass(frozen=True)
class Reference:
    """`settings` as in config.json; `tensors` by original name."""

    settings: dict
    tensors: dict
    masks: dict = field(default_factory=dict)  # made once, by their rule's arguments

    def hidden(self, text, frames, boost=0.0, base_only=False, released=False, boost_given=False):
        """Final rows float64 [T + 5*C, width]. `boost` is added to the scores of text keys on image
        rows; in the temporal channel only on generated rows, unless `boost_given`."""
        s, w = self.settings, self.tensors
        length, cells = len(text), s["frame_resolution"] ** 2
        inputs = np.concatenate([np.full((5, 1), s["boi_id"]), frames[:, :-1]], axis=1)
        ids = np.concatenate([text, inputs.ravel()])
        table = np.concatenate(
            [
                w["transformer.position_embeddings.weight"][: s["image_position_offset"] + cells],
                w["mixins.extra_position_embedding.position_embeddings.weight"],
            ]
        )
        where = np.concatenate(
            [np.arange(length), s["image_position_offset"] + np.arange(5 * cells)]
        )
        x = w["transformer.word_embeddings.weight"][ids] + table[where]
        slots = np.repeat(np.arange(5), cells)
        given = np.isin(slots, GIVEN if s["cogvideo_stage"] == 2 else (0,))
        base_boost = np.concatenate([np.zeros(length), np.full(5 * cells, boost)])
        plus_boost = np.where(given & (not boost_given), 0.0, boost)
        for layer in range(s["num_layers"]):
            p = f"transformer.layers.{layer}"
            h = self._norm(x, f"{p}.input_layernorm")
            base = self._attend(
                h, f"{p}.attention.query_key_value", length, self.base_mask(), base_boost
            )
            mixed = self._linear(base, f"{p}.attention.dense")
            if not base_only:
                plus = self._attend(
                    h,
                    f"mixins.attention_plus.query_key_value.{layer}",
                    length,
                    self.plus_mask(layer, released),
                    np.concatenate([np.zeros(length), plus_boost]),
                )
                plus = self._linear(plus, f"mixins.attention_plus.dense.{layer}")
                alpha = 1 / (1 + np.exp(-w[f"mixins.attention_plus.attn_distribution.{layer}"]))
                mixed[length:] = alpha * mixed[length:] + (1 - alpha) * plus[length:]
            x = x + self._norm(mixed, f"{p}.third_layernorm")
            inner = self._linear(
                self._norm(x, f"{p}.post_attention_layernorm"), f"{p}.mlp.dense_h_to_4h"
            )
            inner = 0.5 * inner * (1 + np.tanh(0.7978845608 * (inner + 0.044715 * inner**3)))
            x = x + self._norm(
                self._linear(inner, f"{p}.mlp.dense_4h_to_h"), f"{p}.fourth_layernorm"
            )
        return self._norm(x, "transformer.final_layernorm")

    def logits(self, hidden):
        return hidden @ self.tensors["transformer.word_embeddings.weight"][: self.codes].T

    @property
    def codes(self):
        return self.settings["num_image_tokens"]

    def base_mask(self):
        return self._mask("base", self._base_sees)

    def plus_mask(self, layer, released=False):
        def sees(query, key):
            return self._plus_sees(layer, released, query, key)

        return self._mask(("plus", layer % 2, released), sees)

    def _mask(self, rule, sees):
        """bool [5*C, 5*C]; sees((slot, cell), (slot, cell)) says whether the first sees the
        second."""
        if rule not in self.masks:
            cells = self.settings["frame_resolution"] ** 2
            places = [divmod(index, cells) for index in range(5 * cells)]
            self.masks[rule] = np.array([[sees(q, k) for k in places] for q in places])
        return self.masks[rule]

    def _base_sees(self, query, key):
        """Own frame, causal unless the frame is given to stage 2."""
        whole = self.settings["cogvideo_stage"] == 2 and query[0] in GIVEN
        return query[0] == key[0] and (whole or key <= query)

    def _plus_sees(self, layer, released, query, key):
        """`released`: given frames see wrapped windows of the rolled image."""
        (slot, cell), (key_slot, key_cell) = query, key
        if self.settings["cogvideo_stage"] == 1:
            return key <= query
        wraps = released and slot in GIVEN
        if self._region(layer, cell, wraps) != self._region(layer, key_cell, wraps):
            return False
        if key_slot in GIVEN:
            return True
        return slot not in GIVEN and key <= query

    def _region(self, layer, cell, wraps):
        side, window = self.settings["frame_resolution"], self.settings["window_size"]
        shift = self.settings["shift_size"] if layer % 2 else 0
        found = []
        for place in divmod(cell, side):
            rolled = (place - shift) % side
            # The seam: cells that the roll brought to the other edge are a region of their own.
            found.append((rolled // window, place < shift and not wraps))
        return found

    def _attend(self, h, name, length, mask, boost):
        """Text rows see text; image rows see text and, by `mask`, image rows."""
        heads, rows = self.settings["num_attention_heads"], len(h)
        q, k, v = np.split(self._linear(h, name), 3, axis=-1)
        seen = np.zeros((rows, rows), bool)
        seen[:, :length] = True
        seen[length:, length:] = mask
        context = []
        for head in range(heads):
            part = slice(head * q.shape[1] // heads, (head + 1) * q.shape[1] // heads)
            scores = q[:, part] @ k[:, part].T / np.sqrt(part.stop - part.start)
            scores[:, :length] += boost[:, None]
            scores = np.where(seen, scores, -np.inf)
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            context.append(weights / weights.sum(-1, keepdims=True) @ v[:, part])
        return np.concatenate(context, axis=-1)

    def _linear(self, x, name):
        return x @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def _norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(
            np.square(centred).mean(-1, keepdims=True) + self.settings["layernorm_epsilon"]
        )
        return scaled * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]
