import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { builtApp } from '../buildWhenStale.mjs';
import { UsageError } from './usageError.mjs';

/** The name under which the page finds a package from outside the app. */
const MOUNTED = 'local';

/**
 * @typedef {object} ModelPlace
 * @property {Record<string, string>} link the parameter that names the model, where one is needed
 * @property {Record<string, string>} mounts folders to serve beside the app
 */

/**
 * Finds a model package: a folder anywhere, or the name of one that is part of the app.
 *
 * @param {string | undefined} model default: the app's own default
 * @returns {ModelPlace}
 */
export function modelPlace(model) {
  if (model === undefined) return { link: {}, mounts: {} };
  const folder = resolve(model);
  if (existsSync(join(folder, 'manifest.json'))) {
    return { link: { model: MOUNTED }, mounts: { [`/models/${MOUNTED}/`]: folder } };
  }
  const included = includedModels();
  if (included.includes(model)) return { link: { model }, mounts: {} };
  const names = included.length > 0 ? ` The app includes: ${included.join(', ')}.` : '';
  throw new UsageError(`--model: there is no manifest.json in ${folder}.${names}`);
}

function includedModels() {
  const models = join(builtApp, 'models');
  if (!existsSync(models)) return [];
  return readdirSync(models).filter((name) => existsSync(join(models, name, 'manifest.json')));
}
