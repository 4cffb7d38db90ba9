import { useId } from 'react';

interface FileButtonProps {
  label: string;
  /** Whole folders instead of files. */
  folder?: boolean;
  accept?: string;
  onFiles: (files: FileList) => void;
}

/** A file input that looks like the other buttons; the same choice can be made twice in a row. */
export function FileButton({ label, folder = false, accept, onFiles }: FileButtonProps) {
  const id = useId();
  return (
    <span className="file-button">
      <input
        id={id}
        className="visually-hidden"
        type="file"
        multiple
        accept={accept}
        // Not in React's types; every current browser on a desk knows it.
        {...(folder ? { webkitdirectory: '' } : {})}
        onChange={({ target }) => {
          if (target.files && target.files.length > 0) onFiles(target.files);
          target.value = '';
        }}
      />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}
