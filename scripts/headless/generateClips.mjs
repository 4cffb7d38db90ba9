/** Draws one clip or several and saves what the page's Export buttons save. */
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { unzipSync } from 'fflate';

/**
 * @typedef {import('./flipbookPage.mjs').FlipbookPage} FlipbookPage
 * @typedef {import('./generateArguments.mjs').ExportFormat} ExportFormat
 * @typedef {import('./readPrompts.mjs').PromptLine} PromptLine
 *
 * @typedef {object} SavedClip
 * @property {string} prompt
 * @property {number} seed
 * @property {string} file
 * @property {string} [framesFolder]
 * @property {number} frames
 * @property {number} seconds that the drawing took
 *
 * @typedef {{ prompt: string, seed: number, error: string }} FailedClip
 *
 * @typedef {object} ClipsFile what a folder of clips holds
 * @property {1} format
 * @property {{ id: string, version: string }} model
 * @property {SavedClip[]} clips
 * @property {FailedClip[]} failed
 */

/**
 * @param {FlipbookPage} flipbook
 * @param {{ prompt: string, seed: number, format: ExportFormat, framesFolder?: string | undefined,
 *   pathFor: (suggestedName: string) => string }} clip
 * @param {(line: string) => void} print
 * @returns {Promise<SavedClip>}
 */
export async function generateClip(flipbook, clip, print) {
  const { prompt, seed, format, framesFolder, pathFor } = clip;
  print(`Drawing "${prompt}", seed ${seed}`);
  const { timings, frames } = await flipbook.generate(prompt, seed);
  const { path, summary } = await flipbook.save(format, (name) => {
    const wanted = pathFor(name);
    mkdirSync(dirname(wanted), { recursive: true });
    return wanted;
  });
  const seconds = Math.round(timings.total) / 1000;
  print(`${path}: ${frames} frames in ${seconds.toFixed(1)} s. ${summary}`);
  const saved = { prompt, seed, file: path, frames, seconds };
  if (!framesFolder) return saved;
  await saveFrames(flipbook, framesFolder);
  return { ...saved, framesFolder };
}

/**
 * Several clips into one folder. One that fails does not stop the others; clips.json, written after
 * each clip, names them all: compare.html and training/frame_sheet.py read it.
 *
 * @param {FlipbookPage} flipbook
 * @param {PromptLine[]} lines
 * @param {{ out: string, seed: number | undefined, frames: string | undefined,
 *   model: ClipsFile['model'] }} wish
 * @param {(line: string) => void} print
 * @returns {Promise<number>} how many failed
 */
export async function generateAll(flipbook, lines, { out, seed, frames, model }, print) {
  /** @type {ClipsFile} */
  const listed = { format: 1, model, clips: [], failed: [] };
  mkdirSync(out, { recursive: true });
  for (const [position, line] of lines.entries()) {
    const clip = {
      prompt: line.prompt,
      seed: line.seed ?? seed ?? randomSeed(),
      format: /** @type {const} */ ('mp4'),
    };
    const number = String(position + 1).padStart(String(lines.length).length, '0');
    const pathFor = (/** @type {string} */ name) => join(out, `${number}-${name}`);
    const framesFolder = frames && join(frames, number);
    try {
      listed.clips.push(await generateClip(flipbook, { ...clip, pathFor, framesFolder }, print));
    } catch (error) {
      if (flipbook.page.isClosed()) throw error;
      const { message } = /** @type {Error} */ (error);
      print(`"${clip.prompt}" failed: ${message}`);
      listed.failed.push({ prompt: clip.prompt, seed: clip.seed, error: message });
    }
    writeClipsFile(out, listed);
  }
  return listed.failed.length;
}

export function randomSeed() {
  return randomInt(2 ** 32);
}

/**
 * Files are named relative to clips.json.
 *
 * @param {string} out
 * @param {ClipsFile} listed
 */
function writeClipsFile(out, listed) {
  const clips = listed.clips.map((clip) => ({ ...clip, file: basename(clip.file) }));
  writeFileSync(join(out, 'clips.json'), `${JSON.stringify({ ...listed, clips }, null, 2)}\n`);
}

/**
 * The page's PNG frames, unpacked.
 *
 * @param {FlipbookPage} flipbook
 * @param {string} folder
 */
async function saveFrames(flipbook, folder) {
  const temporary = mkdtempSync(join(tmpdir(), 'flipbook-frames-'));
  try {
    const { path } = await flipbook.save('png', () => join(temporary, 'frames.zip'));
    mkdirSync(folder, { recursive: true });
    for (const [name, bytes] of Object.entries(unzipSync(readFileSync(path)))) {
      if (extname(name) === '.png') writeFileSync(join(folder, basename(name)), bytes);
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
