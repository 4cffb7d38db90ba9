/** The app's export module without the app, and the browser's own player to read files back. */
import * as exporters from '../../../src/export/index';
import { errorKind } from '../../../src/shared/errors';
import { sampleClip } from './sampleClip';

export type ExporterName = keyof typeof exporters;

export interface SavedFile {
  fileName: string;
  type: string;
  codec: string;
  note?: string | undefined;
  base64: string;
}

export interface Saving {
  file?: SavedFile;
  failure?: { kind: string; message: string };
}

const INFO = {
  prompt: '狮子 drinks "water"',
  parameters: { seed: 42, guidance: 2.5 },
  modelId: 'micro',
  appVersion: '0.1.0',
};

async function save(name: ExporterName, frameCount: number, side: number): Promise<Saving> {
  try {
    const { blob, fileName, codec, note } = await exporters[name](
      sampleClip(frameCount, side),
      INFO,
    );
    const base64 = toBase64(new Uint8Array(await blob.arrayBuffer()));
    return { file: { fileName, type: blob.type, codec, note, base64 } };
  } catch (error) {
    return { failure: { kind: errorKind(error), message: (error as Error).message } };
  }
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** RGBA of the frames shown at the given times (seconds), drawn with `side` pixels per side. */
async function play(base64: string, times: number[], side: number): Promise<number[][]> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: 'video/mp4' }));
  const video = document.createElement('video');
  const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('No canvas.');
  try {
    await settled(video, 'loadeddata', () => (video.src = url));
    const pictures: number[][] = [];
    for (const time of times) {
      await settled(video, 'seeked', () => (video.currentTime = time));
      context.imageSmoothingQuality = 'high';
      context.drawImage(video, 0, 0, side, side);
      pictures.push([...context.getImageData(0, 0, side, side).data]);
    }
    return pictures;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function settled(video: HTMLVideoElement, event: string, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener(event, () => resolve(), { once: true });
    video.addEventListener('error', () => reject(new Error(video.error?.message ?? 'no reason')), {
      once: true,
    });
    act();
  });
}

const exportPage = { save, play };

declare global {
  var exportPage: { save: typeof save; play: typeof play };
}

globalThis.exportPage = exportPage;
