/** Text ids of the tokenizer graph, through the real stage, against the Python tokenizer. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { golden } from './golden';
import { loadNodeModel } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

let model: NodeModel;
beforeAll(async () => {
  model = await loadNodeModel();
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
