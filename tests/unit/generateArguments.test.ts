import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseGenerateArguments } from '../../scripts/headless/generateArguments.mjs';
import { modelPlace } from '../../scripts/headless/modelPlace.mjs';
import { parsePrompts } from '../../scripts/headless/readPrompts.mjs';
import { UsageError } from '../../scripts/headless/usageError.mjs';

describe('arguments of npm run generate', () => {
  it('need only a prompt and a file', () => {
    expect(parseGenerateArguments(['--prompt', 'a fox', '--out', 'fox.mp4'])).toEqual({
      source: { prompt: 'a fox' },
      out: 'fox.mp4',
      format: 'mp4',
      frames: undefined,
      seed: undefined,
      model: undefined,
      link: {},
    });
  });

  it('become parameters of the link under its names', () => {
    const wish = parseGenerateArguments(
      `--prompts p.txt --out clips --seed 7 --guidance 2.5 --temperature 0.9 --top-k 20 --rounds 1 --candidates 4 --parallel 1
       --rate auto --backend wasm --threads 2 --model m --frames f`.split(/\s+/),
    );
    expect(wish).toMatchObject({
      source: { file: 'p.txt' },
      seed: 7,
      model: 'm',
      frames: 'f',
      link: {
        guidance: '2.5',
        temperature: '0.9',
        topk: '20',
        rounds: '1',
        candidates: '4',
        parallel: '1',
        rate: 'auto',
        backend: 'wasm',
        threads: '2',
      },
    });
  });

  it.each([
    ['clip.mp4', 'mp4'],
    ['CLIP.MP4', 'mp4'],
    ['a/b.gif', 'gif'],
    ['frames.zip', 'png'],
  ])('choose the format by the name: %s', (out, format) => {
    expect(parseGenerateArguments(['--prompt', 'x', '--out', out])).toMatchObject({ format });
  });

  it.each([
    [[], 'Give either --prompt or --prompts'],
    [['--prompt', 'x', '--prompts', 'y', '--out', 'z'], 'Give either --prompt or --prompts'],
    [['--prompt', 'x'], '--out is missing'],
    [['--prompt', 'x', '--out', 'clip.avi'], '--out must end in .mp4, .gif or .zip'],
    [['--prompt', 'x', '--out', 'c.mp4', '--seed', '1.5'], 'A seed is a whole number'],
    [['--prompt', 'x', '--out', 'c.mp4', '--seed', '4294967296'], 'A seed is a whole number'],
    [['--prompt', 'x', '--out', 'c.mp4', '--guidance', 'much'], '--guidance must be a number'],
    [['--prompt', 'x', '--out', 'c.mp4', '--rounds', ''], '--rounds must be a number'],
    [['--prompt', 'x', '--out', 'c.mp4', '--sed', '1'], "Unknown option '--sed'"],
    [['a fox'], 'a fox'],
  ])('%j are refused', (argv, message) => {
    const parse = () => parseGenerateArguments(argv);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });

  it('may ask for help', () => {
    expect(parseGenerateArguments(['--help'])).toBe('help');
  });
});

describe('file of prompts', () => {
  it('holds lines and JSON lines, in both languages, with gaps', () => {
    const text =
      '\uFEFFa fox runs\r\n\r\n  狮子喝水  \n{"prompt": "a cow", "seed": 12}\n{"prompt":"x"}';
    expect(parsePrompts(text)).toEqual([
      { prompt: 'a fox runs', seed: undefined },
      { prompt: '狮子喝水', seed: undefined },
      { prompt: 'a cow', seed: 12 },
      { prompt: 'x', seed: undefined },
    ]);
  });

  it.each([
    ['ok\n{"prompt": 3}', 'Line 2: "prompt" must be a text'],
    ['{"seed": 3}', 'Line 1: "prompt" must be a text'],
    ['{"prompt": "x", "sed": 3}', 'Line 1: "sed" is not known'],
    ['{"prompt": "x", "seed": -3}', 'Line 1: A seed is a whole number'],
    ['{broken', 'Line 1: '],
  ])('%j is refused', (text, message) => {
    const parse = () => parsePrompts(text);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });
});

describe('place of a model', () => {
  it('is served beside the app when it is a folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flipbook-model-'));
    writeFileSync(join(folder, 'manifest.json'), '{}');
    const place = modelPlace(folder);
    expect(place).toEqual({ link: { model: 'local' }, mounts: { '/models/local/': folder } });
    rmSync(folder, { recursive: true });
  });

  it('is the default without a name, and refused where nothing is', () => {
    expect(modelPlace(undefined)).toEqual({ link: {}, mounts: {} });
    expect(() => modelPlace('no-such-model')).toThrow('there is no manifest.json in');
  });
});
