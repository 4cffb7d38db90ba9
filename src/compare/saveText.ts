/** Offers a text as a download. */
export function saveText(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun; the browser holds the content by itself from here.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
