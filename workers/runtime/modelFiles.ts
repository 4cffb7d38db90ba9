/** Brings a package's manifest and files into memory: from the store, else from the network. */
import { errorKind, FlipbookError } from '../../src/shared/errors';
import { drawingGraphs } from '../../src/shared/manifest';
import type { GraphManifest, ModelFile, ModelManifest } from '../../src/shared/manifest';
import { packageFiles } from '../../src/shared/packageFiles';
import { parseManifest } from '../../src/shared/parseManifest';
import type { LoadedModel, LoadProgress } from '../../src/shared/protocol';
import { downloadFile, downloadManifest } from './downloadFile';
import { ModelStore } from './modelStore';
import { sha256 } from './sha256';

/** Reports of bytes are thinned out to one in this many milliseconds. */
const REPORT_MILLISECONDS = 100;

export type StorageState = Pick<LoadedModel, 'storedIn' | 'storageNote'>;

export class ModelFiles {
  #note: string | undefined;
  readonly #totalBytes: number;
  #loadedBytes = 0;
  #reported = -Infinity;
  /** Weights of more than one graph, by hash, until the last graph is made. */
  readonly #shared = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Hashes of files that were read, checked and counted. */
  readonly #known = new Set<string>();
  /** Files that are read again while clips are drawn, by hash, where the browser does not store them. */
  readonly #unstored = new Map<string, Uint8Array<ArrayBuffer>>();

  private constructor(
    readonly manifest: ModelManifest,
    private readonly baseUrl: string,
    private readonly store: ModelStore | undefined,
    private readonly report: (progress: LoadProgress) => void,
    note: string | undefined,
  ) {
    this.#note = note;
    // The encoder is not fetched: no stage needs it yet.
    const files = packageFiles(manifest, drawingGraphs(manifest));
    this.#totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  }

  /**
   * Fetches and checks the manifest; without a connection, takes the stored one.
   *
   * @param baseUrl absolute URL of the package folder, ending in a slash.
   * @throws FlipbookError ModelDownload or InvalidManifest
   */
  static async open(
    baseUrl: string,
    report: (progress: LoadProgress) => void,
  ): Promise<ModelFiles> {
    report({ kind: 'manifest' });
    let note: string | undefined;
    const remember = (error: unknown): undefined => void (note ??= (error as Error).message);
    const store = await ModelStore.open().catch(remember);
    const text = await manifestText(baseUrl, store);
    const manifest = parseManifest(parseJson(text));
    await store?.writeManifest(baseUrl, text).catch(remember);
    report({ kind: 'manifest', manifest });
    return new ModelFiles(manifest, baseUrl, store, report, note);
  }

  /** One verified file; a shard that takes turns is read again and again. Two tabs that want the same file take turns: the second finds it stored. */
  read(file: ModelFile): Promise<Uint8Array<ArrayBuffer>> {
    const load = (): Promise<Uint8Array<ArrayBuffer>> => this.#read(file);
    const locks = (navigator as { locks?: LockManager }).locks;
    return locks ? locks.request(`flipbook-model-${file.sha256}`, load) : load();
  }

  /** Where the files are kept; ask after the last `read`. Drops files of older versions. */
  async finish(): Promise<StorageState> {
    this.#shared.clear();
    if (this.#note !== undefined) return { storedIn: 'memory', storageNote: this.#note };
    await this.store?.removeUnreferenced();
    return { storedIn: 'opfs' };
  }

  async #read(file: ModelFile): Promise<Uint8Array<ArrayBuffer>> {
    const held = this.#shared.get(file.sha256) ?? this.#unstored.get(file.sha256);
    if (held) return held;
    const known = this.#known.has(file.sha256) && (await this.store?.readFile(file, true));
    if (known) return known;
    const bytes = await this.#fetch(file);
    // What takes turns is too large to be held, and is read from the store each time.
    if (this.#isShared(file) && !this.#takesTurns(file)) this.#shared.set(file.sha256, bytes);
    return bytes;
  }

  #isShared(file: ModelFile): boolean {
    return this.#graphsWith(file, ({ weights = [] }) => weights).length > 0;
  }

  #takesTurns(file: ModelFile): boolean {
    return this.#graphsOf(file).some(({ residentShards }) => residentShards !== undefined);
  }

  /** Shards that take turns, and graphs whose runs are recorded, each time in a new session. */
  #isReadAgain(file: ModelFile): boolean {
    const isRecorded = this.#graphsOf(file).some(({ graphCapture }) => graphCapture);
    return isRecorded || this.#takesTurns(file);
  }

  #graphsOf(file: ModelFile): GraphManifest[] {
    return this.#graphsWith(file, ({ files, weights = [] }) => [...files, ...weights]);
  }

  /** Graphs that have the file in the list `of`. */
  #graphsWith(file: ModelFile, of: (graph: GraphManifest) => ModelFile[]): GraphManifest[] {
    const graphs = drawingGraphs(this.manifest).flatMap((name) => this.manifest.graphs[name] ?? []);
    return graphs.filter((graph) => of(graph).some(({ sha256 }) => sha256 === file.sha256));
  }

  async #fetch(file: ModelFile): Promise<Uint8Array<ArrayBuffer>> {
    const stored = await this.store?.readFile(file);
    if (stored) {
      this.#count('cache', file);
      return stored;
    }
    const url = new URL(file.path, this.baseUrl).href;
    const isKnown = this.#known.has(file.sha256);
    const bytes = await downloadFile(url, file, (loaded) => {
      if (!isKnown) this.#tell('network', loaded);
    });
    await requireHash(file, bytes);
    this.#count('network', file);
    await this.#keep(file, bytes);
    return bytes;
  }

  async #keep(file: ModelFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      if (this.store) return await this.store.writeFile(file, bytes);
    } catch (error) {
      this.#note ??= (error as Error).message;
    }
    if (this.#isReadAgain(file)) this.#unstored.set(file.sha256, bytes);
  }

  /** A file is complete. */
  #count(source: 'network' | 'cache', file: ModelFile): void {
    if (this.#known.has(file.sha256)) return;
    this.#known.add(file.sha256);
    this.#loadedBytes += file.bytes;
    this.#reported = -Infinity;
    this.#tell(source, 0);
  }

  #tell(source: 'network' | 'cache', unfinished: number): void {
    const now = performance.now();
    if (now - this.#reported < REPORT_MILLISECONDS) return;
    this.#reported = now;
    const loadedBytes = this.#loadedBytes + unfinished;
    this.report({ kind: 'file', source, loadedBytes, totalBytes: this.#totalBytes });
  }
}

async function manifestText(baseUrl: string, store: ModelStore | undefined): Promise<string> {
  try {
    return await downloadManifest(new URL('manifest.json', baseUrl).href);
  } catch (error) {
    const stored = errorKind(error) === 'ModelDownload' && (await store?.readManifest(baseUrl));
    if (stored) return stored;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FlipbookError(
      'InvalidManifest',
      `manifest.json is not JSON (${(error as Error).message}). Export the package again.`,
      { cause: error },
    );
  }
}

async function requireHash(file: ModelFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const found = await sha256(bytes);
  if (found === file.sha256) return;
  throw new FlipbookError(
    'ModelIntegrity',
    `${file.path} is damaged: its SHA-256 is ${found.slice(0, 12)}…, but the manifest states ` +
      `${file.sha256.slice(0, 12)}…. Reload the page; if it repeats, upload the package again.`,
  );
}
