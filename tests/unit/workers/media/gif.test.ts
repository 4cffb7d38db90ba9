import { describe, expect, it } from 'vitest';
import { gifComment } from '../../../../workers/media/gifComment';
import { gifFrameDelay } from '../../../../workers/media/gifFrameDelay';

describe('time in a GIF', () => {
  it.each([8, 7.5, 12, 25, 30])('adds up to the length of the clip at %d fps', (rate) => {
    const frames = 33;
    const delays = Array.from({ length: frames }, (_, index) => gifFrameDelay(index, rate));
    const total = delays.reduce((sum, delay) => sum + delay, 0);
    expect(Math.abs(total - (frames * 1000) / rate)).toBeLessThanOrEqual(5);
    expect(Math.max(...delays) - Math.min(...delays)).toBeLessThanOrEqual(10);
    expect(delays.every((delay) => delay % 10 === 0)).toBe(true);
  });
});

describe('comment of a GIF', () => {
  it('is one sub-block when it is short', () => {
    expect([...gifComment('ab')]).toEqual([0x21, 0xfe, 2, 97, 98, 0]);
  });

  it('is cut into sub-blocks of 255 bytes that join to the same text', () => {
    const text = '狮'.repeat(200);
    const bytes = gifComment(text);
    const content: number[] = [];
    let at = 2;
    for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
      content.push(...bytes.subarray(at + 1, at + 1 + length));
      at += 1 + length;
    }
    expect(at).toBe(bytes.length - 1);
    expect(new TextDecoder().decode(Uint8Array.from(content))).toBe(text);
  });
});
