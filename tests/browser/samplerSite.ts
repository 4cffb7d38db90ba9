/** The page of the samplers on WebGPU, and logits and numbers for them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { serveDirectory } from '../../scripts/serve.mjs';
import { uniform } from '../../workers/sampling/randomStream';
import { buildTestPage } from './buildTestPage';
import { openApp } from './openApp';

export interface SamplerSite {
  /** In a page of its own, which must report no error. */
  evaluate<Result>(work: (page: Page) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export async function openSamplerSite(): Promise<SamplerSite> {
  const folder = mkdtempSync(join(tmpdir(), 'flipbook-sampler-'));
  await buildTestPage('samplerPage', folder);
  const served = await serveDirectory({ root: folder });
  return {
    evaluate: async (work) => {
      const { page, context, errors } = await openApp({ url: served.url });
      await page.waitForFunction(() => 'sampler' in globalThis);
      const result = await work(page);
      expect(errors).toEqual([]);
      await context.close();
      return result;
    },
    close: async () => {
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** In steps of 1/32, so that guidance mixes them without rounding in float32 too, and some tie. */
export function randomLogits(seed: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => {
    const spread = uniform(seed, 2 * index) + uniform(seed, 2 * index + 1) - 1;
    return Math.round(spread * 128) / 32;
  });
}

/** What float32 sums of weights and the steps of float32 numbers may shift a border by. */
const BORDER = 4e-6;

/** The first number of a stream so far from every border that float32 draws the same code. */
export function clearNumber(stream: number, draw: (u: number) => number): number {
  for (let index = 0; ; index++) {
    const u = Math.fround(uniform(stream, index));
    if (u < BORDER || u > 1 - BORDER) continue;
    if (draw(u - BORDER) === draw(u + BORDER)) return u;
  }
}
