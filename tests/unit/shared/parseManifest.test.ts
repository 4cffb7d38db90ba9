import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorKind } from '../../../src/shared/errors';
import { drawingGraphs } from '../../../src/shared/manifest';
import { packageFiles } from '../../../src/shared/packageFiles';
import { parseManifest } from '../../../src/shared/parseManifest';

const MICRO = new URL('../../fixtures/models/micro/manifest.json', import.meta.url);

type Draft = Record<string, unknown> & {
  graphs: Record<
    string,
    { files: Record<string, unknown>[]; inputs?: string[]; outputs?: string[] }
  >;
};

type Sampling = Record<string, unknown>;

/** A cluster table for the fixture's 64 codes. */
const CLUSTERS = {
  table: { path: 'clusters.bin', bytes: 128, sha256: 'a'.repeat(64) },
  count: 20,
  innerTemperature: 0.89,
};
const FIRST_FRAME = { temperature: 1, topK: 16, textBoost: 1.4 };
const PLANNER = {
  files: [{ path: 'storyboard.onnx', bytes: 9, sha256: 'b'.repeat(64) }],
  inputs: ['text'],
  outputs: ['opening'],
  precision: 'fp32',
};
const PROMPT_TEXTS = {
  firstFrameSuffix: ' 高清摄影',
  guidedSuffix: ' 视频',
  unconditional: '视频',
};

/** Draws by clusters, and its first frame by the base channel. */
function drawsLikeCogVideo(draft: Draft): Sampling {
  draft.promptTexts = PROMPT_TEXTS;
  draft.graphs.keyframes!.inputs!.push('temporal_share');
  const sampling = draft.sampling as Sampling;
  return Object.assign(sampling, {
    clusters: structuredClone(CLUSTERS),
    firstFrame: { ...FIRST_FRAME },
  });
}

/** Draws the frames between as masked cells. */
function drawsMaskedCells(draft: Draft): Sampling {
  draft.graphs.interpolation!.inputs!.push('rows');
  return Object.assign(draft.sampling as Sampling, { interpolationPasses: 8, choiceNoise: 1.5 });
}

/** Draws key frames as masked cells, too. */
function drawsMaskedKeyFrames(draft: Draft): Sampling {
  draft.graphs.keyframes!.inputs!.push('rows');
  return Object.assign(drawsMaskedCells(draft), { keyFramePasses: 6 });
}

/** Draws key frames in parallel. */
function trails(draft: Draft): Sampling {
  draft.graphs.keyframes!.inputs!.push('rows');
  return Object.assign(draft.sampling as Sampling, { keyFrameLag: 5 });
}

/** The fixture's manifest with one thing wrong. */
function broken(change: (draft: Draft) => unknown): unknown {
  const draft = JSON.parse(readFileSync(MICRO, 'utf8')) as Draft;
  change(draft);
  return draft;
}

