import { floats, int64s, onnxAddition, onnxNode, readOnnxGraph } from './onnxModel.mjs';

/**
 * A step graph that also gives its caches back whole, each cached row and the new ones joined, as
 * exporters for transformers.js write decoders.
 *
 * @param {Uint8Array} bytes of a step graph
 * @returns {Uint8Array}
 */
export function peerGraph(bytes) {
  const { output } = readOnnxGraph(bytes);
  const caches = output.flatMap(
    ({ name }) => name.match(/^new_((?:spatial|temporal)_(?:key|value)_\d+)$/)?.slice(1) ?? [],
  );
  if (caches.length === 0)
    throw new Error('The graph makes no rows of caches (new_spatial_key_0).');
  // Graphs of older packages give new rows without the leading 1 that caches lack.
  const rows = output.find(({ name }) => name === `new_${caches[0]}`);
  const leads = rows?.type?.tensor_type.shape.dim.length === 5;
  const added = (/** @type {string} */ cache) => (leads ? `added_${cache}` : `new_${cache}`);
  const squeezed = leads
    ? caches.map((cache) => onnxNode('Squeeze', [`new_${cache}`, 'leading'], added(cache)))
    : [];
  const joined = caches.map((cache) =>
    onnxNode('Concat', [cache, added(cache)], `present_${cache}`, { axis: 2 }),
  );
  const node = [...squeezed, ...joined];
  const initializer = leads ? [int64s('leading', [0])] : [];
  const whole = caches.map((cache) => floats(`present_${cache}`, ['B', 'H', `${cache}_rows`, 'D']));
  return Buffer.concat([bytes, onnxAddition({ node, initializer, output: whole })]);
}
