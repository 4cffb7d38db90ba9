/** MP4 files made in a real Chromium, read back: pictures, times, tags, other codecs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { SavedFile } from './exportPage/page';
import { sampleClip } from './exportPage/sampleClip';
import { save, trySave, useExportSite } from './exportSite';
import { readMp4 } from './readMp4';

const open = useExportSite();

/** Mean absolute difference per colour channel, 0..255. */
function meanDifference(picture: ArrayLike<number>, source: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < source.length; at++)
    sum += Math.abs((source[at] ?? 0) - (picture[at] ?? 0));
  return sum / (source.length * 0.75);
}

/** The frames that a player shows in the middle of the given frames' times. */
function shownFrames(page: Page, { base64 }: SavedFile, indices: number[]): Promise<number[][]> {
  const times = indices.map((index) => (index + 0.5) / 8);
  return page.evaluate(([data, at]) => exportPage.play(data, at, 96), [base64, times] as const);
}

const sourceFrame = (index: number): Uint8ClampedArray =>
  sampleClip(index + 1).frames[index]?.pixels ?? new Uint8ClampedArray();

/** Of a file's frames from the clip's. */
async function differences(page: Page, file: SavedFile, indices: number[]): Promise<number[]> {
  const shown = await shownFrames(page, file, indices);
  return indices.map((index, at) => meanDifference(shown[at] ?? [], sourceFrame(index)));
}

const PARAMETERS = {
  seed: 42,
  guidance: 2.5,
  model: 'micro',
  frames: 33,
  framesPerSecond: 8,
  upscale: '3x Catmull-Rom',
  codec: 'H.264',
  app: 'Flipbook 0.1.0',
};

