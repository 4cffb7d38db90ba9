#!/usr/bin/env node
/**
 * Renders the toy world's sprite atlas and background plates from the 3D assets.
 *
 *   node training/world/render/render.mjs [--out DIR] [--assets DIR] [--scale S] [--sheet FILE]
 *       [--only IDS]
 *
 * Starts a private vite server and headless Chromium (software WebGL, no GPU needed).
 * --scale is how many stored pixels make a pixel of a 96x96 frame, along a side (2 when not given);
 * --sheet also writes contact sheets (FILE-<id>.png); --only renders the named subjects and places
 * (comma separated) and writes no index.
 */
import { access, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const HERE = dirname(fileURLToPath(import.meta.url));
const REPOSITORY = resolve(HERE, '../../..');

function readOptions() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      assets: { type: 'string' },
      scale: { type: 'string', default: '2' },
      sheet: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const scale = Number(values.scale);
  if (!Number.isInteger(scale) || scale < 1 || scale > 8) {
    throw new Error(`--scale must be a whole number from 1 to 8, not "${values.scale}".`);
  }
  const data = process.env['FLIPBOOK_DATA'] ?? join(REPOSITORY, 'training/data');
  const assets =
    values.assets ??
    process.env['FLIPBOOK_ASSETS'] ??
    join(REPOSITORY, '../shared/assets/toy-world');
  return {
    out: resolve(values.out ?? join(data, 'render')),
    assets: resolve(assets),
    scale,
    sheet: values.sheet,
    only: values.only?.split(','),
  };
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
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`page: ${message.text()}`);
  });
  await page.goto(url);
  await page.waitForFunction(() => window.toyWorld !== undefined, undefined, { timeout: 60_000 });
  return { browser, page };
}

async function savePng(path, base64) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, Buffer.from(base64, 'base64'));
}

async function saveSheet(page, sheet, id) {
  const png = await page.evaluate(() => window.toyWorld.contactSheet());
  if (sheet !== undefined) await savePng(sheet.replace(/(\.png)?$/, `-${id}.png`), png);
}

const timing = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;

async function renderSubjects(page, ids, { out, sheet }) {
  const subjects = {};
  for (const id of ids) {
    const start = performance.now();
    const result = await page.evaluate((name) => window.toyWorld.renderSubject(name), id);
    for (const { file, png } of result.files) await savePng(join(out, file), png);
    for (const warning of result.warnings) console.warn(`warning: ${warning}`);
    subjects[id] = { clips: result.clips };
    await saveSheet(page, sheet, id);
    console.log(`${id}: ${Object.keys(result.clips).join(' ')} in ${timing(start)}`);
  }
  return subjects;
}

async function renderPlaces(page, ids, { out, sheet }) {
  const places = {};
  const start = performance.now();
  for (const id of ids) {
    const result = await page.evaluate((name) => window.toyWorld.renderPlace(name), id);
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

async function main() {
  const options = readOptions();
  await access(join(options.assets, 'animals_pack')).catch(() => {
    throw new Error(
      `No 3D assets in ${options.assets}. Give their folder with --assets or FLIPBOOK_ASSETS.`,
    );
  });
  const start = performance.now();
  const { server, url } = await startServer(options.assets);
  const { browser, page } = await openPage(`${url}?scale=${options.scale}`);
  try {
    const { header, ...all } = await page.evaluate(() => {
      const { header, subjects, places } = window.toyWorld;
      return { header, subjects, places };
    });
    const wanted = (id) => options.only?.includes(id) ?? true;
    const subjects = await renderSubjects(page, all.subjects.filter(wanted), options);
    const places = await renderPlaces(page, all.places.filter(wanted), options);
    if (options.only === undefined) {
      await writeJson(join(options.out, 'atlas.json'), { ...header, subjects });
      await writeJson(join(options.out, 'plates.json'), { places });
    }
    console.log(`Wrote ${options.out} in ${timing(start)}`);
  } finally {
    await browser.close();
    await server.close();
  }
}

await main();
