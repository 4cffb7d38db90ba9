/** The micro package with the test super-resolution (training/dsr/super_resolution_fixture.py). */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURE = fileURLToPath(new URL('fixtures/superResolution', import.meta.url));
/** Finer tokens, then their pixels. */
const SHARDS = ['superResolution.onnx', 'fineDecoder.onnx'];

/** What PyTorch makes of one frame with the fixture's weights. */
export interface SuperResolutionGolden {
  upscaledPixels: number;
  precision: string;
  seed: number;
  /** Ids of the prompt. */
  text: number[];
  tokens: number[];
  fineTokens: number[];
  /** base64 of upscaledPixels * upscaledPixels * 3 bytes. */
  frame: string;
}

export const superResolutionGolden = JSON.parse(
  readFileSync(join(FIXTURE, 'golden.json'), 'utf8'),
) as SuperResolutionGolden;

/** Puts the super-resolution into a copy of the micro package, as its upscaler. */
export function addSuperResolution(folder: string): void {
  const files = SHARDS.map((path) => {
    const content = readFileSync(join(FIXTURE, path));
    copyFileSync(join(FIXTURE, path), join(folder, path));
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { path, bytes: content.length, sha256 };
  });
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> & {
    graphs: Record<string, unknown>;
  };
  manifest['upscaledPixels'] = superResolutionGolden.upscaledPixels;
  manifest.graphs['upscaler'] = {
    files,
    inputs: ['text', 'tokens', 'uniforms'],
    outputs: ['upscaled'],
    precision: superResolutionGolden.precision,
  };
  writeFileSync(path, JSON.stringify(manifest));
}
