/** Longest wait for a first visit's service worker before the app goes on without it. */
const TAKE_OVER_MILLISECONDS = 4000;
const RELOADED_KEY = 'flipbook:reloaded-for-isolation';

/**
 * Registers the service worker and resolves when it controls the page, or when that is not to be
 * had (development, insecure origin, storage switched off, too slow). Never rejects: the app works
 * without it. Await it before the pipeline worker starts, so that the files which that loads are
 * kept for offline use. Where the host sends no isolation headers the page is reloaded once, for
 * the service worker adds them.
 */
export async function serviceWorkerControl(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register('./serviceWorker.js');
    const controlled = await underControl(TAKE_OVER_MILLISECONDS);
    if (controlled && !globalThis.crossOriginIsolated && firstReload()) {
      location.reload();
      await new Promise(() => undefined); // The page ends here.
    }
  } catch (error) {
    console.warn('The app will not be available offline: no service worker.', error);
  }
}

/** The same for a page that loads no model: it only wants to be there without a network. */
export function registerServiceWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('./serviceWorker.js').catch((error: unknown) => {
    console.warn('The page will not be available offline: no service worker.', error);
  });
}

function underControl(patience: number): Promise<boolean> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer);
      serviceWorker.removeEventListener('controllerchange', settle);
      resolve(serviceWorker.controller !== null);
    };
    const timer = setTimeout(settle, patience);
    serviceWorker.addEventListener('controllerchange', settle);
  });
}

/** True once per tab, so that a browser without isolation is not reloaded for ever. */
function firstReload(): boolean {
  if (sessionStorage.getItem(RELOADED_KEY)) return false;
  sessionStorage.setItem(RELOADED_KEY, 'yes');
  return true;
}
