/** The headless twin, run as its users run it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../scripts/projectRoot.mjs';
import { button, MICRO, promptBox, untilStage } from './clipPage';
import { openApp } from './openApp';
import { readMp4 } from './readMp4';

const MODEL = join(projectRoot, 'tests', 'fixtures', 'models', 'micro');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flipbook-generate-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  code: number | null;
  /** Standard error. */
  said: string;
}

function generate(...options: string[]): Promise<Outcome> {
  const script = join(projectRoot, 'scripts', 'generate.mjs');
  const model = options.includes('--model') ? [] : ['--model', MODEL];
  const running = spawn(process.execPath, [script, ...model, '--backend', 'wasm', ...options]);
  let said = '';
  running.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => running.on('close', (code) => resolve({ code, said })));
}

const saved = (name: string) => new Uint8Array(readFileSync(join(folder, name)));

describe('npm run generate', () => {
  it('saves the bytes that Export saves', async () => {
    const out = join(folder, 'clip.mp4');
    const options = ['--prompt', 'a lion walks', '--seed', '7', '--rounds', '1'];
    const { code, said } = await generate(...options, '--out', out);
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toContain('Drawing "a lion walks", seed 7');
    expect(said).toContain('clip.mp4: 9 frames');

    const { page, context } = await openApp({ query: `${MICRO}&seed=7&rounds=1` });
    await promptBox(page).fill('a lion walks');
    await button(page, 'Generate').click();
    expect(await untilStage(page, ['complete', 'failed'])).toBe('complete');
    const downloading = page.waitForEvent('download');
    await button(page, 'Export MP4').click();
    const path = await (await downloading).path();
    expect(readFileSync(path).equals(saved('clip.mp4'))).toBe(true);
    await context.close();
  });

  it('draws prompts from a file, saves frames, and goes on after a bad one', async () => {
    const prompts = join(folder, 'prompts.txt');
    writeFileSync(prompts, '狮子在湖边喝水\n🦁\n{"prompt": "a lion walks", "seed": 7}\n');
    const [out, frames] = [join(folder, 'clips'), join(folder, 'frames')];
    const options = ['--prompts', prompts, '--seed', '3', '--rounds', '1'];
    const { code, said } = await generate(...options, '--out', out, '--frames', frames);
    expect(code).toBe(1);
    expect(said).toContain('"🦁" failed: The prompt has no words');

    const listed = JSON.parse(readFileSync(join(out, 'clips.json'), 'utf8')) as unknown;
    const { version } = JSON.parse(readFileSync(join(MODEL, 'manifest.json'), 'utf8')) as {
      version: string;
    };
    expect(listed).toEqual({
      format: 1,
      model: { id: 'micro', version },
      clips: [
        expect.objectContaining({ prompt: '狮子在湖边喝水', seed: 3, frames: 9 }),
        expect.objectContaining({ file: '3-a-lion-walks-7.mp4', seed: 7, frames: 9 }),
      ],
      failed: [{ prompt: '🦁', seed: 3, error: expect.stringContaining('no words') as string }],
    });
    const { tags } = readMp4(saved(join('clips', '1-狮子在湖边喝水-3.mp4')));
    expect(tags['prompt']).toBe('狮子在湖边喝水');
    expect(JSON.parse(tags['parameters'] ?? '')).toMatchObject({ seed: 3, model: 'micro' });
    expect(readdirSync(join(frames, '3'))).toHaveLength(9);
    // A clip does not depend on those drawn before it on the same page.
    expect(saved(join('clips', '3-a-lion-walks-7.mp4'))).toEqual(saved('clip.mp4'));
  });

  it.each([
    [
      'a number out of the page’s limits',
      ['--guidance', '99'],
      '“guidance” must be a number from 1',
    ],
    ['more rounds than the model has', ['--rounds', '6'], '“rounds” must be a whole number from 0'],
    ['an empty prompt', ['--prompt', '  '], 'The prompt is empty'],
    ['no model', ['--model', 'nowhere'], 'there is no manifest.json'],
  ])('ends with exit code 2 for %s', async (_, options, message) => {
    const out = join(folder, 'never.mp4');
    const { code, said } = await generate('--prompt', 'a fox', '--out', out, ...options);
    expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining(message) as string });
    expect(existsSync(out)).toBe(false);
  });

  it('ends with exit code 1 for a damaged model', async () => {
    const model = mkdtempSync(join(folder, 'model-'));
    writeFileSync(join(model, 'manifest.json'), '{"format": 99}');
    const out = join(folder, 'never.mp4');
    const { code, said } = await generate('--prompt', 'a fox', '--out', out, '--model', model);
    expect({ code, said }).toEqual({
      code: 1,
      said: expect.stringContaining('format must be 1, but is 99') as string,
    });
  });
});
