/** Where hidden cells of passes are drawn. */
import { describe, expect, it } from 'vitest';
import type { ModelManifest } from '../../../src/shared/manifest';
import { passDrawer } from '../../../workers/runtime/passDrawer';
import type { PassRunner } from '../../../workers/runtime/passDrawer';
import { drawSure } from '../../../workers/sampling/drawHidden';
import { mixedRows } from '../../../workers/sampling/guidance';
import { NOT_DRAWN } from '../../../workers/sampling/maskedDrawing';
import { uniform } from '../../../workers/sampling/randomStream';

const CODES = 6;
const ROWS = 3;
const WINDOWS = 2;

describe('logits in main memory', () => {
  it('are drawn from there: hidden cells alone, each of its window', async () => {
    const logits = Float32Array.from({ length: 2 * WINDOWS * ROWS * CODES }, (_, at) =>
      uniform(5, at),
    );
    const seen: (readonly Int32Array[])[] = [];
    const runner = {
      logitsInGpu: false,
      runtime: { device: {} },
      predict: (tokens: readonly Int32Array[]) => {
        seen.push(tokens);
        return Promise.resolve(logits);
      },
    } as PassRunner;
    const sampling = { temperature: 0.7, topK: 4 };
    const drawing = { windows: WINDOWS, rows: ROWS, guidance: 2, sampling };
    const manifest = {
      codes: CODES,
      sampling: { ...sampling, guidanceFloor: 0.1 } as ModelManifest['sampling'],
    };
    const tokens = [Int32Array.of(3, NOT_DRAWN, NOT_DRAWN), Int32Array.of(NOT_DRAWN, 1, NOT_DRAWN)];
    const hidden = [
      [
        { cell: 1, u: 0.2 },
        { cell: 2, u: 0.9 },
      ],
      [
        { cell: 0, u: 0.4 },
        { cell: 2, u: 0.6 },
      ],
    ];
    const drawn = await passDrawer(runner, drawing, manifest).draw(tokens, hidden);
    expect(seen).toEqual([tokens]);
    const mixed = mixedRows(logits, { windows: WINDOWS, rows: ROWS, codes: CODES }, 2, 0.1);
    expect(drawn).toEqual(
      hidden.map((cells, window) =>
        cells.map(({ cell, u }) => ({ cell, ...drawSure(mixed(window)(cell), 0.7, 4, u) })),
      ),
    );
  });
});
