/**
 * The part of the ONNX file format (onnx.proto, field numbers as there) that the benchmark writes and
 * reads. A file has one graph; what is appended to it adds to that graph, which protobufjs, unlike
 * onnxruntime, does not join by itself: so the graphs are read as a list.
 */
import protobuf from 'protobufjs';

const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE_INT = 2;

const { root } = protobuf.parse(
  `
  syntax = "proto2";
  message ModelProto {
    optional int64 ir_version = 1;
    repeated GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
  }
  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message AttributeProto {
    optional string name = 1;
    optional int64 i = 3;
    optional TensorProto t = 5;
    optional int32 type = 20;
  }
  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    repeated int64 int64_data = 7 [packed = true];
    optional string name = 8;
  }
  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
  message TypeProto { optional Tensor tensor_type = 1; }
  message Tensor { optional int32 elem_type = 1; optional Shape shape = 2; }
  message Shape { repeated Dimension dim = 1; }
  message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
`,
  { keepCase: true },
);
const ModelProto = root.lookupType('ModelProto');

/**
 * @typedef {{ input: string[], output: string[], op_type: string, name?: string,
 *   attribute?: object[] }} OnnxNode
 * @typedef {{ name: string, dims: number[], int64_data?: number[], data_type: number }} OnnxTensor
 * @typedef {{ tensor_type: { elem_type: number, shape: { dim: object[] } } }} OnnxType
 * @typedef {{ name: string, type?: OnnxType }} OnnxValue
 * @typedef {{ node: OnnxNode[], initializer: OnnxTensor[], input: OnnxValue[],
 *   output: OnnxValue[] }} OnnxGraph
 */

/**
 * The graph of a file with all that was appended; contents of weights are passed over.
 *
 * @param {Uint8Array} bytes
 * @returns {OnnxGraph}
 */
export function readOnnxGraph(bytes) {
  const model = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, arrays: true });
  const graphs = /** @type {{ graph: OnnxGraph[] }} */ (model).graph;
  return {
    node: graphs.flatMap(({ node }) => node),
    initializer: graphs.flatMap(({ initializer }) => initializer),
    input: graphs.flatMap(({ input }) => input),
    output: graphs.flatMap(({ output }) => output),
  };
}

/**
 * A whole file of one graph.
 *
 * @param {Partial<OnnxGraph>} graph
 */
export function onnxFile(graph) {
  const opset_import = [{ domain: '', version: 21 }];
  return encode({ ir_version: 10, opset_import, graph: [{ name: 'graph', ...graph }] });
}

/**
 * Bytes that add nodes and outputs to the graph of a file when they are appended to it: messages
 * written one after the other are read as one.
 *
 * @param {Partial<OnnxGraph>} graph
 */
export function onnxAddition(graph) {
  return encode({ graph: [graph] });
}

/** @param {object} model */
function encode(model) {
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}

/**
 * @param {string} name
 * @param {(number | string)[]} shape lengths, and names of lengths that a run decides
 * @returns {OnnxValue} a value of float32
 */
export function floats(name, shape) {
  const dim = shape.map((side) =>
    typeof side === 'number' ? { dim_value: side } : { dim_param: side },
  );
  return { name, type: { tensor_type: { elem_type: FLOAT, shape: { dim } } } };
}

/**
 * @param {string} name
 * @param {number[]} values
 * @returns {OnnxTensor}
 */
export function int64s(name, values) {
  return { name, dims: [values.length], data_type: INT64, int64_data: values };
}

/**
 * @param {string} op_type
 * @param {string[]} input
 * @param {string} output
 * @param {Record<string, number>} [attributes] whole numbers
 * @returns {OnnxNode}
 */
export function onnxNode(op_type, input, output, attributes = {}) {
  const attribute = Object.entries(attributes).map(([name, i]) => ({
    name,
    i,
    type: ATTRIBUTE_INT,
  }));
  return { op_type, input, output: [output], name: `${output}/${op_type}`, attribute };
}
