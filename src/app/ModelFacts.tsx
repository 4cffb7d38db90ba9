import type { GraphManifest, ModelManifest } from '../shared/manifest';
import { packageFiles } from '../shared/packageFiles';
import type { ModelState } from '../state/appState';
import { slotCount } from '../state/slots';
import { fileSize, languageNames } from './format';
import type { Texts } from './texts/en';
import { useTexts } from './texts/TextsContext';

type Fact = [name: string, value: string];

/** Bytes of all files of a package. */
export function packageBytes(manifest: ModelManifest): number {
  return packageFiles(manifest).reduce((sum, file) => sum + file.bytes, 0);
}

/** What a package is, how it is stored and where it is kept. */
export function ModelFacts({ model, manifest }: { model: ModelState; manifest: ModelManifest }) {
  const texts = useTexts();
  const facts = [...packageFacts(manifest, texts), ...loadedFacts(model, texts)];
  return (
    <dl className="model-facts">
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function packageFacts(manifest: ModelManifest, texts: Texts): Fact[] {
  const { windowFrames, maxRounds, playbackFramesPerSecond, release } = manifest;
  const pixels = manifest.upscaledPixels ?? manifest.pixels;
  const count = slotCount(windowFrames, maxRounds);
  const { model } = texts;
  const kept = release?.asReleased ? model.releasedKept : model.releasedMended;
  return [
    [model.version, `${manifest.id} ${manifest.version}`],
    [model.size, fileSize(packageBytes(manifest))],
    [model.weights, weightsText(manifest, texts)],
    [model.clip, model.clipText(count, playbackFramesPerSecond, pixels)],
    [model.languages, languageNames(manifest.languages, texts)],
    [model.license, manifest.license],
    [model.credits, manifest.credits.join('; ')],
    [model.released, release ? kept : ''],
  ];
}

/** Precision of the transformers' weights, and how many of their shards are in memory at a time. */
function weightsText({ graphs }: ModelManifest, { model }: Texts): string {
  const { keyframes, interpolation } = graphs;
  const precisions = new Set([keyframes.precision, interpolation.precision]);
  const turns = shardsInTurn(keyframes) ?? shardsInTurn(interpolation);
  const shown = [...precisions].join(', ');
  return turns ? `${shown}; ${model.shardsInTurn(turns.loaded, turns.shards)}` : shown;
}

function shardsInTurn({ files, mainMemoryFiles = 0, residentShards }: GraphManifest) {
  const shards = files.length - mainMemoryFiles;
  if (residentShards === undefined || residentShards >= shards) return undefined;
  return { loaded: residentShards, shards };
}

function loadedFacts(model: ModelState, texts: Texts): Fact[] {
  if (model.status !== 'ready') return [];
  const { storedIn, storageNote, backend } = model.loaded;
  const stored = storedIn === 'opfs' ? texts.model.storedOpfs : texts.model.storedMemory;
  const where = `${backend.backend === 'webgpu' ? 'WebGPU' : 'WASM'}, ${backend.detail}`;
  return [
    [texts.model.stored, storageNote ? `${stored}. ${storageNote}` : stored],
    [texts.progress.backend, backend.note ? `${where}. ${backend.note}` : where],
  ];
}
