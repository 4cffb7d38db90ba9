import type { SubjectSpec } from './subjectSpec';
import { ANIMALS } from './subjects/animals';
import { BOATS } from './subjects/boats';
import { CARS } from './subjects/cars';
import { CRITTERS } from './subjects/critters';
import { DINOSAURS } from './subjects/dinosaurs';
import { FISHES } from './subjects/fishes';
import { FLYERS } from './subjects/flyers';
import { PEOPLE } from './subjects/people';

export const SUBJECTS: readonly SubjectSpec[] = [
  ...ANIMALS,
  ...PEOPLE,
  ...DINOSAURS,
  ...CRITTERS,
  ...FISHES,
  ...CARS,
  ...BOATS,
  ...FLYERS,
];
