import { useState, type DragEvent } from 'react';
import { FileButton } from './FileButton';
import { droppedFiles, pickedFiles, readFolders, type FoundFile } from './readFolders';
import { StudyError } from './study/studyError';
import { pairClips } from './study/trials';
import type { StudyActions, StudyState } from './studyStore';
import { useCompareTexts } from './texts/CompareTextsContext';

interface FolderPickerProps {
  folders: StudyState['folders'];
  actions: Pick<StudyActions, 'addFolders' | 'removeFolders' | 'report'>;
}

/** Takes folders by picker or by drop; says how many there are, never their names. */
export function FolderPicker({ folders, actions }: FolderPickerProps) {
  const { start } = useCompareTexts();
  const [over, setOver] = useState(false);
  const add = async (files: FoundFile[] | Promise<FoundFile[]>): Promise<void> => {
    try {
      actions.addFolders(await readFolders(await files));
    } catch (error) {
      // The browser could not read a file, for instance because it has gone meanwhile.
      actions.report(new StudyError('clipsFile', '', (error as Error).message));
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void add(droppedFiles(event.dataTransfer.items));
  };
  const hover = (event: DragEvent): void => {
    event.preventDefault();
    setOver(event.type !== 'dragleave');
  };
  return (
    <section
      className="panel folder-picker"
      data-over={over}
      onDrop={drop}
      onDragOver={hover}
      onDragLeave={hover}
    >
      <h3>{start.folders}</h3>
      <p className="hint">{start.help}</p>
      <div className="button-row">
        <FileButton label={start.choose} folder onFiles={(files) => void add(pickedFiles(files))} />
        {folders.length > 0 && (
          <button type="button" className="quiet" onClick={actions.removeFolders}>
            {start.remove}
          </button>
        )}
      </div>
      <p role="status">
        {folders.length > 0 && start.loaded(folders.length, pairClips(folders).length)}{' '}
        {folders.length === 1 && start.oneMore}
      </p>
    </section>
  );
}
