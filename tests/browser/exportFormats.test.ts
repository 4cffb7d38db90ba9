/** GIF and PNG files made in a real Chromium, read back, and exports that cannot be. */
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { sampleClip } from './exportPage/sampleClip';
import { save, trySave, useExportSite } from './exportSite';

const open = useExportSite();

describe('an export that cannot be', () => {
  it('of no frames says what to do', async () => {
    const page = await open();
    for (const name of ['exportMp4', 'exportGif', 'exportPngZip'] as const) {
      const { failure } = await trySave(page, name, 0);
      expect(failure).toEqual({
        kind: 'ExportFailed',
        message: 'There is no frame yet. Generate a clip first.',
      });
    }
  });

  it('because its worker does not start is an error, not a wait', async () => {
    const page = await open('throw new Error("out of memory")');
    const { failure } = await trySave(page, 'exportMp4', 1);
    expect(failure?.kind).toBe('ExportFailed');
    expect(failure?.message).toContain('out of memory');
  });
});

describe('other formats', () => {
  it('GIF has every frame, loops and says what it shows', async () => {
    const page = await open();
    const { file, bytes } = await save(page, 'exportGif', 33);
    expect(file).toMatchObject({ type: 'image/gif', fileName: '狮子-drinks-water-42.gif' });
    const decoded = await page.evaluate(async (base64) => {
      const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const decoder = new ImageDecoder({ data, type: 'image/gif' });
      await decoder.tracks.ready;
      const { frameCount = 0, repetitionCount } = decoder.tracks.selectedTrack ?? {};
      let microseconds = 0;
      for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
        const { image } = await decoder.decode({ frameIndex });
        microseconds += image.duration ?? 0;
        image.close();
      }
      return { frameCount, loops: repetitionCount === Infinity, microseconds };
    }, file.base64);
    expect(decoded).toEqual({ frameCount: 33, loops: true, microseconds: 4_130_000 });
    expect(new TextDecoder().decode(bytes)).toContain('"seed":42');
  });

  it('PNG frames are the frames, bit for bit', async () => {
    const page = await open();
    const { file, bytes } = await save(page, 'exportPngZip', 12);
    expect(file).toMatchObject({ type: 'application/zip', fileName: '狮子-drinks-water-42.zip' });
    const files = unzipSync(bytes);
    const names = Object.keys(files).filter((name) => name.endsWith('.png'));
    expect(names).toEqual(
      Array.from({ length: 12 }, (_, i) => `frame-${String(i).padStart(2, '0')}.png`),
    );
    const about = JSON.parse(new TextDecoder().decode(files['parameters.json'])) as unknown;
    expect(about).toMatchObject({
      prompt: '狮子 drinks "water"',
      parameters: { seed: 42, frames: 12 },
    });
    const png = Buffer.from(files['frame-11.png'] ?? []).toString('base64');
    const pixels = await page.evaluate(async (base64) => {
      const data = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([data], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context?.drawImage(bitmap, 0, 0);
      return [...(context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [])];
    }, png);
    expect(pixels).toEqual([...(sampleClip(12).frames[11]?.pixels ?? [])]);
  });
});
