/** A graph in two files: the second gets what the first made, and only named outputs come back. */
import * as ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { OnnxGraph } from '../../workers/runtime/onnxGraph';
import { OrtRuntime } from '../../workers/runtime/ortRuntime';

type Field = [number, string | number | Uint8Array];

/** Protocol buffers: just enough to write a model of one node. */
function message(...fields: Field[]): Uint8Array {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.from([number << 3, value]);
      const bytes = Buffer.from(value);
      return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
    }),
  );
}

/** A float vector [2] of ONNX's ValueInfoProto. */
function vector(name: string): Uint8Array {
  const shape = message([1, message([1, 2])]);
  return message([1, name], [2, message([1, message([1, 1], [2, shape])])]);
}

/** output = operator(a, b), opset 21. */
function model(operator: string, a: string, b: string, output: string): Uint8Array {
  const node = message([1, a], [1, b], [2, output], [4, operator]);
  const inputs = [...new Set([a, b])].map((name): Field => [11, vector(name)]);
  const graph = message([1, node], [2, operator], ...inputs, [12, vector(output)]);
  return message([1, 8], [7, graph], [8, message([1, ''], [2, 21])]);
}

const runtime = new OrtRuntime(ort, { backend: 'wasm', detail: 'Node' }, 'cpu');
const file = (path: string) => ({ path, bytes: 1, sha256: '' });
const manifest = {
  files: [file('first.onnx'), file('second.onnx')],
  inputs: ['x'],
  outputs: ['product'],
  precision: 'fp32',
};
const shards = [model('Add', 'x', 'x', 'sum'), model('Mul', 'sum', 'x', 'product')];

it('runs its shards in order', async () => {
  const graph = await OnnxGraph.create('pair', runtime, manifest, shards, { where: 'cpu' });
  const x = new ort.Tensor('float32', Float32Array.of(2, 3), [2]);
  const results = await graph.run({ x });
  expect(Object.keys(results)).toEqual(['product']);
  expect([...(results['product']!.data as Float32Array)]).toEqual([8, 18]);
  await graph.release();
});

it('misses an input that no shard makes', async () => {
  const second = { ...manifest, files: manifest.files.slice(1) };
  const made = OnnxGraph.create('pair', runtime, second, shards.slice(1), { where: 'cpu' });
  await expect(made).rejects.toThrow(/an input sum that the manifest does not name/);
});
