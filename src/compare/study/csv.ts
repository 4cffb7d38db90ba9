/** Comma-separated values by RFC 4180: quotes around what needs them, doubled inside. */

/** One line, without its end. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map(String)
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',');
}

export interface CsvRow {
  /** Line of the file on which the row begins, from 1. */
  line: number;
  cells: string[];
}

/** The rows of a text; empty lines are left out. A quote that never ends takes the rest. */
export function readCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let row: CsvRow = { line: 1, cells: [] };
  let line = 1;
  // A cell in quotes or without any, and what ends it.
  const cell = /(?:"((?:[^"]|"")*)(?:"|$)|([^",\r\n]*))([^,\r\n]*)(,|\r\n|\n|\r|$)/g;
  const content = text.replace(/^\uFEFF/, '');
  for (const [whole, quoted, plain = '', rest = '', end] of content.matchAll(cell)) {
    if (whole === '' && row.cells.length === 0) break;
    row.cells.push((quoted?.replaceAll('""', '"') ?? plain) + rest);
    line += whole.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === ',') continue;
    if (row.cells.some((value) => value !== '')) rows.push(row);
    row = { line, cells: [] };
    if (end === '') break;
  }
  return rows;
}
