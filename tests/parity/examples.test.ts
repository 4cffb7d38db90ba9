/** A package's own examples stand inside its vocabulary and its text slots. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unknownSpans } from '../../src/shared/unknownSpans';
import { tokenizePrompt, windowText } from '../../workers/stages/tokenizePrompt';
import { loadNodeModel, MICRO_FOLDER } from './nodePipeline';
import type { NodeModel } from './nodePipeline';

const MINI_FOLDER = fileURLToPath(new URL('../../public/models/mini', import.meta.url));
const folders = [MICRO_FOLDER, MINI_FOLDER].filter((folder) => existsSync(folder));

describe.each(folders)('%s', (folder) => {
  let model: NodeModel;
  beforeAll(async () => {
    model = await loadNodeModel(folder);
  });
  afterAll(() => model.release());

  it('no example has unknown words', () => {
    const { examples, knownWords } = model.manifest;
    const unknown = examples.map(({ text }) => unknownSpans(text, knownWords).map((s) => s.text));
    expect(unknown.flat()).toEqual([]);
    expect(examples.length).toBeGreaterThan(5);
  });

  it('no example is cut off', async () => {
    const { examples, textLength, ids } = model.manifest;
    for (const { text } of examples) {
      const tokenized = await tokenizePrompt(text, model);
      const row = windowText(tokenized, model.manifest.defaultKeyRate, 'conditional', model);
      expect(row.length, text).toBeLessThan(textLength);
      expect([...row], text).not.toContain(ids.unknown);
    }
  });
});
