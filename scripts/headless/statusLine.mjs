/**
 * Shows how a clip grows on standard error: one line that is overwritten on a terminal, else a line
 * per stage.
 *
 * @param {NodeJS.WriteStream} stream
 */
export function statusLine(stream) {
  let shown = '';
  /** @param {import('./flipbookPage.mjs').PageStatus} status */
  const show = ({ stage, frames, text }) => {
    if (stream.isTTY) {
      const line = `${text} (${frames} frames)`.slice(0, stream.columns - 1);
      stream.write(`\r\x1b[K${line}`);
    } else if (stage !== shown) {
      stream.write(`  ${stage}\n`);
    }
    shown = stage;
  };
  /** @param {string} line stays */
  const print = (line) => {
    stream.write(stream.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
  };
  return { show, print };
}
