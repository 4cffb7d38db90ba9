/** Fetching files of a package, with every way in which a server can answer wrongly. */
import { FlipbookError } from '../../src/shared/errors';
import type { ModelFile } from '../../src/shared/manifest';

const OFFLINE_REMEDY =
  'Check the connection, then reload the page. A model that was loaded once also works offline.';

/** Fetches and rejects error pages. The message names the file and the remedy. */
async function fetchChecked(url: string, what: string, cache: RequestCache): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { cache });
  } catch (error) {
    throw downloadError(`${what} could not be reached at ${url}. ${OFFLINE_REMEDY}`, error);
  }
  if (!response.ok) {
    throw downloadError(
      `The server answered ${response.status} for ${what} (${url}). ` +
        'Check the model name in the address (?model=), or upload the whole package folder.',
    );
  }
  if (isWebPage(response.headers.get('content-type'))) throw webPageError(url, what);
  return response;
}

/** The manifest's JSON text. @throws FlipbookError ModelDownload */
export async function downloadManifest(url: string): Promise<string> {
  const response = await fetchChecked(url, 'manifest.json', 'no-cache');
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw downloadError(`The download of manifest.json broke off. ${OFFLINE_REMEDY}`, error);
  }
  if (text.trimStart().startsWith('<')) throw webPageError(url, 'manifest.json');
  return text;
}

/**
 * One file of the package, streamed into memory. Its hash is not checked here.
 *
 * @param onBytes called with the bytes so far of this file.
 * @throws FlipbookError ModelDownload when it cannot be had, ModelIntegrity when it is too long.
 */
export async function downloadFile(
  url: string,
  file: ModelFile,
  onBytes: (loaded: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  // The bytes are kept by our own store; a second copy in the HTTP cache would waste space.
  const response = await fetchChecked(url, file.path, 'no-store');
  const bytes = new Uint8Array(file.bytes);
  let loaded = 0;
  for await (const chunk of chunks(response, file)) {
    if (loaded + chunk.length > file.bytes) {
      throw new FlipbookError(
        'ModelIntegrity',
        `${file.path} is longer than the ${file.bytes} bytes that the manifest states. ` +
          'Upload the package again so that files and manifest belong together, then reload.',
      );
    }
    bytes.set(chunk, loaded);
    loaded += chunk.length;
    onBytes(loaded);
  }
  if (loaded > 0 && loaded < file.bytes && bytes[0] === '<'.charCodeAt(0)) {
    throw webPageError(url, file.path);
  }
  // A body that is cut short can end without any network error.
  if (loaded < file.bytes) throw brokeOff(file, loaded);
  return bytes;
}

async function* chunks(response: Response, file: ModelFile): AsyncGenerator<Uint8Array> {
  if (!response.body) throw brokeOff(file, 0);
  const reader = response.body.getReader();
  let loaded = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw brokeOff(file, loaded, error);
      });
      if (done) return;
      loaded += value.length;
      yield value;
    }
  } finally {
    // Stops the transfer when the consumer gave up; a finished one does not mind.
    await reader.cancel().catch(() => undefined);
  }
}

function isWebPage(contentType: string | null): boolean {
  return contentType?.toLowerCase().includes('text/html') === true;
}

function webPageError(url: string, what: string): FlipbookError {
  return downloadError(
    `The server sent a web page instead of ${what} (${url}). ` +
      'Check the model name in the address (?model=), or upload the package folder.',
  );
}

function brokeOff(file: ModelFile, loaded: number, cause?: unknown): FlipbookError {
  return downloadError(
    `The download of ${file.path} broke off after ${loaded} of ${file.bytes} bytes. ${OFFLINE_REMEDY}`,
    cause,
  );
}

function downloadError(message: string, cause?: unknown): FlipbookError {
  return new FlipbookError('ModelDownload', message, { cause });
}
