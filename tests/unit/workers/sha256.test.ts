import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { sha256, sha256Plain } from '../../../workers/runtime/sha256';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

it.each([0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 100_003])('%i bytes', async (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 131 + (i >> 5)) & 0xff);
  const expected = createHash('sha256').update(bytes).digest('hex');
  expect(hex(sha256Plain(bytes))).toBe(expected);
  expect(await sha256(bytes)).toBe(expected);
});
