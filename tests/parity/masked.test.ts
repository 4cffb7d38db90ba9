/** Masked cells: the key frames and rounds of Python, and the caches that a key frame leaves. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaskedKeyFrames } from '../../workers/runtime/maskedKeyFrames';
import { TransformerRunner } from '../../workers/runtime/transformerRunner';
import { NOT_DRAWN } from '../../workers/sampling/maskedDrawing';
import { streamKey } from '../../workers/sampling/randomStream';
import { INTERPOLATION_ORDER, KEYFRAME_ORDER, roundWindows } from '../../workers/sampling/schedule';
import type { CandidateBatch } from '../../workers/stages/candidateBatch';
import type { PipelineContext } from '../../workers/stages/context';
import { interpolateCellByCell } from '../../workers/stages/interpolateFrames';
import { interpolateInPasses } from '../../workers/stages/interpolateInPasses';
import { keyFramesCellByCell } from '../../workers/stages/keyFramesCellByCell';
import { keyFramesInParallel } from '../../workers/stages/keyFramesInParallel';
import { keyFramesInPasses } from '../../workers/stages/keyFramesInPasses';
import { tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import type { WindowBatch } from '../../workers/stages/windowBatch';
import {
  CELLS,
  inPasses,
  KEY_FRAME_PASSES,
  loadMaskedModel,
  PASSES,
  watched,
  withSampling,
} from './maskedModel';
import type { NodeModel } from './nodePipeline';

interface GoldenDrawing {
  name: string;
  seed: number;
  guidance: number;
  guidanceFloor: number;
  temperature: number;
  topK: number;
  /** 0: cell by cell. */
  passes: number;
  /** Of key frames, which Python draws one after the other all the same; 0: each sees the others whole. */
  lag?: number;
  text: number[];
  empty: number[];
}

interface GoldenKeyFrames extends GoldenDrawing {
  /** Ids that open the frames [5]. */
  opening: number[];
  /** [5][cells] */
  tokens: number[][];
}

interface GoldenRound extends GoldenDrawing {
  round: number;
  /** Ids that open the frames of each window [windows][5]. */
  opening: number[][];
  /** Tokens before the round, in frame order. */
  frames: number[][];
  /** And behind it. */
  tokens: number[][];
}

const PROMPT = 'A lion drinks water at the lake.';
const FIXTURE = new URL('../fixtures/masked/golden.json', import.meta.url);
const { keyFrames, rounds } = JSON.parse(readFileSync(FIXTURE, 'utf8')) as {
  keyFrames: GoldenKeyFrames[];
  rounds: GoldenRound[];
};

let model: NodeModel;
beforeAll(async () => {
  model = await loadMaskedModel();
});
afterAll(() => model.release());

/** The texts of the guidance branches. */
function goldenTexts({ guidance, text, empty }: GoldenDrawing): Int32Array[] {
  return (guidance === 1 ? [text] : [text, empty]).map((ids) => Int32Array.from(ids));
}

/** A job with the wishes of a golden drawing, as many passes in both stages. */
function goldenContext(golden: GoldenDrawing): PipelineContext {
  const { guidanceFloor, temperature, topK, passes, lag = 0 } = golden;
  const drawn = withSampling(model, { guidanceFloor });
  const { context } = inPasses(
    drawn,
    { prompt: PROMPT },
    { keyframes: passes, interpolation: passes, rounds: Infinity },
  );
  const options = { ...context.options, temperature, topK };
  return { ...context, keyFrameLag: lag, options };
}

/** The windows of a golden round as one batch. */
function goldenBatch(golden: GoldenRound): WindowBatch {
  const { guidance, round, seed, opening, frames } = golden;
  const texts = goldenTexts(golden);
  const windows = roundWindows(round, round);
  const { beginOfImage } = model.manifest.ids;
  const untold = opening.map((ids) => ids.map(() => beginOfImage));
  return {
    round,
    windows,
    streams: windows.map((_, window) => streamKey(seed, round, window)),
    guidance,
    given: windows.map((_, window) =>
      [0, 1, 2].map((frame) => Int32Array.from(frames[2 * window + frame]!)),
    ),
    branches: texts.length,
    sequences: {
      texts: texts.flatMap((text) => windows.map(() => text)),
      windows: model.manifest.interpolationWindows,
      order: INTERPOLATION_ORDER,
      opening: [...opening, ...(guidance === 1 ? [] : untold)],
      textBoost: 0,
    },
  };
}

