/** A static file server on Node's own modules: isolation headers, policy, ETag and Range. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { mediaType } from './mediaTypes.mjs';
import { SECURITY_HEADERS } from './securityHeaders.mjs';

/** Bundled files carry a hash of their content in their name. */
const NEVER_CHANGES = /^\/assets\/.*-[\w-]{8}\.\w+$/;

/**
 * @typedef {object} ServedDirectory
 * @property {string} url address with a slash at its end
 * @property {() => Promise<void>} close ends open connections too
 *
 * @typedef {object} ServeOptions
 * @property {string} root folder to serve
 * @property {Record<string, string>} [mounts] further folders by the address that they appear at,
 *   e.g. { '/models/micro/': 'tests/fixtures/models/micro' }; they come before the root
 * @property {number} [port] 0, the default, takes a free one
 * @property {string} [host] default: this machine only
 * @property {Record<string, string>} [headers] sent with every response
 *
 * @typedef {{ prefix: string, folder: string }} Place an address and the folder that lies there
 * @typedef {{ path: string, size: number, modified: Date }} FoundFile size in bytes
 */

/**
 * Serves a folder. Rejects when the port is taken.
 *
 * @param {ServeOptions} options
 * @returns {Promise<ServedDirectory>}
 */
export async function serveDirectory({
  root,
  mounts = {},
  port = 0,
  host = 'localhost',
  headers = SECURITY_HEADERS,
}) {
  const places = Object.entries({ ...mounts, '/': root }).map(([prefix, folder]) => ({
    prefix,
    folder: resolve(folder),
  }));
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answer(places, request, response).catch((/** @type {unknown} */ error) => {
      // A reader that went away in the middle of a file is no fault of ours.
      if (!response.headersSent) fail(response, 500, String(error));
      else response.destroy();
    });
  });
  await new Promise((done, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => done(undefined));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return {
    url: `http://${host}:${address.port}/`,
    close: () =>
      new Promise((done, reject) => {
        server.close((error) => (error ? reject(error) : done()));
        server.closeAllConnections();
      }),
  };
}

/**
 * @param {Place[]} places
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function answer(places, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return fail(response, 405, 'Only GET and HEAD are possible.');
  }
  const pathname = decodedPath(request.url ?? '/');
  const path = pathname === null ? null : filePath(places, pathname);
  if (pathname === null || path === null) return fail(response, 400, 'Not a valid address.');
  const file = await fileAt(path);
  if (file === null) return fail(response, 404, `Nothing at ${pathname}.`);
  const unchanging = NEVER_CHANGES.test(pathname);
  const caching = unchanging ? 'public, max-age=31536000, immutable' : 'no-cache';
  response.setHeader('Cache-Control', caching);
  await sendFile(file, request, response);
}

/**
 * @param {FoundFile} file
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function sendFile({ path, size, modified }, request, response) {
  const etag = `"${size.toString(16)}-${modified.getTime().toString(16)}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Last-Modified', modified.toUTCString());
  response.setHeader('Accept-Ranges', 'bytes');
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();

  const range = requestedRange(request, etag, size);
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${size}`);
    return fail(response, 416, 'The range lies outside the file.');
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`);
  response.writeHead(range ? 206 : 200, {
    'Content-Type': mediaType(path),
    'Content-Length': end - start + 1,
  });
  if (request.method === 'HEAD' || size === 0) return void response.end();
  await pipeline(createReadStream(path, { start, end }), response);
}

/**
 * @param {string} url
 * @returns {string | null} null when it cannot be decoded
 */
function decodedPath(url) {
  try {
    return decodeURIComponent(url.replace(/[?#].*$/s, ''));
  } catch {
    return null;
  }
}

/**
 * @param {Place[]} places
 * @param {string} pathname
 * @returns {string | null} null when it would leave its folder
 */
function filePath(places, pathname) {
  if (pathname.includes('\0') || !pathname.startsWith('/')) return null;
  const place = places.find(({ prefix }) => pathname.startsWith(prefix));
  if (!place) return null;
  const { folder, prefix } = place;
  const path = join(folder, pathname.slice(prefix.length));
  return path === folder || path.startsWith(folder + sep) ? path : null;
}

/**
 * The file at a path; for a folder its index.html.
 *
 * @param {string} path
 * @returns {Promise<FoundFile | null>}
 */
async function fileAt(path) {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return fileAt(join(path, 'index.html'));
  return found?.isFile() ? { path, size: found.size, modified: found.mtime } : null;
}

/**
 * One byte range, inclusive. Several ranges are answered by the whole file, as the standard allows.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {string} etag
 * @param {number} size
 * @returns {{ start: number, end: number } | 'unsatisfiable' | null}
 */
function requestedRange(request, etag, size) {
  const { range, 'if-range': ifRange } = request.headers;
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (!match || (ifRange !== undefined && ifRange !== etag)) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {string} message
 */
function fail(response, status, message) {
  response.removeHeader('Content-Length');
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}
