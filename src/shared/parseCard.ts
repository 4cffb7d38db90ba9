/** Checks the model card of an unknown `manifest.json`. */
import type { ManifestReader } from './manifestReader';
import { fail } from './manifestReader';
import { FIGURE_UNITS, KNOWN_GROUPS } from './modelCard';
import type {
  CardCost,
  CardFigure,
  CardLicence,
  CardText,
  KnownThing,
  ModelCard,
} from './modelCard';

/** @throws FlipbookError InvalidManifest naming field, rule and value. */
export function parseCard(card: ManifestReader): ModelCard {
  const knows = card.child('knows');
  const groups = KNOWN_GROUPS.map((group) => [group, knows.list(group, 0, readThing)] as const);
  return {
    knows: Object.fromEntries(groups) as ModelCard['knows'],
    limits: card.list('limits', 0, readText),
    figures: card.list('figures', 0, readFigure),
    ...(card.has('method') ? { method: readText(card.child('method')) } : {}),
    data: readText(card.child('data')),
    licences: card.list('licences', 0, readLicence),
    cost: readCost(card.child('cost')),
  };
}

function readText(text: ManifestReader): CardText {
  return { en: text.text('en'), zh: text.text('zh') };
}

function readThing(thing: ManifestReader): KnownThing {
  return {
    id: thing.text('id'),
    en: thing.text('en'),
    zh: thing.text('zh'),
    exampleEn: thing.text('exampleEn'),
    exampleZh: thing.text('exampleZh'),
  };
}

function readFigure(figure: ManifestReader): CardFigure {
  const unit = figure.oneOf('unit', FIGURE_UNITS);
  const [min, max] = unit === 'share' ? [0, 1] : [-1e9, 1e9];
  const number = (field: string): number => figure.number(field, min, max);
  const bounds = (['low', 'high', 'ceiling', 'floor'] as const)
    .filter((field) => figure.has(field))
    .map((field) => [field, number(field)] as const);
  return {
    name: readText(figure.child('name')),
    unit,
    value: number('value'),
    ...Object.fromEntries(bounds),
    ...(figure.has('clips') ? { clips: figure.integer('clips', 1, 1e9) } : {}),
  };
}

function readLicence(licence: ManifestReader): CardLicence {
  return {
    what: readText(licence.child('what')),
    licence: licence.text('licence'),
    by: licence.text('by'),
    ...(licence.has('url') ? { url: readUrl(licence) } : {}),
  };
}

/** The page makes a link of it: nothing but the web may be linked. */
function readUrl(licence: ManifestReader): string {
  const url = licence.text('url');
  if (!/^https:\/\/[^\s]+$/.test(url)) {
    fail(licence.at('url'), 'must be an address that begins with https://', url);
  }
  return url;
}

function readCost(cost: ManifestReader): CardCost {
  return {
    minutes: cost.number('minutes', 0, 1e9),
    hardware: cost.text('hardware'),
    command: cost.text('command'),
    commit: cost.text('commit'),
    parts: cost.list('parts', 0, (part) => ({
      name: readText(part.child('name')),
      minutes: part.number('minutes', 0, 1e9),
      steps: part.integer('steps', 0, 1e12),
      ...(part.has('minutesBefore') ? { minutesBefore: part.number('minutesBefore', 0, 1e9) } : {}),
    })),
    data: cost.list('data', 0, (set) => ({
      name: readText(set.child('name')),
      sha256: set.text('sha256'),
    })),
    ...(cost.has('startedFrom') ? { startedFrom: cost.text('startedFrom') } : {}),
  };
}
