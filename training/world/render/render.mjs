#!/usr/bin/env node
/**
 * Renders the toy world's sprite atlas and background plates from the 3D assets.
 *
 *   node training/world/render/render.mjs [--out DIR] [--assets DIR] [--emoji DIR] [--scale S]
 *       [--layouts N] [--sheet FILE] [--only IDS]
 *
 * Starts a private vite server and headless Chromium (software WebGL, no GPU needed).
 * --scale is how many stored pixels make a pixel of a 96x96 frame, along a side (2 when not given);
 * --layouts is how many plates each place has (4 when not given);
 * --sheet also writes contact sheets (FILE-<id>.png); --only renders the named subjects and places
 * (comma separated) and replaces their entries in the index that is there.
 */
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import { greyPng } from './greyPng.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const REPOSITORY = resolve(HERE, '../../..');
/** Starting takes long where the machine is busy. */
const TIMEOUT_MS = 600_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      assets: { type: 'string' },
      emoji: { type: 'string' },
      scale: { type: 'string', default: '2' },
      layouts: { type: 'string', default: '4' },
      sheet: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const scale = wholeNumber('scale', values.scale, 1, 8);
  const layouts = wholeNumber('layouts', values.layouts, 4, 64);
  const data = process.env['FLIPBOOK_DATA'] ?? join(REPOSITORY, 'training/data');
  const assets =
    values.assets ??
    process.env['FLIPBOOK_ASSETS'] ??
    join(REPOSITORY, '../shared/assets/toy-world');
  return {
    out: resolve(values.out ?? join(data, 'render')),
    assets: resolve(assets),
    emoji: resolve(
      values.emoji ?? join(REPOSITORY, 'node_modules/@lobehub/fluent-emoji-3d/assets'),
    ),
    scale,
    layouts,
    sheet: values.sheet,
    only: values.only?.split(','),
  };
}

function wholeNumber(name, text, least, most) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}

/** Serves the renderer page, with the asset folder as its public files. */
async function startServer(assets) {
  const server = await createServer({
    configFile: false,
    root: HERE,
    publicDir: assets,
    cacheDir: join(tmpdir(), 'flipbook-render-vite'),
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, watch: null, hmr: false },
    optimizeDeps: {
      include: [
        'three',
        'three/addons/loaders/GLTFLoader.js',
        'three/addons/loaders/FBXLoader.js',
      ],
    },
  });
  await server.listen();
  return { server, url: `http://127.0.0.1:${server.httpServer.address().port}/` };
}

async function openPage(url) {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`page: ${message.text()}`);
  });
  await page.goto(url);
  await page.waitForFunction(() => window.toyWorld !== undefined);
  return { browser, page };
}

async function save(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

const savePng = (path, base64) => save(path, Buffer.from(base64, 'base64'));

async function saveSheet(page, sheet, id) {
  const png = await page.evaluate(() => window.toyWorld.contactSheet());
  if (sheet !== undefined) await savePng(sheet.replace(/(\.png)?$/, `-${id}.png`), png);
}

const timing = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

/** Saves the files of a subject or billboard and returns its entry for atlas.json. */
async function saveSprites({ entry, files, greyFiles, warnings }, out) {
  for (const { file, png } of files) await savePng(join(out, file), png);
  for (const { file, width, height, pixels } of greyFiles) {
    await save(join(out, file), greyPng(width, height, Buffer.from(pixels, 'base64')));
  }
  for (const warning of warnings) console.warn(`warning: ${warning}`);
  return entry;
}

async function renderSubjects(page, ids, { out, sheet }) {
  const subjects = {};
  for (const id of ids) {
    const start = performance.now();
    const sprites = await page.evaluate((name) => window.toyWorld.renderSubject(name), id);
    subjects[id] = await saveSprites(sprites, out);
    await saveSheet(page, sheet, id);
    console.log(`${id}: ${Object.keys(sprites.entry.clips).join(' ')} in ${timing(start)}`);
  }
  return subjects;
}

async function renderBillboards(page, billboards, { out, sheet, emoji }) {
  const subjects = {};
  const start = performance.now();
  for (const { id, art } of billboards) {
    const picture = await readFile(join(emoji, `${art}.webp`));
    const address = `data:image/webp;base64,${picture.toString('base64')}`;
    const sprites = await page.evaluate(
      ([name, url]) => window.toyWorld.renderBillboard(name, url),
      [id, address],
    );
    subjects[id] = await saveSprites(sprites, out);
  }
  if (billboards.length > 0) await saveSheet(page, sheet, 'billboards');
  console.log(`${billboards.length} billboards in ${timing(start)}`);
  return subjects;
}

async function renderPlaces(page, ids, { out, sheet, layouts }) {
  const places = {};
  const start = performance.now();
  for (const id of ids) {
    const result = await page.evaluate(
      ([name, count]) => window.toyWorld.renderPlace(name, count),
      [id, layouts],
    );
    for (const { file, png } of result.files) await savePng(join(out, file), png);
    places[id] = { layouts: result.layouts };
  }
  if (ids.length > 0) await saveSheet(page, sheet, 'places');
  console.log(`${ids.length} places in ${timing(start)}`);
  return places;
}

async function writeJson(path, value) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * The index into which --only puts its entries: empty when all is rendered, or when there is none
 * yet. Throws when its pictures have another scale.
 */
async function readOldIndex({ out, only, scale }) {
  if (only === undefined) return { atlas: {}, plates: {} };
  const [atlas, plates] = [
    await readJson(join(out, 'atlas.json')),
    await readJson(join(out, 'plates.json')),
  ];
  if (atlas === undefined || plates === undefined) return { atlas: {}, plates: {} };
  if (atlas.scale !== scale) {
    throw new Error(`${out} has pictures of scale ${atlas.scale}: add --scale ${atlas.scale}.`);
  }
  return { atlas, plates };
}

async function writeIndex(out, { atlas, plates }, header, { subjects, places }) {
  await writeJson(join(out, 'atlas.json'), {
    ...header,
    subjects: { ...atlas.subjects, ...subjects },
  });
  await writeJson(join(out, 'plates.json'), { places: { ...plates.places, ...places } });
}

/** The file's content; undefined when there is no such file. */
async function readJson(path) {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

async function main() {
  const options = readOptions();
  await access(join(options.assets, 'animals_pack')).catch(() => {
    throw new Error(
      `No 3D assets in ${options.assets}. Give their folder with --assets or FLIPBOOK_ASSETS.`,
    );
  });
  await access(join(options.emoji, '1f418.webp')).catch(() => {
    throw new Error(
      `No emoji pictures in ${options.emoji}. Run npm install, or give their folder with --emoji.`,
    );
  });
  const index = await readOldIndex(options);
  const start = performance.now();
  const { server, url } = await startServer(options.assets);
  const { browser, page } = await openPage(`${url}?scale=${options.scale}`);
  try {
    const { header, ...all } = await page.evaluate(() => {
      const { header, subjects, billboards, places } = window.toyWorld;
      return { header, subjects, billboards, places };
    });
    const wanted = (id) => options.only?.includes(id) ?? true;
    const subjects = {
      ...(await renderSubjects(page, all.subjects.filter(wanted), options)),
      ...(await renderBillboards(
        page,
        all.billboards.filter(({ id }) => wanted(id)),
        options,
      )),
    };
    const places = await renderPlaces(page, all.places.filter(wanted), options);
    await writeIndex(options.out, index, header, { subjects, places });
    console.log(`Wrote ${options.out} in ${timing(start)}`);
  } finally {
    await browser.close();
    await server.close();
  }
}

await main();
