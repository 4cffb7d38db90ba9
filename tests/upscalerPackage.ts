/** The micro package with the test upscaler (training/export/upscaler_fixture.py) added to it. */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIXTURE = fileURLToPath(new URL('fixtures/upscaler', import.meta.url));

/** What PyTorch makes of one frame with the fixture's weights. */
export interface UpscalerGolden {
  pixels: number;
  upscaledPixels: number;
  precision: string;
  /** base64 of pixels * pixels * 3 bytes. */
  frame: string;
  /** base64 of upscaledPixels * upscaledPixels * 3 bytes. */
  upscaled: string;
}

export const upscalerGolden = JSON.parse(
  readFileSync(join(FIXTURE, 'golden.json'), 'utf8'),
) as UpscalerGolden;

/** Puts the upscaler into a copy of the micro package. */
export function addUpscaler(folder: string): void {
  const content = readFileSync(join(FIXTURE, 'upscaler.onnx'));
  copyFileSync(join(FIXTURE, 'upscaler.onnx'), join(folder, 'upscaler.onnx'));
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> & {
    graphs: Record<string, unknown>;
  };
  const sha256 = createHash('sha256').update(content).digest('hex');
  manifest['upscaledPixels'] = upscalerGolden.upscaledPixels;
  manifest.graphs['upscaler'] = {
    files: [{ path: 'upscaler.onnx', bytes: content.length, sha256 }],
    inputs: ['frames'],
    outputs: ['upscaled'],
    precision: upscalerGolden.precision,
  };
  writeFileSync(path, JSON.stringify(manifest));
}
