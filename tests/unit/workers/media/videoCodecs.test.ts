import { describe, expect, it } from 'vitest';
import { videoCodecs } from '../../../../workers/media/videoCodecs';

describe('ladder of video codecs', () => {
  it('tries H.264, then VP9, then AV1', () => {
    expect(videoCodecs(288, 288).map(({ codec }) => codec)).toEqual([
      'avc1.64001f',
      'avc1.42e01f',
      'vp09.00.21.08',
      'av01.0.01M.08',
    ]);
  });

  it.each([
    [1280, 720, 'avc1.64001f', 'vp09.00.31.08'],
    [1920, 1080, 'avc1.640028', 'vp09.00.40.08'],
    [3840, 2160, 'avc1.640033', 'vp09.00.50.08'],
    [8192, 8192, 'avc1.64003e', 'vp09.00.62.08'],
  ])('names a level that allows %i x %i px', (width, height, avc, vp9) => {
    const codecs = videoCodecs(width, height).map(({ codec }) => codec);
    expect(codecs).toContain(avc);
    expect(codecs).toContain(vp9);
  });
});