describe('parseManifest', () => {
  it('returns the fixture unchanged', () => {
    const json = broken(() => undefined);
    expect(parseManifest(json)).toEqual(json);
  });

  it('keeps how CogVideo draws: texts around the prompt, first frame, clusters', () => {
    const json = broken(drawsLikeCogVideo);
    const manifest = parseManifest(json);
    expect(manifest).toEqual(json);
    expect(packageFiles(manifest)).toContainEqual(CLUSTERS.table);
  });

  it.each<[string, RegExp, (draft: Draft) => unknown]>([
    ['newer format', /format must be 1, but is 2\..*newest app/, (d) => (d.format = 2)],
    ['no format', /format must be 1, but is missing/, (d) => delete d.format],
    ['missing graph', /graphs\.decoder must exist .*missing/, (d) => delete d.graphs.decoder],
    [
      'no graphs',
      /graphs must be a JSON object/,
      (d) => delete (d as Record<string, unknown>).graphs,
    ],
    [
      'bad hash',
      /graphs\.keyframes\.files\[0\]\.sha256 must be 64 .* "XYZ"/,
      (d) => (d.graphs.keyframes!.files[0]!.sha256 = 'XYZ'),
    ],
    [
      'bad size',
      /graphs\.decoder\.files\[0\]\.bytes must be a whole number, but is "12"/,
      (d) => (d.graphs.decoder!.files[0]!.bytes = '12'),
    ],
    [
      'path outside of the package',
      /path must be a plain path/,
      (d) => (d.graphs.decoder!.files[0]!.path = '../secret.onnx'),
    ],
    [
      'path on another host',
      /path must be a plain path/,
      (d) => (d.graphs.decoder!.files[0]!.path = 'https://elsewhere/x.onnx'),
    ],
    ['no files', /files must have at least 1 entry/, (d) => (d.graphs.decoder!.files = [])],
    ['grid is text', /grid must be a whole number, but is "12"/, (d) => (d.grid = '12')],
    [
      'grid does not divide',
      /pixels must be a multiple of grid \(4\), but is 33/,
      (d) => (d.pixels = 33),
    ],
    [
      'enlarged size without an upscaler',
      /upscaledPixels needs graphs\.upscaler, but is 96/,
      (d) => (d.upscaledPixels = 96),
    ],
    [
      'upscaler without an enlarged size',
      /upscaledPixels must be a whole number, but is missing/,
      (d) => (d.graphs.upscaler = d.graphs.decoder!),
    ],
    [
      'enlarged by a fraction',
      /upscaledPixels must be a multiple of pixels \(32\), but is 80/,
      (d) => {
        d.graphs.upscaler = d.graphs.decoder!;
        d.upscaledPixels = 80;
      },
    ],
    [
      'more files in main memory than there are',
      /graphs\.keyframes\.mainMemoryFiles must be a number from 0 to 1, but is 2/,
      (d) => ((d.graphs.keyframes as Record<string, unknown>).mainMemoryFiles = 2),
    ],
    [
      'more shards at a time than there are beside those in main memory',
      /graphs\.keyframes\.residentShards must be a number from 1 to 2, but is 3/,
      (d) => {
        const keyframes = d.graphs.keyframes!;
        const files = [1, 2, 3].map((n) => ({ ...keyframes.files[0], path: `${n}.onnx` }));
        Object.assign(keyframes, { files, mainMemoryFiles: 1, residentShards: 3 });
      },
    ],
    [
      'graph capture of several files',
      /graphs\.keyframes\.graphCapture must be false or left out with several files/,
      (d) => {
        const keyframes = d.graphs.keyframes!;
        const files = [1, 2].map((n) => ({ ...keyframes.files[0], path: `${n}.onnx` }));
        Object.assign(keyframes, { files, graphCapture: true });
      },
    ],
    [
      'graph capture that is neither on nor off',
      /graphs\.keyframes\.graphCapture must be true or false, but is "yes"/,
      (d) => Object.assign(d.graphs.keyframes!, { graphCapture: 'yes' }),
    ],
    [
      'release without its switch',
      /release\.asReleased must be true or false, but is missing/,
      (d) => (d.release = {} as { asReleased: boolean }),
    ],
    [
      'prompt texts without all of them',
      /promptTexts\.guidedSuffix must be a text that is not empty, but is missing/,
      (d) => (d.promptTexts = { firstFrameSuffix: ' x', unconditional: 'x' }),
    ],
    [
      'a first frame of its own without a graph that can draw it',
      /keyframes\.inputs must have temporal_share, since promptTexts\.firstFrameSuffix .*base_first_frame/,
      (d) => (d.promptTexts = PROMPT_TEXTS),
    ],
    [
      'settings of a first frame that reads what the others read',
      /sampling\.firstFrame needs promptTexts, but is \{"temperature":1/,
      (d) => ((d.sampling as Sampling).firstFrame = FIRST_FRAME),
    ],
    [
      'a choice after every frame beside a first frame of its own',
      /sampling\.candidateChoice must be "clip" beside promptTexts, but is "frame"/,
      (d) => {
        d.graphs.ranker = d.graphs.decoder!;
        Object.assign(drawsLikeCogVideo(d), { candidates: 4, candidateChoice: 'frame' });
      },
    ],
    [
      'clusters for fewer codes',
      /sampling\.clusters\.table\.bytes must be 128 \(2 for each of 64 codes\), but is 126/,
      (d) => ((drawsLikeCogVideo(d).clusters as typeof CLUSTERS).table.bytes = 126),
    ],
    [
      'more clusters than codes',
      /sampling\.clusters\.count must be a number from 1 to 64, but is 65/,
      (d) => ((drawsLikeCogVideo(d).clusters as typeof CLUSTERS).count = 65),
    ],
    [
      'clusters at a temperature of 0',
      /sampling\.temperature must be a number above 0, but is 0/,
      (d) => (drawsLikeCogVideo(d).temperature = 0),
    ],
    [
      'a first frame of clusters at a temperature of 0',
      /sampling\.firstFrame\.temperature must be a number above 0, but is 0/,
      (d) => (drawsLikeCogVideo(d).firstFrame = { ...FIRST_FRAME, temperature: 0 }),
    ],
    [
      'codes of a cluster at a temperature below 0',
      /sampling\.clusters\.innerTemperature must be a number above 0, but is -1/,
      (d) => ((drawsLikeCogVideo(d).clusters as typeof CLUSTERS).innerTemperature = -1),
    ],
    ['other windows', /windowFrames must be 5, but is 7/, (d) => (d.windowFrames = 7)],
    [
      'id within the codes',
      /ids\.nullHint must be a number from 64 .* but is 3/,
      (d) => ((d.ids as Record<string, number>).nullHint = 3),
    ],
    [
      'rule without a rate',
      /defaultKeyRate must be one of rates \(1, 2, 4, 8\), but is 3/,
      (d) => (d.defaultKeyRate = 3),
    ],
    [
      'unknown norm',
      /architecture\.norm must be one of layer, rms/,
      (d) => ((d.architecture as Record<string, unknown>).norm = 'batch'),
    ],
    ['list of numbers', /credits\[0\] must be text, but is 5/, (d) => (d.credits = [5])],
    [
      'candidates without a ranker',
      /sampling\.candidates needs graphs\.ranker, but is 3/,
      (d) => ((d.sampling as Record<string, unknown>).candidates = 3),
    ],
    [
      'a choice without a ranker',
      /sampling\.candidateChoice needs graphs\.ranker, but is "frame"/,
      (d) => ((d.sampling as Record<string, unknown>).candidateChoice = 'frame'),
    ],
    [
      'an unknown choice',
      /sampling\.candidateChoice must be one of "clip", "frame"|sampling\.candidateChoice/,
      (d) => {
        d.graphs.ranker = d.graphs.decoder!;
        (d.sampling as Record<string, unknown>).candidateChoice = 'cell';
      },
    ],
    [
      'too many candidates',
      /sampling\.candidates must be a number from 1 to 8, but is 9/,
      (d) => {
        d.graphs.ranker = d.graphs.decoder!;
        (d.sampling as Record<string, unknown>).candidates = 9;
      },
    ],
    [
      'a storyboard planner that reads more than the prompt',
      /graphs\.storyboard\.inputs must be text alone, but is \["text","seed"\]/,
      (d) => (d.graphs.storyboard = { ...PLANNER, inputs: ['text', 'seed'] }),
    ],
    [
      'a storyboard planner that reads something else',
      /graphs\.storyboard\.inputs must be text alone, but is \["ids"\]/,
      (d) => (d.graphs.storyboard = { ...PLANNER, inputs: ['ids'] }),
    ],
    [
      'a storyboard planner that opens no frame',
      /graphs\.storyboard\.outputs must have opening, but is \["stages"\]/,
      (d) => (d.graphs.storyboard = { ...PLANNER, outputs: ['stages'] }),
    ],
    [
      'names of stages that nothing plans',
      /storyboard needs graphs\.storyboard/,
      (d) => {
        delete d.graphs.storyboard;
        (d as { storyboard?: unknown }).storyboard = { stages: [{ id: 99, en: 'a', zh: '甲' }] };
      },
    ],
    [
      'a stage whose id is an image code',
      /storyboard\.stages\[0\]\.id must be a number from 64 to 2147483647, but is 5/,
      (d) => {
        d.graphs.storyboard = PLANNER;
        (d as { storyboard?: unknown }).storyboard = { stages: [{ id: 5, en: 'a', zh: '甲' }] };
      },
    ],
    [
      'stages without an id',
      /storyboard\.idsPerStage must be a number from 1 to 65536, but is 0/,
      (d) => {
        d.graphs.storyboard = PLANNER;
        const stages = [{ id: 99, en: 'a', zh: '甲' }];
        (d as { storyboard?: object }).storyboard = { idsPerStage: 0, stages };
      },
    ],
    [
      'no pass',
      /sampling\.interpolationPasses must be a number from 1 to 64, but is 0/,
      (d) => (drawsMaskedCells(d).interpolationPasses = 0),
    ],
    [
      'half a pass',
      /sampling\.interpolationPasses must be a whole number, but is 2\.5/,
      (d) => (drawsMaskedCells(d).interpolationPasses = 2.5),
    ],
    [
      'too many passes',
      /sampling\.interpolationPasses must be a number from 1 to 64, but is 65/,
      (d) => (drawsMaskedCells(d).interpolationPasses = 65),
    ],
    [
      'noise below 0',
      /sampling\.choiceNoise must be a number from 0 to 100, but is -1/,
      (d) => (drawsMaskedCells(d).choiceNoise = -1),
    ],
    [
      'noise without passes',
      /sampling\.choiceNoise needs sampling\.keyFramePasses or sampling\.interpolationPasses, but is 1/,
      (d) => ((d.sampling as Sampling).choiceNoise = 1),
    ],
    [
      'passes of a graph that draws cell by cell',
      /interpolation\.inputs must have rows, since sampling\.interpolationPasses .* model that can draw masked cells/,
      (d) => ((d.sampling as Sampling).interpolationPasses = 8),
    ],
    [
      'passes beside clusters',
      /sampling\.interpolationPasses cannot stand beside sampling\.clusters, .* but is 8/,
      (d) => {
        drawsLikeCogVideo(d);
        drawsMaskedCells(d);
      },
    ],
    [
      'no pass of a key frame',
      /sampling\.keyFramePasses must be a number from 1 to 64, but is 0/,
      (d) => (drawsMaskedKeyFrames(d).keyFramePasses = 0),
    ],
    [
      'passes of key frames that are drawn cell by cell',
      /keyframes\.inputs must have rows, since sampling\.keyFramePasses .* leave sampling\.keyFramePasses out/,
      (d) => ((d.sampling as Sampling).keyFramePasses = 8),
    ],
    [
      'passes of key frames beside clusters',
      /sampling\.keyFramePasses cannot stand beside sampling\.clusters, .* but is 6/,
      (d) => {
        drawsLikeCogVideo(d);
        drawsMaskedKeyFrames(d);
      },
    ],
    [
      'passes of key frames beside a first frame that comes alone',
      /sampling\.keyFramePasses cannot stand beside promptTexts, .* but is 6/,
      (d) => {
        drawsMaskedKeyFrames(d);
        d.promptTexts = PROMPT_TEXTS;
        d.graphs.keyframes!.inputs!.push('temporal_share');
      },
    ],
    [
      'a lag longer than a frame',
      /sampling\.keyFrameLag must be a number from 1 to 16, but is 17/,
      (d) => (trails(d).keyFrameLag = 17),
    ],
    [
      'a lag of key frames that give the logits of one row',
      /keyframes\.inputs must have rows, since sampling\.keyFrameLag .* leave sampling\.keyFrameLag out/,
      (d) => ((d.sampling as Sampling).keyFrameLag = 5),
    ],
    [
      'a lag beside clusters',
      /sampling\.keyFrameLag cannot stand beside sampling\.clusters, .* but is 5/,
      (d) => {
        drawsLikeCogVideo(d);
        trails(d);
      },
    ],
    [
      'a lag beside a first frame that comes alone',
      /sampling\.keyFrameLag cannot stand beside promptTexts, .* but is 5/,
      (d) => {
        trails(d);
        d.promptTexts = PROMPT_TEXTS;
        d.graphs.keyframes!.inputs!.push('temporal_share');
      },
    ],
    [
      'NaN as text',
      /sampling\.temperature must be a number/,
      (d) => ((d.sampling as Record<string, unknown>).temperature = 'NaN'),
    ],
  ])('%s', (_, message, change) => {
    let caught: unknown;
    try {
      parseManifest(broken(change));
    } catch (error) {
      caught = error;
    }
    expect(errorKind(caught)).toBe('InvalidManifest');
    expect((caught as Error).message).toMatch(message);
  });

  it('keeps an upscaler and its size', () => {
    const json = broken((d) => {
      d.graphs.upscaler = d.graphs.decoder!;
      d.upscaledPixels = 96;
    });
    const manifest = parseManifest(json);
    expect(manifest).toEqual(json);
    expect(drawingGraphs(manifest)).toContain('upscaler');
    expect(drawingGraphs(parseManifest(broken(() => undefined)))).not.toContain('upscaler');
  });

  it('keeps a ranker and how many candidates it chooses among', () => {
    const json = broken((d) => {
      d.graphs.ranker = d.graphs.decoder!;
      Object.assign(d.sampling as object, { candidates: 4, candidateChoice: 'frame' });
    });
    const manifest = parseManifest(json);
    expect(manifest).toEqual(json);
    expect(drawingGraphs(manifest)).toContain('ranker');
  });

  it('keeps how many passes draw masked cells, with and without noise', () => {
    const json = broken(drawsMaskedCells);
    expect(parseManifest(json)).toEqual(json);
    const plain = broken((d) => delete drawsMaskedCells(d).choiceNoise);
    expect(parseManifest(plain)).toEqual(plain);
    const both = broken(drawsMaskedKeyFrames);
    expect(parseManifest(both)).toEqual(both);
    const keyFrames = broken((d) => {
      delete drawsMaskedKeyFrames(d).interpolationPasses;
      const { inputs } = d.graphs.interpolation!;
      inputs!.splice(inputs!.indexOf('rows'), 1);
    });
    expect(parseManifest(keyFrames)).toEqual(keyFrames);
  });

  it('keeps a lag of key frames', () => {
    const json = broken(trails);
    expect(parseManifest(json)).toEqual(json);
  });

  it('leaves cells one by one to graphs that can mask them and are not asked to', () => {
    const json = broken((d) => {
      d.graphs.keyframes!.inputs!.push('rows');
      d.graphs.interpolation!.inputs!.push('rows');
    });
    const { sampling } = parseManifest(json);
    expect([sampling.keyFramePasses, sampling.interpolationPasses]).toEqual([undefined, undefined]);
  });

  it('keeps a storyboard planner, whose files are fetched with the others', () => {
    const json = broken((d) => (d.graphs.storyboard = PLANNER));
    const manifest = parseManifest(json);
    expect(manifest).toEqual(json);
    expect(drawingGraphs(manifest)).toContain('storyboard');
    expect(packageFiles(manifest, drawingGraphs(manifest))).toContainEqual(PLANNER.files[0]);
    const without = parseManifest(
      broken((d) => {
        delete d.graphs.storyboard;
        delete (d as { storyboard?: unknown }).storyboard;
      }),
    );
    expect(drawingGraphs(without)).not.toContain('storyboard');
  });

  it('keeps how many ids tell a stage', () => {
    const json = broken((d) => {
      d.graphs.storyboard = PLANNER;
      (d as { storyboard?: object }).storyboard = {
        idsPerStage: 76,
        stages: [{ id: 99, en: 'a', zh: '甲' }],
      };
    });
    expect(parseManifest(json)).toEqual(json);
  });

  it.each([[null], ['<html>'], [[]], [7]])('rejects %j as a whole', (value) => {
    expect(() => parseManifest(value)).toThrow(/the whole file must be a JSON object/);
  });
});
