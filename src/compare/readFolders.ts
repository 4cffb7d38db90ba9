/** Folders of clips from a folder picker or from what was dropped onto the page. */
import { CLIPS_FILE, parseClipsFile } from './study/clipFolder';
import { StudyError } from './study/studyError';
import type { System } from './study/trials';

/** A file with its path below what was chosen, e.g. "runs/ours/clips.json". */
export interface FoundFile {
  path: string;
  file: File;
}

export interface ClipFolder extends System {
  /** By the name in clips.json. */
  videos: ReadonlyMap<string, File>;
}

export interface ReadFolders {
  folders: ClipFolder[];
  /** What could not be read; it does not keep the other folders out. */
  problems: StudyError[];
}

/** Files of an `<input type="file" webkitdirectory>`. */
export function pickedFiles(list: FileList): FoundFile[] {
  return [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** Every file below the dropped items. Call it in the drop event: the items are gone after it. */
export async function droppedFiles(items: DataTransferItemList): Promise<FoundFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => !!entry);
  return (await Promise.all(entries.map(filesBelow))).flat();
}

async function filesBelow(entry: FileSystemEntry): Promise<FoundFile[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FoundFile[] = [];
  for (;;) {
    // A reader hands a folder out in portions; an empty one is the end.
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (portion.length === 0) return found;
    found.push(...(await Promise.all(portion.map(filesBelow))).flat());
  }
}

/** Every folder that holds a `clips.json`, at any depth. */
export async function readFolders(files: readonly FoundFile[]): Promise<ReadFolders> {
  const byPath = new Map(files.map(({ path, file }) => [path, file]));
  const read: ReadFolders = { folders: [], problems: [] };
  for (const { path, file } of files) {
    if (path !== CLIPS_FILE && !path.endsWith(`/${CLIPS_FILE}`)) continue;
    const folder = path.slice(0, -CLIPS_FILE.length);
    const name = folder.split('/').at(-2) ?? CLIPS_FILE;
    try {
      read.folders.push(readFolder(name, folder, await file.text(), byPath, read.problems));
    } catch (error) {
      if (!(error instanceof StudyError)) throw error;
      read.problems.push(error);
    }
  }
  if (read.folders.length === 0 && read.problems.length === 0) {
    const top = files[0]?.path.split('/')[0] ?? '';
    read.problems.push(new StudyError('noFolder', top));
  }
  return read;
}

/** Clips without their video are left out and named. */
function readFolder(
  name: string,
  folder: string,
  text: string,
  files: ReadonlyMap<string, File>,
  problems: StudyError[],
): ClipFolder {
  const { model, clips } = parseClipsFile(text, name);
  const videos = new Map<string, File>();
  for (const { file } of clips) {
    const video = files.get(folder + file);
    if (video) videos.set(file, video);
  }
  const missing = clips.filter(({ file }) => !videos.has(file)).map(({ file }) => file);
  if (missing.length > 0) {
    const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '');
    problems.push(new StudyError('missingVideo', name, `${missing.length}: ${shown}`));
  }
  return {
    name,
    model: `${model.id} ${model.version}`,
    clips: clips.filter(({ file }) => videos.has(file)),
    videos,
  };
}
