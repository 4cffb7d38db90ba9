/** Graphs that measure what matrix products reach, of the sizes in steps/stepTypes.ts. */
import { floats, int64s, onnxFile, onnxNode } from './onnxModel.mjs';

/**
 * Large matrices one after the other: x [rows, width] times weight [width, width].
 *
 * @param {{ rows: number, width: number, products: number }} shape
 */
export function operationsGraph({ rows, width, products }) {
  const names = ['x', ...Array.from({ length: products }, (_, index) => `product_${index + 1}`)];
  return onnxFile({
    node: names
      .slice(1)
      .map((name, index) => onnxNode('MatMul', [names[index] ?? '', 'weight'], name)),
    input: [floats('x', [rows, width]), floats('weight', [width, width])],
    output: [floats(names.at(-1) ?? '', [rows, width])],
  });
}

/**
 * One row times a matrix that is part of the graph: [1, width] times [width, columns]. The matrix
 * is made when the graph is loaded, so that the file stays small.
 *
 * @param {number} width
 * @param {number} columns
 */
export function bytesGraph(width, columns) {
  return onnxFile({
    node: [
      onnxNode('ConstantOfShape', ['shape'], 'weight'),
      onnxNode('MatMul', ['x', 'weight'], 'product'),
    ],
    initializer: [int64s('shape', [width, columns])],
    input: [floats('x', [1, width])],
    output: [floats('product', [1, columns])],
  });
}
