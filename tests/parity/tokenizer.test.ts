/** Text ids of the tokenizer graph, through the real stage, against the Python tokenizer. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { golden } from './golden';
import { loadNodeModel } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

let model: NodeModel;
beforeAll(async () => {
  const loaded = await loadNodeModel();
  // The graph reads a text as it is; without a word list nothing is left out of it here either.
  model = { ...loaded, manifest: { ...loaded.manifest, knownWords: { en: [], zh: [] } } };
});
afterAll(() => model.release());

it('agrees on every text', async () => {
  const { cases } = golden<{ cases: { text: string; ids: number[] }[] }>('tokenizer');
  expect(cases.length).toBeGreaterThan(100);
  for (const { text, ids } of cases) {
    const { prompt } = await tokenizePrompt(text, model);
    expect([...prompt], JSON.stringify(text)).toEqual(ids);
  }
});
