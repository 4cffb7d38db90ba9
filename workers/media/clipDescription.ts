import type { ClipFrames, ExportInfo } from '../../src/shared/exportProtocol';
import { FlipbookError } from '../../src/shared/errors';

/** Everything that a file says about its clip, beside the prompt. */
export type ClipParameters = ExportInfo['parameters'];

/**
 * The settings, the model and the app, then facts of this file, e.g. how it was enlarged. What this
 * says must not differ between two exports of the same clip.
 */
export function clipParameters(
  { frames, framesPerSecond }: ClipFrames,
  { parameters, modelId, appVersion }: ExportInfo,
  facts: ClipParameters = {},
): ClipParameters {
  return {
    ...parameters,
    model: modelId,
    frames: frames.length,
    framesPerSecond,
    ...facts,
    app: programName(appVersion),
  };
}

export function programName(appVersion: string): string {
  return `Flipbook ${appVersion}`;
}

/** One line for people: "seed 42, guidance 3, ..." */
export function readable(parameters: ClipParameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

/** @throws FlipbookError ExportFailed unless there are frames, all complete and of one size */
export function checkClip({ frames, framesPerSecond }: ClipFrames): {
  width: number;
  height: number;
} {
  const [first] = frames;
  if (!first) {
    throw new FlipbookError('ExportFailed', 'There is no frame yet. Generate a clip first.');
  }
  const { width, height } = first;
  frames.forEach((frame, index) => {
    const expected = width * height * 4;
    if (frame.width === width && frame.height === height && frame.pixels.length === expected)
      return;
    throw new FlipbookError(
      'ExportFailed',
      `Frame ${index} has ${frame.width} x ${frame.height} px and ${frame.pixels.length} bytes, ` +
        `but the clip has ${width} x ${height} px and ${expected} bytes. Generate it again.`,
    );
  });
  if (!(framesPerSecond > 0)) {
    throw new FlipbookError(
      'ExportFailed',
      `framesPerSecond must be above 0, but is ${framesPerSecond}. Correct the model's manifest.`,
    );
  }
  return { width, height };
}
