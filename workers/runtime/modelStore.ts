/**
 * Packages kept in the origin private file system: model files by SHA-256, so that packages and
 * versions share equal files, and each package's manifest by the hash of its address.
 */
import { FlipbookError } from '../../src/shared/errors';
import type { ModelFile } from '../../src/shared/manifest';
import { sha256 } from './sha256';

const FOLDER = 'flipbook-models';
const MANIFEST_SUFFIX = '.manifest.json';

export class ModelStore {
  private constructor(private readonly folder: FileSystemDirectoryHandle) {}

  /** @throws FlipbookError StorageFull when the browser refuses storage; the message says why. */
  static async open(): Promise<ModelStore> {
    try {
      const root = await navigator.storage.getDirectory();
      return new ModelStore(await root.getDirectoryHandle(FOLDER, { create: true }));
    } catch (error) {
      throw storageError(error);
    }
  }

  /**
   * The stored file, or undefined when it is missing or damaged.
   * @param isKnown it was checked before in this session: its size is enough, hashing takes longer
   *   than reading.
   */
  async readFile(file: ModelFile, isKnown = false): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#read(file.sha256);
    if (bytes?.length !== file.bytes) return undefined;
    if (isKnown) return bytes;
    return (await sha256(bytes)) === file.sha256 ? bytes : undefined;
  }

  /** @throws FlipbookError StorageFull */
  async writeFile(file: ModelFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#write(file.sha256, bytes);
  }

  async readManifest(baseUrl: string): Promise<string | undefined> {
    const bytes = await this.#read(await manifestName(baseUrl));
    return bytes && new TextDecoder().decode(bytes);
  }

  /** @throws FlipbookError StorageFull */
  async writeManifest(baseUrl: string, text: string): Promise<void> {
    await this.#write(await manifestName(baseUrl), new TextEncoder().encode(text));
  }

  /** Removes files that no stored manifest names, such as those of an earlier version. */
  async removeUnreferenced(): Promise<void> {
    const names: string[] = [];
    for await (const name of this.folder.keys()) names.push(name);
    const manifests = names.filter((name) => name.endsWith(MANIFEST_SUFFIX));
    const texts = await Promise.all(manifests.map((name) => this.#read(name)));
    const referenced = texts.map((bytes) => new TextDecoder().decode(bytes)).join('\n');
    const orphans = names.filter(
      (name) => !name.endsWith(MANIFEST_SUFFIX) && !referenced.includes(name),
    );
    // Another tab may hold or have removed one: it is tried again next time.
    await Promise.allSettled(orphans.map((name) => this.folder.removeEntry(name)));
  }

  async #read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const handle = await this.folder.getFileHandle(name);
      return new Uint8Array(await (await handle.getFile()).arrayBuffer());
    } catch {
      return undefined; // Missing or unreadable: it is downloaded again.
    }
  }

  async #write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await requireSpace(bytes.length);
      const handle = await this.folder.getFileHandle(name, { create: true });
      await writeAll(handle, bytes);
    } catch (error) {
      // A half-written file would be found damaged when read; better not to leave it at all.
      await this.folder.removeEntry(name).catch(() => undefined);
      throw storageError(error);
    }
  }
}

async function manifestName(baseUrl: string): Promise<string> {
  return (await sha256(new TextEncoder().encode(baseUrl))) + MANIFEST_SUFFIX;
}

/** Atomic by createWritable; some Safari versions have only synchronous handles. */
async function writeAll(
  handle: FileSystemFileHandle,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  if ('createWritable' in handle) {
    const stream = await handle.createWritable();
    try {
      await stream.write(bytes);
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => undefined);
      throw error;
    }
    return;
  }
  const access = await (handle as FileSystemFileHandle).createSyncAccessHandle();
  try {
    access.truncate(bytes.length);
    if (access.write(bytes, { at: 0 }) !== bytes.length) throw new Error('only a part was written');
    access.flush();
  } finally {
    access.close();
  }
}

async function requireSpace(bytes: number): Promise<void> {
  const { quota, usage } = await navigator.storage.estimate();
  if (quota !== undefined && usage !== undefined && quota - usage < bytes) {
    throw new DOMException(`${bytes} bytes do not fit`, 'QuotaExceededError');
  }
}

function storageError(error: unknown): FlipbookError {
  if (error instanceof FlipbookError) return error;
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  const reason = full
    ? 'The browser has no room left to keep the model, so it is downloaded again next time. ' +
      "Free disk space or delete this site's other data."
    : 'The browser does not let this page keep files (private window or blocked site data), so ' +
      'the model is downloaded again next time.';
  return new FlipbookError('StorageFull', reason, { cause: error });
}
