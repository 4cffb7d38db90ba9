/** The texts of a package with `promptTexts`, through the real tokenizer graph. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { firstFrameText, guidanceTexts, tokenizePrompt } from '../../workers/stages/tokenizePrompt';
import { loadNodeModel } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const PROMPT = 'a lion drinks water';

let model: NodeModel;
beforeAll(async () => {
  const loaded = await loadNodeModel();
  model = { ...loaded, manifest: { ...loaded.manifest, knownWords: { en: [], zh: [] } } };
});
afterAll(() => model.release());

it('joins suffixes before encoding and durations after it', async () => {
  const promptTexts = { firstFrameSuffix: ' lake', guidedSuffix: ' runs', unconditional: 'lion' };
  const context = { ...model, manifest: { ...model.manifest, promptTexts } };
  const encode = async (text: string): Promise<number[]> => [
    ...(await tokenizePrompt(text, model)).prompt,
  ];
  const text = await tokenizePrompt(PROMPT, context);
  const [rate] = context.manifest.rates;
  const start = [...(await encode(rate!.durationText)), context.manifest.ids.lineBreak];
  const rows = guidanceTexts(text, 'keyframes', rate!.framesPerSecond, 3, context);
  expect([...rows[0]!]).toEqual([...start, ...(await encode(`${PROMPT} runs`))]);
  expect([...rows[1]!]).toEqual([...start, ...(await encode('lion'))]);
  expect([...firstFrameText(text, context)!]).toEqual(await encode(`${PROMPT} lake`));
});

it('leaves the texts of other packages as they were', async () => {
  const text = await tokenizePrompt(PROMPT, model);
  expect(text.guidedPrompt).toEqual(text.prompt);
  expect(text.unconditional).toHaveLength(0);
  expect(firstFrameText(text, model)).toBeUndefined();
});
