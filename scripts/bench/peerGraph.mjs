import { floats, onnxAddition, onnxNode, readOnnxGraph } from './onnxModel.mjs';

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
  const node = caches.map((cache) =>
    onnxNode('Concat', [cache, `new_${cache}`], `present_${cache}`, { axis: 2 }),
  );
  const whole = caches.map((cache) => floats(`present_${cache}`, ['B', 'H', `${cache}_rows`, 'D']));
  return Buffer.concat([bytes, onnxAddition({ node, output: whole })]);
}
