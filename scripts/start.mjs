/** `npm start`: from a fresh clone to the running app. */
import process from 'node:process';
import { builtApp, buildWhenStale } from './buildWhenStale.mjs';
import { installDependencies } from './installDependencies.mjs';
import { serveDirectory } from './serve.mjs';

const DEFAULT_PORT = 4173;

/** @returns {number} */
function chosenPort() {
  const text = process.env['PORT'] || String(DEFAULT_PORT);
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new Error(`PORT must be a whole number from 0 to 65535, but is ${text}.`);
}

/** @param {unknown} error */
function explain(error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  return code === 'EADDRINUSE'
    ? 'The port is in use. Choose another one, for example: PORT=4174 npm start'
    : message;
}

try {
  const port = chosenPort();
  installDependencies();
  buildWhenStale();
  const { url } = await serveDirectory({ root: builtApp, port });
  console.log(`Flipbook runs at ${url} (stop it with Ctrl+C)`);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
