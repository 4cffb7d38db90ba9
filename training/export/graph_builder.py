"""Building an ONNX graph node by node, with readable names."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
IR_VERSION = 10
MICROSOFT = "com.microsoft"

_ELEMENT_TYPES = {
    "float32": TensorProto.FLOAT,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}
Shape = Sequence[int | str]


class GraphBuilder:
    """Collects nodes and constants; every method returns the name of what it adds.

    Constants of equal type, shape and content are stored once; with `keep_named`, each constant
    that is given a name is kept under it.
    """

    def __init__(self, name: str, keep_named: bool = False) -> None:
        self.name = name
        self._keep_named = keep_named
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._taken: set[str] = set()
        self._name_of_content: dict[tuple, str] = {}
        self._count = 0

    def input(self, name: str, element: str, shape: Shape) -> str:
        self.inputs.append(helper.make_tensor_value_info(name, _ELEMENT_TYPES[element], shape))
        return name

    def output(self, name: str, element: str, shape: Shape) -> None:
        """Declares the value `name`, made by a node, as an output."""
        self.outputs.append(helper.make_tensor_value_info(name, _ELEMENT_TYPES[element], shape))

    def constant(self, value: Any, element: str | None = None, name: str | None = None) -> str:
        """An initializer; `element` is a numpy type name, needed for Python numbers and lists."""
        array = np.array(value, dtype=element, order="C")
        content = (str(array.dtype), array.shape, hashlib.sha256(array.data).digest())
        if self._keep_named:
            content += (name,)
        if content not in self._name_of_content:
            count = len(self._initializers) + len(self._taken)
            name = name or f"{self.name}_constant_{count}"
            if name in self._initializers or name in self._taken:
                raise ValueError(f"the graph has two constants named {name}")
            self._initializers[name] = numpy_helper.from_array(array, name)
            self._name_of_content[content] = name
        return self._name_of_content[content]

    def tensor(self, tensor: onnx.TensorProto) -> str:
        """An initializer of a type that numpy lacks."""
        self._initializers[tensor.name] = tensor
        return tensor.name

    def take_initializers(
        self, wanted: Callable[[onnx.TensorProto], bool]
    ) -> list[onnx.TensorProto]:
        """Removes and returns initializers; the model that is built later lacks them."""
        taken = [tensor for tensor in self._initializers.values() if wanted(tensor)]
        for tensor in taken:
            del self._initializers[tensor.name]
            self._taken.add(tensor.name)
        return taken

    def node(
        self,
        operator: str,
        *inputs: str,
        name: str | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> str:
        return self.nodes(operator, inputs, [name or self._fresh(operator)], domain, **attributes)[
            0
        ]

    def nodes(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str = "",
        **attributes: Any,
    ) -> list[str]:
        """A node with several outputs, whose names are given; "" leaves one out."""
        self._nodes.append(
            helper.make_node(
                operator,
                inputs,
                outputs,
                name=f"{outputs[0]}/{operator}",
                domain=domain,
                **attributes,
            )
        )
        return list(outputs)

    def _fresh(self, operator: str) -> str:
        self._count += 1
        return f"{self.name}_{operator.lower()}_{self._count}"

    def ints(self, *values: int) -> str:
        """A constant int64 vector: axes, shapes, bounds."""
        return self.constant(list(values), "int64")

    def number(self, value: float, element: str = "float32") -> str:
        """A constant scalar."""
        return self.constant(value, element)

    def cast(self, value: str, element: str) -> str:
        return self.node("Cast", value, to=_ELEMENT_TYPES[element])

    def reshape(self, value: str, *shape: int) -> str:
        """0 keeps a dimension, -1 infers one."""
        return self.node("Reshape", value, self.ints(*shape))

    def slice(self, value: str, start: int, end: int, axis: int) -> str:
        return self.node("Slice", value, self.ints(start), self.ints(end), self.ints(axis))

    def take(self, value: str, index: int, axis: int) -> str:
        """One place of an axis, which goes. Unlike a slice of integers, onnxruntime takes it on
        WebGPU."""
        return self.node("Gather", value, self.number(index, "int64"), axis=axis)

    def graph(self) -> onnx.GraphProto:
        """The bare graph, for the body of Scan or Loop."""
        return helper.make_graph(
            self._nodes,
            self.name,
            self.inputs,
            self.outputs,
            initializer=list(self._initializers.values()),
        )

    def model(self) -> onnx.ModelProto:
        """The model, checked as far as its weights are still in it."""
        uses_microsoft = any(node.domain == MICROSOFT for node in self._nodes)
        opsets = [helper.make_opsetid("", OPSET)]
        if uses_microsoft:
            opsets.append(helper.make_opsetid(MICROSOFT, 1))
        model = helper.make_model(
            self.graph(), opset_imports=opsets, ir_version=IR_VERSION, producer_name="flipbook"
        )
        if not self._taken:
            onnx.checker.check_model(model, full_check=not uses_microsoft)
        return model
