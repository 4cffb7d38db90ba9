/** Longest sub-block of a GIF extension, in bytes. */
const SUB_BLOCK = 255;

/** A comment extension (GIF89a section 24), to be written between two frames or at the end. */
export function gifComment(text: string): Uint8Array {
  const content = new TextEncoder().encode(text);
  const bytes = [0x21, 0xfe];
  for (let start = 0; start < content.length; start += SUB_BLOCK) {
    const block = content.subarray(start, start + SUB_BLOCK);
    bytes.push(block.length, ...block);
  }
  return Uint8Array.from([...bytes, 0]);
}
