/** The batches that a clip draws, with seeded random tokens in the place of drawn ones. */
import { streamKey, uniform } from '../../../workers/sampling/randomStream';
import { GIVEN_FRAMES, WINDOW_FRAMES } from '../../../workers/sampling/schedule';
import { patternLayouts } from '../../../workers/sampling/visibility';
import { wavesOf } from '../../../workers/sampling/wavefront';
import { CACHE_BYTES } from '../../../workers/stages/context';
import { passCandidatesThatFit, passWindowsThatFit } from '../../../workers/stages/windowsThatFit';
import type { StepManifest, StepWork } from './stepTypes';

/** Ids of a text with and without the prompt: duration and line break alone are about four. */
const TEXT_IDS = 16;
const BARE_TEXT_IDS = 4;

/** Key frames as the package draws them by default. */
export function keyFrameWork(manifest: StepManifest): StepWork {
  const { guidance, candidates = 1 } = manifest.sampling;
  return work(manifest, 'Key frames', 'keyframes', guidance, candidates, 0);
}

/** The same in parallel; none where the package cannot. */
export function waveWorks(manifest: StepManifest): StepWork[] {
  const { keyFrameLag: lag } = manifest.sampling;
  if (lag === undefined) return [];
  const layouts = patternLayouts(manifest.grid, manifest.keyframeWindows);
  const count = wavesOf(layouts, { given: 0, frames: WINDOW_FRAMES, lag }).length;
  const name = 'Key frames, a wave of all five';
  return [{ ...keyFrameWork(manifest), name, waves: { lag, count } }];
}

/** Round `round` (1..), cell by cell: all its windows in one batch. */
export function roundWork(manifest: StepManifest, round: number): StepWork {
  const guidance = manifest.sampling.interpolationGuidance;
  return work(manifest, `Round ${round}`, 'interpolation', guidance, 2 ** round, GIVEN_FRAMES);
}

/** The same in passes, of as many windows as the app runs at once; none where the package cannot. */
export function passWorks(manifest: StepManifest, round: number): StepWork[] {
  const { interpolationGuidance: guidance, interpolationPasses: passes } = manifest.sampling;
  if (passes === undefined) return [];
  const fitting = passWindowsThatFit(guidance, { manifest, cacheBytes: CACHE_BYTES });
  const windows = Math.min(2 ** round, fitting);
  const name = `Round ${round}, a pass`;
  return [{ ...work(manifest, name, 'interpolation', guidance, windows, GIVEN_FRAMES), passes }];
}

/** The last key frame in passes, of as many candidates as the app runs at once: it reads the most. */
export function keyFramePassWorks(manifest: StepManifest): StepWork[] {
  const { guidance, candidates = 1, keyFramePasses: passes } = manifest.sampling;
  if (passes === undefined) return [];
  const fitting = passCandidatesThatFit(guidance, { manifest, cacheBytes: CACHE_BYTES });
  const count = Math.min(candidates, fitting);
  const name = 'Last key frame, a pass';
  return [{ ...work(manifest, name, 'keyframes', guidance, count, WINDOW_FRAMES - 1), passes }];
}

function work(
  manifest: StepManifest,
  name: string,
  stage: StepWork['stage'],
  guidance: number,
  windows: number,
  givenFrames: number,
): StepWork {
  const cells = manifest.grid ** 2;
  const frames = Array.from({ length: windows }, (_, window) =>
    Array.from({ length: WINDOW_FRAMES }, (_, frame) => {
      const key = streamKey(windows, window, frame);
      return numbersBelow(manifest.codes, cells, key);
    }),
  );
  const lengths = guidance === 1 ? [TEXT_IDS] : [TEXT_IDS, BARE_TEXT_IDS];
  return {
    name,
    stage,
    guidance,
    texts: lengths.flatMap((length) => frames.map(() => textOf(length, manifest))),
    given: frames.map((window) => window.slice(0, givenFrames)),
    drawn: frames.map((window) => window.slice(givenFrames)),
  };
}

/** Text pieces lie between the special ids at both ends of the vocabulary's text part. */
function textOf(length: number, { ids, textLength }: StepManifest): number[] {
  const first = Math.max(ids.pad, ids.unknown, ids.lineBreak) + 1;
  const pieces = Math.max(1, ids.beginOfImage - first);
  const count = Math.min(length, textLength);
  return numbersBelow(pieces, count, streamKey(length)).map((piece) => first + piece);
}

function numbersBelow(limit: number, count: number, key: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.floor(uniform(key, index) * limit));
}
