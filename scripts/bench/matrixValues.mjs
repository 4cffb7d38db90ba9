import { readOnnxGraph } from './onnxModel.mjs';

/** Operations through which a stored matrix goes, at most, before it is multiplied with. */
const RESTORING = new Set(['Cast', 'Mul', 'Transpose', 'Concat', 'Slice', 'Reshape']);

/**
 * How many numbers the matrices have with which every decode step multiplies its rows. The text
 * summary's are left out where the graph takes the summary as an input: a step does not compute it.
 *
 * @param {Uint8Array} bytes of a step graph
 * @returns {number}
 */
export function matrixValues(bytes) {
  const { node, initializer, input } = readOnnxGraph(bytes);
  const once = input.some(({ name }) => name === 'summary');
  const sizes = new Map(
    initializer.map(({ name, dims }) => {
      const leftOut = once && name.startsWith('summary.');
      return [name, leftOut ? 0 : dims.reduce((a, b) => a * b, 1)];
    }),
  );
  const producers = new Map(node.flatMap((made) => made.output.map((name) => [name, made])));
  /** @type {(name: string) => number} */
  const stored = (name) => {
    const size = sizes.get(name);
    if (size !== undefined) return size;
    const maker = producers.get(name);
    if (!maker || !RESTORING.has(maker.op_type)) return 0;
    const parts = maker.input.map(stored);
    // Joined matrices add up; beside a matrix stand its scales or a shape.
    return maker.op_type === 'Concat' ? parts.reduce((a, b) => a + b, 0) : Math.max(...parts);
  };
  const products = node.filter(({ op_type }) => op_type === 'MatMul');
  return products.reduce((sum, product) => sum + stored(product.input[1] ?? ''), 0);
}
