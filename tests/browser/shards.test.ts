/**
 * A transformer in shards in a real worker, on both backends: the same model as 1, 2 and 4 shards
 * gives the same tokens, also where only some of the shards may be loaded at a time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { serveDirectory, type ServedDirectory } from '../../scripts/serve.mjs';
import type { Backend } from '../../src/shared/protocol';
import type { ShardDrawing, ShardPlan } from '../shardDrawing';
import { buildTestPage } from './buildTestPage';
import { openApp } from './openApp';

/** The software adapter compiles every shader on the CPU: minutes on a busy machine. */
const WEBGPU_MILLISECONDS = 600_000;
/** Enough to see that a step's tokens come from the caches of the steps before it. */
const WEBGPU_CELLS = 3;
/** Of float32 logits in the order of 1; the kernels add in another order. */
const BACKENDS_DIFFER = 1e-4;

const PLANS: ShardPlan[] = [
  { shards: 1 },
  { shards: 2 },
  { shards: 4 },
  ...[1, 2, 3].map((residentShards) => ({ shards: 4, residentShards })),
];

let served: ServedDirectory;
const folder = mkdtempSync(join(tmpdir(), 'flipbook-shards-'));
beforeAll(async () => {
  await buildTestPage('shardsPage', folder);
  const fixture = join(projectRoot, 'tests', 'fixtures', 'shards');
  served = await serveDirectory({ root: folder, mounts: { '/shards/': fixture } });
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

async function draw(backend: Backend, plans: readonly ShardPlan[]): Promise<ShardDrawing[]> {
  const { page, context, errors } = await openApp({ url: served.url });
  await page.waitForFunction(() => 'shards' in globalThis);
  const drawn = await page.evaluate(([name, all]) => shards.draw(name, all), [
    backend,
    plans,
  ] as const);
  expect(errors).toEqual([]);
  await context.close();
  return drawn;
}

/** All drew what the first, one shard, did, and no more sessions lived than the plans allow. */
function expectSameDrawings(plans: readonly ShardPlan[], drawn: readonly ShardDrawing[]): void {
  const [one] = drawn;
  expect(drawn).toHaveLength(plans.length);
  // Cells differ: what is fed and what the caches hold does matter.
  expect(new Set(one!.logits).size).toBeGreaterThan(0.9 * one!.logits.length);
  for (const [index, { tokens, logits, files, sessions, runs }] of drawn.entries()) {
    const { shards, residentShards = shards } = plans[index]!;
    expect(files).toBe(1 + shards); // word rows in main memory, and the shards
    expect(tokens).toEqual(one!.tokens);
    expect(logits).toEqual(one!.logits);
    const inTurn = residentShards === shards ? 0 : shards - (residentShards - 1);
    expect(sessions).toEqual({
      now: 0,
      most: 1 + residentShards,
      made: 1 + shards + runs * inTurn,
    });
  }
}

describe('1, 2 and 4 shards, and 4 in turn', { timeout: WEBGPU_MILLISECONDS }, () => {
  it('draw the same tokens on WebAssembly', async () => {
    const drawn = await draw('wasm', PLANS);
    expectSameDrawings(PLANS, drawn);
    expect(drawn[0]!.tokens).toHaveLength(16);
    expect(new Set(drawn[0]!.tokens).size).toBeGreaterThan(3);
    expect(new Set(Object.values(drawn[2]!.hiddenStates))).toEqual(new Set(['cpu']));
  });

  it('draw the same tokens on WebGPU, hidden states handed on as GPU buffers', async () => {
    const plans = PLANS.map((plan) => ({ ...plan, cells: WEBGPU_CELLS }));
    // No skip: a Chromium without WebGPU must fail here.
    const drawn = await draw('webgpu', plans);
    expectSameDrawings(plans, drawn);
    for (const { hiddenStates } of drawn.slice(2)) {
      // What main memory looks up comes from there; shards hand on to shards on the GPU.
      expect(hiddenStates).toEqual({
        hidden_0: 'cpu',
        hidden_1: 'gpu-buffer',
        hidden_2: 'gpu-buffer',
        hidden_3: 'gpu-buffer',
      });
    }
    const [onCpu] = await draw('wasm', plans.slice(0, 1));
    expect(drawn[0]!.tokens).toEqual(onCpu!.tokens);
    const differences = drawn[0]!.logits.map((logit, i) => Math.abs(logit - onCpu!.logits[i]!));
    expect(Math.max(...differences)).toBeLessThan(BACKENDS_DIFFER);
  });
});
