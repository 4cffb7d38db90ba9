/** `npm run generate`: the product without a window; --help says how. */
import process from 'node:process';
import { buildWhenStale } from './buildWhenStale.mjs';
import { withFlipbookPage } from './headless/flipbookPage.mjs';
import { GENERATE_USAGE, parseGenerateArguments } from './headless/generateArguments.mjs';
import { generateAll, generateClip, randomSeed } from './headless/generateClips.mjs';
import { modelPlace } from './headless/modelPlace.mjs';
import { readPrompts } from './headless/readPrompts.mjs';
import { statusLine } from './headless/statusLine.mjs';
import { UsageError } from './headless/usageError.mjs';

/**
 * @param {import('./headless/generateArguments.mjs').GenerateArguments} wish
 * @returns {Promise<number>} how many clips failed
 */
async function generate({ source, out, format, frames, seed, model, link }) {
  const lines = 'file' in source ? readPrompts(source.file) : null;
  buildWhenStale();
  const place = modelPlace(model);
  const { show, print } = statusLine(process.stderr);
  const options = { link: { ...link, ...place.link }, mounts: place.mounts, showStatus: show };
  return withFlipbookPage(options, async (flipbook) => {
    const { id, version, backend } = await flipbook.modelReady();
    print(`Model ${id} on ${backend.backend}, ${backend.detail}`);
    if (lines) {
      const wish = { out, seed, frames, model: { id, version } };
      return generateAll(flipbook, lines, wish, print);
    }
    const prompt = 'prompt' in source ? source.prompt : '';
    const clip = { prompt, seed: seed ?? randomSeed(), format, framesFolder: frames };
    await generateClip(flipbook, { ...clip, pathFor: () => out }, print);
    return 0;
  });
}

try {
  const wish = parseGenerateArguments(process.argv.slice(2));
  if (wish === 'help') console.log(GENERATE_USAGE);
  else if ((await generate(wish)) > 0) process.exitCode = 1;
} catch (error) {
  const { message } = /** @type {Error} */ (error);
  const hint = error instanceof UsageError ? '\n"npm run generate -- --help" says how.' : '';
  console.error(`\n${message}${hint}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
