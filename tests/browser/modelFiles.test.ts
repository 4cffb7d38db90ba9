/** Packages on their way in: the store, the cut network, and every kind of damaged package. */
import { readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServedDirectory } from '../../scripts/serve.mjs';
import { drawingGraphs } from '../../src/shared/manifest';
import type { ModelManifest } from '../../src/shared/manifest';
import { newContext, openApp } from './openApp';
import { goldenClip, optionsOf } from './pipelineOptions';
import { buildPipelineSite, MICRO, type PipelineSite } from './pipelineSite';

let site: PipelineSite;
let served: ServedDirectory;
beforeAll(async () => {
  site = await buildPipelineSite();
  served = await site.serve();
});
afterAll(async () => {
  await served.close();
  site.remove();
});

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function open(url = served.url, shared?: BrowserContext): Promise<Page> {
  const context = shared ?? (await newContext());
  if (!shared) opened.push(context);
  const { page } = await openApp({ url, context });
  await page.waitForFunction(() => 'pipeline' in globalThis);
  return page;
}

const load = (page: Page, model: string) =>
  page.evaluate((name) => pipeline.load(name, 'wasm'), model);

const sources = ({ progress }: Awaited<ReturnType<typeof load>>): Set<string> =>
  new Set(progress.flatMap((message) => (message.kind === 'file' ? [message.source] : [])));

const CLIP = goldenClip('sampled');

describe('the store', () => {
  it('serves the next load, also with the network cut', async () => {
    const own = await site.serve();
    const page = await open(own.url);
    const first = await load(page, 'micro');
    expect(sources(first)).toEqual(new Set(['network']));
    const files = first.progress.filter((message) => message.kind === 'file');
    const total = files.at(-1)!.totalBytes;
    expect(files.at(-1)!.loadedBytes).toBe(total);
    expect(total).toBeGreaterThan(100_000);
    expect(files.map(({ loadedBytes }) => loadedBytes)).toEqual(
      files.map(({ loadedBytes }) => loadedBytes).sort((a, b) => a - b),
    );
    await own.close();
    const second = await load(page, 'micro');
    expect(second.failure).toBeUndefined();
    expect(sources(second)).toEqual(new Set(['cache']));
    const { result } = await page.evaluate((o) => pipeline.generate(o), optionsOf(CLIP, 0));
    expect(result?.tokens.map(({ ids }) => ids)).toEqual(CLIP.keyFrames);
  });

  it('downloads a stored file again when it is damaged', async () => {
    const page = await open();
    await load(page, 'micro');
    const { sha256, bytes } = packageFile('decoder');
    await page.evaluate(
      async ({ name, size }) => {
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle('flipbook-models');
        const stream = await (await folder.getFileHandle(name)).createWritable();
        await stream.write(new Uint8Array(size));
        await stream.close();
      },
      { name: sha256, size: bytes },
    );
    const again = await load(page, 'micro');
    expect(again.failure).toBeUndefined();
    expect(sources(again)).toEqual(new Set(['cache', 'network']));
    expect(sources(await load(page, 'micro'))).toEqual(new Set(['cache']));
  });

  it('drops the files of an earlier version', async () => {
    const page = await open();
    await load(page, 'micro');
    const stored = () =>
      page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle('flipbook-models');
        const old = await (
          await folder.getFileHandle('0'.repeat(64), { create: true })
        ).createWritable();
        await old.close();
        const names: string[] = [];
        for await (const name of folder.keys()) names.push(name);
        return names;
      });
    const before = await stored();
    expect(before).toContain('0'.repeat(64));
    await load(page, 'micro');
    const after = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const names: string[] = [];
      for await (const name of (await root.getDirectoryHandle('flipbook-models')).keys()) {
        names.push(name);
      }
      return names;
    });
    expect(after.sort()).toEqual(before.filter((name) => name !== '0'.repeat(64)).sort());
  });

  it('is written once by two tabs that load at the same time', async () => {
    const context = await newContext();
    opened.push(context);
    const graphs: string[] = [];
    context.on('request', (request) => {
      if (request.url().endsWith('.onnx')) graphs.push(request.url());
    });
    const pages = [await open(served.url, context), await open(served.url, context)];
    const loads = await Promise.all(pages.map((page) => load(page, 'micro')));
    expect(loads.map(({ failure }) => failure)).toEqual([undefined, undefined]);
    expect(loads.map(({ loaded }) => loaded?.storedIn)).toEqual(['opfs', 'opfs']);
    const text = readFileSync(join(MICRO, 'manifest.json'), 'utf8');
    const needed = drawingGraphs(JSON.parse(text) as ModelManifest);
    expect(graphs).toHaveLength(needed.length);
    expect(new Set(graphs).size).toBe(needed.length);
  });

  it('that is full leaves the model in memory and says so', async () => {
    const page = await open();
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(served.url);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
    const { loaded, failure } = await load(page, 'micro');
    expect(failure).toBeUndefined();
    expect(loaded?.storedIn).toBe('memory');
    expect(loaded?.storageNote).toMatch(/no room left.*Free disk space/);
    const { result } = await page.evaluate((o) => pipeline.generate(o), optionsOf(CLIP, 0));
    expect(result?.outcome).toBe('complete');
  });

  it('that is refused leaves the model in memory and says so', async () => {
    const context = await newContext();
    opened.push(context);
    // A private window of some browsers: the worker's call is rejected.
    await context.route('**/pipeline.worker-*.js', async (route) => {
      const response = await route.fetch();
      const refuse = `navigator.storage.getDirectory = () =>
        Promise.reject(new DOMException('refused', 'SecurityError'));`;
      await route.fulfill({ response, body: refuse + (await response.text()) });
    });
    const { loaded, failure } = await load(await open(served.url, context), 'micro');
    expect(failure).toBeUndefined();
    expect(loaded?.storedIn).toBe('memory');
    expect(loaded?.storageNote).toMatch(/does not let this page keep files/);
  });
});