describe('MP4', () => {
  it('is H.264 with every frame, the right time and the right pictures', async () => {
    const page = await open();
    const { file, bytes } = await save(page, 'exportMp4', 33);
    expect(file).toMatchObject({
      codec: 'H.264',
      type: 'video/mp4',
      fileName: '狮子-drinks-water-42.mp4',
    });
    expect(file.note).toBeUndefined();

    const movie = readMp4(bytes);
    expect(movie.order).toEqual(['ftyp', 'moov', 'mdat']);
    expect(movie.codec).toBe('avc1');
    expect([movie.width, movie.height]).toEqual([288, 288]);
    expect(movie.frameSeconds).toEqual(Array(33).fill(1 / 8));
    expect(movie.seconds).toBe(33 / 8);
    expect(movie.frames).toHaveLength(33);

    for (const difference of await differences(page, file, [0, 1, 16, 31, 32])) {
      expect(difference).toBeLessThan(3);
    }
    const [last] = await shownFrames(page, file, [32]);
    // The measure tells frames apart.
    expect(meanDifference(last ?? [], sourceFrame(0))).toBeGreaterThan(10);
  });

  it('carries prompt, parameters, title and comment', async () => {
    const page = await open();
    const { tags, created } = readMp4((await save(page, 'exportMp4', 33)).bytes);
    expect(tags['prompt']).toBe('狮子 drinks "water"');
    expect(tags['©nam']).toBe('狮子 drinks "water"');
    expect(JSON.parse(tags['parameters'] ?? '')).toEqual(PARAMETERS);
    expect(tags['©cmt']).toContain('seed 42, guidance 2.5, model micro');
    expect(tags['©too']).toBe('Flipbook 0.1.0');
    expect(created).toBe(0);
  });

  it('has the same bytes for the same frames', async () => {
    const [one, other] = [await open(), await open()];
    const first = await save(one, 'exportMp4', 9);
    const second = await save(other, 'exportMp4', 9);
    expect(second.file.base64 === first.file.base64).toBe(true);
  });

  it.each([
    [1, 96, 288],
    [5, 32, 256],
    [2, 87, 348],
    [3, 256, 256],
  ])('of %i frames of %i px has %i px', async (count, side, exported) => {
    const page = await open();
    const movie = readMp4((await save(page, 'exportMp4', count, side)).bytes);
    expect([movie.width, movie.height]).toEqual([exported, exported]);
    expect(movie.frames).toHaveLength(count);
    expect(movie.seconds).toBe(count / 8);
  });

  it.runIf(spawnSync('ffprobe', ['-version']).status === 0)('satisfies ffprobe', async () => {
    const page = await open();
    const folder = mkdtempSync(join(tmpdir(), 'flipbook-probe-'));
    try {
      const path = join(folder, 'clip.mp4');
      writeFileSync(path, (await save(page, 'exportMp4', 33)).bytes);
      const options = ['-v', 'error', '-count_frames', '-show_format', '-show_streams'];
      const text = execFileSync('ffprobe', [...options, '-of', 'json', path], { encoding: 'utf8' });
      const { streams, format } = JSON.parse(text) as {
        streams: unknown[];
        format: { duration: string; tags: Record<string, string> };
      };
      expect(streams).toHaveLength(1);
      expect(streams[0]).toMatchObject({
        codec_name: 'h264',
        pix_fmt: 'yuv420p',
        width: 288,
        height: 288,
        r_frame_rate: '8/1',
        avg_frame_rate: '8/1',
        nb_read_frames: '33',
        color_space: 'smpte170m',
        color_range: 'tv',
      });
      expect(Number(format.duration)).toBe(33 / 8);
      expect(format.tags).toMatchObject({
        prompt: '狮子 drinks "water"',
        title: '狮子 drinks "water"',
        encoder: 'Flipbook 0.1.0',
      });
      expect(JSON.parse(format.tags['parameters'] ?? '')).toEqual(PARAMETERS);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** An encoder that accepts the codec, as some do, and fails at its first frame. */
const failing = (codecs: string) => `
  const configure = VideoEncoder.prototype.configure;
  VideoEncoder.prototype.configure = function (config) {
    if (/${codecs}/.test(config.codec)) config = { ...config, codec: 'nonsense' };
    return configure.call(this, config);
  }`;

describe('MP4 where the browser encodes less', () => {
  it.each([
    ['avc', 'VP9', 'vp09'],
    ['avc|vp09', 'AV1', 'av01'],
  ])('without %s is %s, and says so', async (missing, codec, sample) => {
    const page = await open(failing(missing));
    const { file, bytes } = await save(page, 'exportMp4', 33);
    expect(file.codec).toBe(codec);
    expect(file.note).toMatch(`could not encode H.264`);
    expect(file.note).toMatch(`the file uses ${codec}`);
    const movie = readMp4(bytes);
    expect(movie.codec).toBe(sample);
    expect(movie.frames).toHaveLength(33);
    expect(JSON.parse(movie.tags['parameters'] ?? '')).toMatchObject({ codec });
    for (const difference of await differences(page, file, [0, 32])) {
      expect(difference).toBeLessThan(3);
    }
  });

  it.each([
    ['no WebCodecs', 'delete globalThis.VideoEncoder', 'no video encoder'],
    ['no codec at all', failing('.'), 'could not encode any video format'],
  ])('with %s names the other formats, which still work', async (_, prelude, message) => {
    const page = await open(prelude);
    const { failure } = await trySave(page, 'exportMp4', 2);
    expect(failure?.kind).toBe('ExportUnsupported');
    expect(failure?.message).toContain(message);
    expect(failure?.message).toContain('GIF or as PNG frames');
    expect((await save(page, 'exportGif', 2)).file.codec).toBe('GIF');
  });

  it('tries the next codec when an encoder drops frames', async () => {
    const page = await open(`
      const encode = VideoEncoder.prototype.encode;
      let dropped = false;
      VideoEncoder.prototype.encode = function (frame, options) {
        if (!dropped && frame.timestamp > 0) return void (dropped = true);
        return encode.call(this, frame, options);
      }`);
    expect(readMp4((await save(page, 'exportMp4', 5)).bytes).frames).toHaveLength(5);
  });
});
