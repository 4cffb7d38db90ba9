const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** The same response with the headers that cross-origin isolation, and so WASM threads, need. */
export function withIsolationHeaders(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/** Workbox plugin: applies to what the cache and what the network answers. */
export const isolation = {
  handlerWillRespond: ({ response }: { response: Response }): Promise<Response> =>
    Promise.resolve(withIsolationHeaders(response)),
};
