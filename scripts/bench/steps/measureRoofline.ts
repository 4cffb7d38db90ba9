/** What matrix products reach here: large ones, and one row times as many bytes as the model has. */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import type { OrtRuntime } from '../../../workers/runtime/ortRuntime';
import type { ReadFile } from './measureWay';
import { BYTES_WIDTH, OPERATIONS_SHAPE, ROOFLINE_FILES } from './stepTypes';
import type { Roofline } from './stepTypes';

/** The best of so many runs counts: what disturbs only slows down. */
const RUNS = 12;

/** @param weightBytes bytes of the matrix in the file `ROOFLINE_FILES.bytes`. */
export async function measureRoofline(
  runtime: OrtRuntime,
  read: ReadFile,
  weightBytes: number,
): Promise<Roofline> {
  const { rows, width, products } = OPERATIONS_SHAPE;
  const large = await fastestRun(runtime, await read(ROOFLINE_FILES.operations), {
    x: matrix(runtime, rows, width),
    weight: matrix(runtime, width, width),
  });
  const row = await fastestRun(runtime, await read(ROOFLINE_FILES.bytes), {
    x: matrix(runtime, 1, BYTES_WIDTH),
  });
  const operations = 2 * rows * width * width * products;
  return {
    operationsPerSecond: (operations / large) * 1000,
    bytesPerSecond: (weightBytes / row) * 1000,
  };
}

/** Milliseconds of the fastest of some runs. */
async function fastestRun(
  runtime: OrtRuntime,
  bytes: Uint8Array,
  feeds: Record<string, Tensor>,
): Promise<number> {
  const session: InferenceSession = await runtime.ort.InferenceSession.create(bytes, {
    executionProviders: runtime.providers('accelerator'),
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  try {
    let fastest = Infinity;
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      await session.run(feeds);
      fastest = Math.min(fastest, performance.now() - started);
    }
    return fastest;
  } finally {
    await session.release();
  }
}

/** Small numbers, none of them zero or denormal, which some processors treat apart. */
function matrix({ ort }: OrtRuntime, rows: number, columns: number): Tensor {
  const values = new Float32Array(rows * columns).fill(1 / columns);
  return new ort.Tensor('float32', values, [rows, columns]);
}
