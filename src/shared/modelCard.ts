/**
 * The model card of a package: what the model knows and does not, how well it draws, and where it
 * comes from. Optional in `manifest.json`; written by training/export/card.py.
 */

/** A text of the card in both languages of the page. */
export interface CardText {
  en: string;
  zh: string;
}

/** Groups of things that prompts may name, in the order of display. */
export const KNOWN_GROUPS = [
  'subjects',
  'actions',
  'places',
  'colours',
  'times',
  'weathers',
  'cameras',
] as const;
export type KnownGroup = (typeof KNOWN_GROUPS)[number];

/** One thing by its plain words, with a prompt of each language that uses them. */
export interface KnownThing {
  id: string;
  en: string;
  zh: string;
  exampleEn: string;
  exampleZh: string;
}

/** share: 0..1, shown in per cent. points: a difference of per cents. dB: decibels. */
export const FIGURE_UNITS = ['share', 'points', 'dB', 'number'] as const;
export type FigureUnit = (typeof FIGURE_UNITS)[number];

/** A measured figure of generated clips, beside what bounds it. */
export interface CardFigure {
  name: CardText;
  unit: FigureUnit;
  value: number;
  /** Ends of the 95 % interval. */
  low?: number;
  high?: number;
  /** The same figure of reconstructions by the picture tokenizer: no sampling can do better. */
  ceiling?: number;
  /** The same figure against shuffled captions: what chance gives. */
  floor?: number;
  /** Clips that it was measured on. */
  clips?: number;
}

export interface CardLicence {
  /** What is licensed, e.g. "3D models of animals". */
  what: CardText;
  licence: string;
  by: string;
  url?: string;
}

export interface CardCost {
  /** Minutes of training over all parts, those of earlier packages included, on `hardware`. */
  minutes: number;
  hardware: string;
  /** What wrote the package. */
  command: string;
  commit: string;
  parts: CardPart[];
  /** SHA-256 of each training set by its name. */
  data: { name: CardText; sha256: string }[];
  /** Version and commit of the package whose weights this training went on from. */
  startedFrom?: string;
}

/** One trained network. */
export interface CardPart {
  name: CardText;
  minutes: number;
  steps: number;
  /** Minutes that went into the weights it went on from. */
  minutesBefore?: number;
}

export interface ModelCard {
  knows: Record<KnownGroup, KnownThing[]>;
  /** What it does not know or do well, one line each. */
  limits: CardText[];
  /** Empty until the package was evaluated. */
  figures: CardFigure[];
  /** How the figures were measured. */
  method?: CardText;
  /** What it was trained on. */
  data: CardText;
  licences: CardLicence[];
  cost: CardCost;
}