describe('the rounds of Python', () => {
  it.each(rounds)('are drawn token for token: $name', async (golden) => {
    const drawn: number[][] = golden.frames.flatMap((frame) => [frame, []]).slice(0, -1);
    const draw = golden.passes > 0 ? interpolateInPasses : interpolateCellByCell;
    const drawing = draw(goldenBatch(golden), goldenContext(golden));
    for await (const { slot, tokens, round } of drawing) {
      expect(round).toBe(golden.round);
      drawn[slot] = [...tokens];
    }
    expect(drawn).toEqual(golden.tokens);
  });

  it('are there with and without guidance, in passes and cell by cell', () => {
    expect(new Set(rounds.map(({ guidance }) => guidance)).size).toBe(2);
    expect(new Set(rounds.map(({ passes }) => passes))).toEqual(new Set([PASSES, 0]));
  });
});

describe('the key frames of Python', () => {
  /** One candidate, as a batch. */
  const batchOf = async (golden: GoldenKeyFrames): Promise<CandidateBatch> => {
    const { guidance, seed, opening } = golden;
    const texts = goldenTexts(golden);
    const { beginOfImage } = model.manifest.ids;
    return {
      text: await tokenizePrompt(PROMPT, goldenContext(golden)),
      shown: true,
      streams: [streamKey(seed, 0, 0)],
      guidance,
      sequences: {
        texts,
        windows: model.manifest.keyframeWindows,
        order: KEYFRAME_ORDER,
        opening: texts.map((_, branch) =>
          branch === 0 ? opening : opening.map(() => beginOfImage),
        ),
        textBoost: 0,
      },
    };
  };

  const wayOf = ({ passes, lag }: GoldenKeyFrames) => {
    if (passes > 0) return keyFramesInPasses;
    return lag ? keyFramesInParallel : keyFramesCellByCell;
  };

  it.each(keyFrames)('are drawn token for token: $name', async (golden) => {
    const context = goldenContext(golden);
    const drawing = wayOf(golden)(await batchOf(golden), context);
    const finished: number[][] = [];
    for (;;) {
      const { done, value } = await drawing.next();
      if (done) {
        expect(value.map((frames) => frames.map((tokens) => [...tokens]))).toEqual([golden.tokens]);
        break;
      }
      if (value.drawnCells === CELLS) finished.push([...value.tokens]);
    }
    expect(finished).toEqual(golden.tokens);
  });

  it('are there with and without guidance, in passes and cell by cell', () => {
    expect(new Set(keyFrames.map(({ guidance }) => guidance)).size).toBe(2);
    expect(new Set(keyFrames.map(({ passes }) => passes))).toEqual(new Set([KEY_FRAME_PASSES, 0]));
    expect(new Set(keyFrames.map(({ lag }) => lag))).toEqual(new Set([0, 5, 6, 2]));
  });
});

it('a finished key frame leaves the keys and values that drawing it cell by cell leaves', async () => {
  const { manifest, graphs } = model;
  const opening = [0, 1].map((sequence) =>
    KEYFRAME_ORDER.map((frame) => manifest.ids.beginOfImage - sequence * (frame % 2)),
  );
  const batch = {
    texts: [Int32Array.of(manifest.ids.lineBreak, manifest.ids.unknown), Int32Array.of(70)],
    windows: manifest.keyframeWindows,
    order: KEYFRAME_ORDER,
    opening,
    textBoost: 0,
  };
  const frames = [3, 5, 11].map((step) =>
    Int32Array.from({ length: CELLS }, (_, cell) => (step * (cell + 1)) % manifest.codes),
  );
  const { graph, runs } = watched(graphs.keyframes);
  const whole = new MaskedKeyFrames(graph, manifest, batch);
  await whole.prefill();
  for (const [order, tokens] of frames.entries()) {
    whole.begin(order, frames.slice(0, order).slice(-1));
    await whole.predict([tokens.slice().fill(NOT_DRAWN)]);
    await whole.finish([tokens]);
  }
  whole.dispose();
  // The prefill, then a pass and the finishing run of each frame.
  const finished = frames.map((_, order) => runs[2 + 2 * order]!);

  const single = new TransformerRunner(graph, manifest, batch);
  await single.prefill(batch.texts.map(() => []));
  const { headDim } = manifest.architecture;
  for (const [order, tokens] of frames.entries()) {
    for (let cell = 0; cell < CELLS; cell++) {
      single.ids.set(opening.map((ids) => (cell === 0 ? ids[order]! : tokens[cell - 1]!)));
      const hint = order === 0 ? manifest.ids.nullHint : frames[order - 1]![cell]!;
      single.hints.set(opening.flatMap((ids) => [hint, ids[order]!]));
      await single.step(order, cell);
      const { results } = runs.at(-1)!;
      for (const name of finished[order]!.made) {
        const rows = finished[order]!.results[name]!.data as Float32Array;
        const one = results[name]!.data as Float32Array;
        const apart = one.map((value, at) => {
          const block = Math.floor(at / headDim);
          return Math.abs(value - rows[(block * CELLS + cell) * headDim + (at % headDim)]!);
        });
        expect(rows).toHaveLength(CELLS * one.length);
        expect(Math.max(...apart)).toBeLessThan(1e-4);
      }
    }
  }
  single.dispose();
});
