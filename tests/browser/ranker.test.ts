/** The choice after every key frame in the real worker: both backends draw what Python draws. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import { addRanker, rankerGolden as golden } from '../rankerPackage';
import { openApp } from './openApp';
import { buildPipelineSite, type PipelineSite } from './pipelineSite';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;

let site: PipelineSite;
let served: ServedDirectory;
beforeAll(async () => {
  site = await buildPipelineSite();
  addRanker(site.copyPackage('ranked'), { candidateChoice: 'frame' });
  served = await site.serve();
});
afterAll(async () => {
  await served.close();
  site.remove();
});

it.each(['wasm', 'webgpu'] as const)(
  'lets all candidates go on from the best frame on %s',
  { timeout: WEBGPU_MILLISECONDS },
  async (backend) => {
    const { page, context, errors } = await openApp({ url: served.url });
    await page.waitForFunction(() => 'pipeline' in globalThis);
    const { failure } = await page.evaluate((name) => pipeline.load('ranked', name), backend);
    expect(failure).toBeUndefined();
    const { prompt, seed, guidance, temperature, topK, keyRate, candidates } = golden;
    const drawing = await page.evaluate((options) => pipeline.generate(options), {
      parallel: false,
      prompt,
      seed,
      guidance,
      temperature,
      topK,
      keyRate,
      candidates,
      rounds: 0,
    });
    expect(drawing.failure).toBeUndefined();
    const kept = golden.chosenClip.filter((_, index) => index % 2 === 0);
    expect(drawing.result?.tokens.map(({ ids }) => ids)).toEqual(kept);
    expect(errors).toEqual([]);
    await context.close();
  },
);
