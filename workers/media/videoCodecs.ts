/** The video codecs that an MP4 can hold, in the order in which they are tried. */

export interface VideoCodec {
  /** For display. */
  name: 'H.264' | 'VP9' | 'AV1';
  /** Name of the codec in mp4-muxer. */
  container: 'avc' | 'vp9' | 'av1';
  /** WebCodecs codec string: profile, level, bit depth. */
  codec: string;
}

/** H.264 plays everywhere; High compresses better, Baseline is all that some encoders know. */
export function videoCodecs(width: number, height: number): VideoCodec[] {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const avc = levelFor(macroblocks, AVC_LEVELS);
  const vp9 = levelFor(width * height, VP9_LEVELS);
  const av1 = levelFor(width * height, AV1_LEVELS);
  return [
    { name: 'H.264', container: 'avc', codec: `avc1.6400${avc}` },
    { name: 'H.264', container: 'avc', codec: `avc1.42e0${avc}` },
    { name: 'VP9', container: 'vp9', codec: `vp09.00.${vp9}.08` },
    { name: 'AV1', container: 'av1', codec: `av01.0.${av1}M.08` },
  ];
}

/** Largest picture of a level, and the level as the codec string writes it. */
type Level = [largest: number, name: string];

/** Macroblocks: levels 3.1, 4, 5.1, 6.2. */
const AVC_LEVELS: Level[] = [
  [3600, '1f'],
  [8192, '28'],
  [36864, '33'],
  [Infinity, '3e'],
];

/** Pixels: levels 2.1, 3.1, 4, 5, 6.2. */
const VP9_LEVELS: Level[] = [
  [245760, '21'],
  [983040, '31'],
  [2228224, '40'],
  [8912896, '50'],
  [Infinity, '62'],
];

/** Pixels: levels 2.1, 3.1, 4.0, 5.0, 6.2. */
const AV1_LEVELS: Level[] = [
  [278784, '01'],
  [1065024, '05'],
  [2359296, '08'],
  [8912896, '12'],
  [Infinity, '18'],
];

function levelFor(size: number, levels: Level[]): string {
  const level = levels.find(([largest]) => size <= largest);
  if (!level) throw new RangeError(`No level for a picture of size ${size}.`);
  return level[1];
}
