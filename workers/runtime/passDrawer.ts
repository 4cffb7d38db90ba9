/** Where the hidden cells of a pass are drawn: on the WebGPU device, or in main memory. */
import type { ModelManifest } from '../../src/shared/manifest';
import type { CodeSampling } from '../sampling/codeSampler';
import { drawFrom } from '../sampling/drawHidden';
import type { DrawHidden } from '../sampling/drawHidden';
import { mixedRows } from '../sampling/guidance';
import { belowOne } from './codeDrawing';
import type { OrtRuntime } from './ortRuntime';
import { PassSampler } from './passSampler';

/** What runs the passes. */
export interface PassRunner {
  runtime: OrtRuntime;
  /** Whether logits stay on the device: then `predictOnDevice` takes the place of `predict`. */
  logitsInGpu: boolean;
  /**
   * @param tokens of each window, NOT_DRAWN where hidden [rows]; every guidance branch reads them.
   * @returns logits [branches * windows, rows, codes].
   */
  predict(tokens: readonly Int32Array[]): Promise<Float32Array>;
  /** Like `predict`; `use` orders what the device does with the logits before it returns. They are
   *  gone when it has; what it promises is waited for. */
  predictOnDevice<Drawn>(
    tokens: readonly Int32Array[],
    use: (logits: GPUBuffer) => Promise<Drawn>,
  ): Promise<Drawn>;
}

/** What is drawn together, and how; one for all passes. */
export interface PassDrawing {
  windows: number;
  /** Of a window. */
  rows: number;
  guidance: number;
  sampling: CodeSampling;
}

export interface PassDrawer {
  draw: DrawHidden;
  dispose(): void;
}

/** The drawer for where the runner's graph leaves its logits. The caller disposes it. */
export function passDrawer(
  runner: PassRunner,
  drawing: PassDrawing,
  manifest: Pick<ModelManifest, 'codes' | 'sampling'>,
): PassDrawer {
  const { logitsInGpu, runtime } = runner;
  return logitsInGpu && runtime.device
    ? deviceDrawer(runner, drawing, manifest, runtime.device)
    : memoryPassDrawer(runner, drawing, manifest);
}

/** Draws from logits in main memory. */
export function memoryPassDrawer(
  runner: Pick<PassRunner, 'predict'>,
  { windows, rows, guidance, sampling }: PassDrawing,
  { codes, sampling: { guidanceFloor } }: Pick<ModelManifest, 'codes' | 'sampling'>,
): PassDrawer {
  const draw = drawFrom(
    async (tokens) => {
      const logits = await runner.predict(tokens);
      return mixedRows(logits, { windows, rows, codes }, guidance, guidanceFloor);
    },
    codes,
    sampling,
  );
  return {
    draw,
    dispose: () => {
      // The garbage collector takes the arrays.
    },
  };
}

function deviceDrawer(
  runner: PassRunner,
  { windows, rows, guidance, sampling }: PassDrawing,
  { codes, sampling: { guidanceFloor = 0 } }: Pick<ModelManifest, 'codes' | 'sampling'>,
  device: GPUDevice,
): PassDrawer {
  const { temperature, topK } = sampling;
  const floor = guidanceFloor;
  const drawing = { rows: windows * rows, codes, guidance, floor, temperature, topK };
  const sampler = new PassSampler(device, drawing);
  return {
    draw: async (tokens, hidden) => {
      const asked = hidden.flatMap((cells, window) =>
        cells.map(({ cell, u }) => ({ row: window * rows + cell, number: belowOne(u) })),
      );
      const drawn = await runner.predictOnDevice(tokens, (logits) => sampler.draw(logits, asked));
      let taken = 0;
      return hidden.map((cells) => cells.map(({ cell }) => ({ cell, ...drawn[taken++]! })));
    },
    dispose: () => {
      sampler.dispose();
    },
  };
}
