import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveDirectory, type ServedDirectory } from '../../scripts/serve.mjs';

const CONTENT = 'abcdefghij';
let folder: string;
let served: ServedDirectory;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'serve-'));
  const root = join(folder, 'root');
  mkdirSync(join(root, 'assets'), { recursive: true });
  mkdirSync(join(folder, 'model'));
  mkdirSync(join(folder, 'root-and-more'));
  writeFileSync(join(root, 'index.html'), '<!doctype html>');
  writeFileSync(join(root, 'letters.txt'), CONTENT);
  writeFileSync(join(root, 'empty.json'), '');
  writeFileSync(join(root, 'run.wasm'), 'x');
  writeFileSync(join(root, 'letters.woff2'), 'x');
  writeFileSync(join(root, 'assets', 'index-Ab_12-xY.js'), 'x');
  writeFileSync(join(folder, 'model', 'graph.onnx'), 'x');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'root-and-more', 'secret.txt'), 'secret');
  served = await serveDirectory({ root, mounts: { '/models/x/': join(folder, 'model') } });
});

afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(served.url + path, { headers, method });

/** Sends the path as it stands; fetch would resolve its dots. */
function rawGet(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(served.url);
    const sent = httpRequest({ hostname, port, path }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

describe('headers', () => {
  it.each(['', 'letters.txt', 'not-there.txt'])('isolates every response: "%s"', async (path) => {
    const { headers } = await get(path);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['', 'text/html; charset=utf-8'],
    ['run.wasm', 'application/wasm'],
    ['letters.woff2', 'font/woff2'],
    ['empty.json', 'application/json; charset=utf-8'],
    ['models/x/graph.onnx', 'application/octet-stream'],
    ['assets/index-Ab_12-xY.js', 'text/javascript; charset=utf-8'],
  ])('names the media type of "%s"', async (path, type) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
  });

  it('lets only files with a hashed name be kept unasked', async () => {
    const hashed = await get('assets/index-Ab_12-xY.js');
    expect(hashed.headers.get('cache-control')).toContain('immutable');
    expect((await get('letters.txt')).headers.get('cache-control')).toBe('no-cache');
  });

  it('answers 304 to the ETag that it gave', async () => {
    const etag = (await get('letters.txt')).headers.get('etag') ?? '';
    expect(etag).toMatch(/^".+"$/);
    expect((await get('letters.txt', { 'if-none-match': etag })).status).toBe(304);
    expect((await get('letters.txt', { 'if-none-match': '"other"' })).status).toBe(200);
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-3', 'abcd', '0-3'],
    ['bytes=4-', 'efghij', '4-9'],
    ['bytes=-2', 'ij', '8-9'],
    ['bytes=8-100', 'ij', '8-9'],
  ])('%s', async (range, text, sent) => {
    const response = await get('letters.txt', { range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${sent}/10`);
    expect(response.headers.get('content-length')).toBe(String(text.length));
    expect(await response.text()).toBe(text);
  });

  it.each(['bytes=10-', 'bytes=5-3', 'bytes=-0'])('refuses %s', async (range) => {
    const response = await get('letters.txt', { range });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe('bytes */10');
  });

  it('sends the whole file where a resumed download has become another file', async () => {
    const response = await get('letters.txt', { range: 'bytes=4-', 'if-range': '"old"' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(CONTENT);
  });

  it('sends no body for HEAD and for an empty file', async () => {
    const head = await get('letters.txt', {}, 'HEAD');
    expect(head.headers.get('content-length')).toBe('10');
    expect(await head.text()).toBe('');
    expect(await (await get('empty.json')).text()).toBe('');
  });
});

describe('refusals', () => {
  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/../root-and-more/secret.txt',
    '/models/x/../../../secret.txt',
    '/models/x/%2e%2e/secret.txt',
    '/letters.txt%00',
    '/%E0%A4%A',
    '//etc/passwd',
    'letters.txt',
  ])('never leaves its folders: %s', async (path) => {
    const { status, body } = await rawGet(path);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain('secret\n');
    expect(body).not.toBe('secret');
  });

  it('knows no other method than GET and HEAD', async () => {
    const response = await get('letters.txt', {}, 'POST');
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('rejects when the port is taken', async () => {
    const port = Number(new URL(served.url).port);
    await expect(serveDirectory({ root: folder, port })).rejects.toThrow('EADDRINUSE');
  });
});