function packageFile(graph: string): { path: string; sha256: string; bytes: number } {
  const text = readFileSync(join(site.copyPackage('look'), 'manifest.json'), 'utf8');
  const manifest = JSON.parse(text) as {
    graphs: Record<string, { files: { path: string; sha256: string; bytes: number }[] }>;
  };
  return manifest.graphs[graph]!.files[0]!;
}

/** Rewrites the manifest text of a package. */
function editManifest(folder: string, change: (text: string) => string): void {
  const path = join(folder, 'manifest.json');
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

describe('a damaged package', () => {
  const HTML = '<!doctype html><title>Not found</title>';

  it.each<[string, string, RegExp, (folder: string) => void]>([
    [
      'unknown format',
      'InvalidManifest',
      /format must be 1, but is 9/,
      (folder) => editManifest(folder, (text) => text.replace(/"format": ?1/, '"format": 9')),
    ],
    [
      'missing graph',
      'InvalidManifest',
      /graphs\.keyframes must exist/,
      (folder) =>
        editManifest(folder, (text) =>
          text.replace('"keyframes": {', '"keyframe": {').replace('"keyframes":{', '"keyframe":{'),
        ),
    ],
    [
      'manifest that is no JSON',
      'InvalidManifest',
      /manifest\.json is not JSON/,
      (folder) => editManifest(folder, (text) => text.slice(0, 200)),
    ],
    [
      'web page instead of the manifest',
      'ModelDownload',
      /web page instead of manifest\.json/,
      (folder) => editManifest(folder, () => HTML),
    ],
    [
      'no manifest',
      'ModelDownload',
      /answered 404 for manifest\.json.*\?model=/,
      (folder) => unlinkSync(join(folder, 'manifest.json')),
    ],
    [
      'missing file',
      'ModelDownload',
      /answered 404 for keyframes\.onnx/,
      (folder) => unlinkSync(join(folder, 'keyframes.onnx')),
    ],
    [
      'truncated file',
      'ModelDownload',
      /keyframes\.onnx broke off after 1000 of \d+ bytes/,
      (folder) => truncateSync(join(folder, 'keyframes.onnx'), 1000),
    ],
    [
      'longer file',
      'ModelIntegrity',
      /keyframes\.onnx is longer than/,
      (folder) => {
        const path = join(folder, 'keyframes.onnx');
        writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from([0])]));
      },
    ],
    [
      'wrong hash',
      'ModelIntegrity',
      /keyframes\.onnx is damaged: its SHA-256 is/,
      (folder) => {
        const path = join(folder, 'keyframes.onnx');
        const bytes = readFileSync(path);
        bytes[500]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
    [
      'web page instead of a graph',
      'ModelDownload',
      /web page instead of keyframes\.onnx/,
      (folder) => writeFileSync(join(folder, 'keyframes.onnx'), HTML),
    ],
    [
      'web page by its type',
      'ModelDownload',
      /web page instead of keyframes\.html/,
      (folder) => {
        editManifest(folder, (text) => text.replace('keyframes.onnx', 'keyframes.html'));
        writeFileSync(join(folder, 'keyframes.html'), HTML);
      },
    ],
  ])('%s: %s', async (name, kind, message, damage) => {
    const id = name.replaceAll(' ', '-');
    damage(site.copyPackage(id));
    const page = await open();
    const { failure } = await load(page, id);
    expect(failure?.kind).toBe(kind);
    expect(failure?.message).toMatch(message);
    // The worker stays usable.
    expect((await load(page, 'micro')).failure).toBeUndefined();
  });

  it('that cannot be reached and was never stored', async () => {
    const own = await site.serve();
    const page = await open(own.url);
    // The worker and the inference library are there; the package is not.
    await load(page, 'never');
    await own.close();
    const { failure } = await load(page, 'micro');
    expect(failure?.kind).toBe('ModelDownload');
    expect(failure?.message).toMatch(/could not be reached.*Check the connection/);
  });
});
