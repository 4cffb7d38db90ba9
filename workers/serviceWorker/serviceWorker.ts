/**
 * Makes the app itself work without a network and, on hosts that cannot send headers, isolated.
 * Model files are not its business: the pipeline keeps them in the origin private file system.
 */
import { addPlugins, cleanupOutdatedCaches, createHandlerBoundToURL } from 'workbox-precaching';
import { precacheAndRoute, type PrecacheEntry } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { CacheFirst } from 'workbox-strategies';
import { dropOldBinaries, RUNTIME_CACHE } from './runtimeCache';
import { isolation } from './isolation';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: (PrecacheEntry | string)[] };

const RUNTIME_BINARY = /\/ort\/[^/]+\.wasm$/;
const NOT_THE_APP = [/\/models\//, /\/ort\//, /\/assets\//, /\/compare(\.html)?$/];

addPlugins([isolation]);
precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();

// A link carries prompt and seed in its query: every other page address is answered by the app.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('index.html'), { denylist: NOT_THE_APP }),
);

registerRoute(
  ({ url, sameOrigin }) => sameOrigin && RUNTIME_BINARY.test(url.pathname),
  new CacheFirst({ cacheName: RUNTIME_CACHE, plugins: [isolation] }),
);

self.addEventListener('activate', (event) => {
  // The first visit is under control at once; a new version waits until the old pages are closed,
  // so that no page meets scripts of another build.
  event.waitUntil(Promise.all([self.clients.claim(), dropOldBinaries()]));
});
