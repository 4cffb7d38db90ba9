/** The real worker behind the page's own client, without the interface. */
import { PipelineClient } from '../../../src/pipelineClient';
import { errorKind } from '../../../src/shared/errors';
import type { GenerationOptions } from '../../../src/shared/options';
import type { Backend, GenerationResult, LoadedModel } from '../../../src/shared/protocol';
import type { LoadProgress, Progress } from '../../../src/shared/protocol';

export interface Loading {
  loaded?: LoadedModel;
  failure?: { kind: string; message: string };
  progress: LoadProgress[];
}

interface DrawnFrame {
  slot: number;
  round: number;
  drawn: number;
  bytes: number;
  checksum: number;
  /** Mean value of each row of pixels, 0..255: what two backends may differ in only slightly. */
  rowMeans: number[];
}

export interface Drawing {
  result?: Omit<GenerationResult, 'tokens'> & { tokens: { slot: number; ids: number[] }[] };
  failure?: { kind: string; message: string };
  /** Everything but frames. */
  progress: Progress[];
  frames: DrawnFrame[];
  /** Milliseconds from the wish to cancel to the answer. */
  cancelMilliseconds?: number;
}

const client = new PipelineClient();

async function load(model: string, backend: Backend | 'auto'): Promise<Loading> {
  const progress: LoadProgress[] = [];
  const url = new URL(`models/${model}/`, document.baseURI).href;
  try {
    return {
      loaded: await client.load(url, backend, (message) => progress.push(message)),
      progress,
    };
  } catch (error) {
    return { failure: failure(error), progress };
  }
}

/**
 * @param cancelAt cancels when this slot's frame is final.
 * @param at does something when this slot's frame is final.
 */
async function generate(
  options: GenerationOptions,
  cancelAt?: number,
  at?: { slot: number; action: () => void },
): Promise<Drawing> {
  const drawing: Drawing = { progress: [], frames: [] };
  let cancelled = 0;
  try {
    const { tokens, ...result } = await client.generate(options, (message) => {
      if (message.kind !== 'frame') return void drawing.progress.push(message);
      const { slot, round, drawn, pixels, width, height } = message;
      const rowMeans = Array.from({ length: height }, (_, row) => {
        const values = pixels.subarray(4 * width * row, 4 * width * (row + 1));
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      });
      const checksum = pixels.reduce((sum, byte, at) => (sum * 31 + byte + at) % 1000003, 0);
      drawing.frames.push({ slot, round, drawn, bytes: pixels.length, checksum, rowMeans });
      if (drawn === 1 && slot === at?.slot) at.action();
      if (slot !== cancelAt || drawn < 1) return;
      cancelled = performance.now();
      client.cancel();
    });
    const lists = tokens.map(({ slot, ids }) => ({ slot, ids: [...ids] }));
    drawing.result = { ...result, tokens: lists };
    if (cancelled > 0) drawing.cancelMilliseconds = performance.now() - cancelled;
  } catch (error) {
    drawing.failure = failure(error);
  }
  return drawing;
}

function failure(error: unknown): { kind: string; message: string } {
  return {
    kind: errorKind(error),
    message: error instanceof Error ? error.message : String(error),
  };
}

const pipeline = {
  load,
  generate,
  unknownSpans: (prompt: string) => client.unknownSpans(prompt),
  terminate: () => client.terminate(),
};

declare global {
  var pipeline: {
    load: typeof load;
    generate: typeof generate;
    unknownSpans: PipelineClient['unknownSpans'];
    terminate: () => void;
  };
}

globalThis.pipeline = pipeline;
