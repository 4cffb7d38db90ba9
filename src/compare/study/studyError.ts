/** What can be wrong with the material of a study; the page words each kind in both languages. */
export const STUDY_PROBLEMS = [
  'clipsFile', // clips.json is broken
  'noFolder', // nothing chosen holds a clips.json
  'missingVideo', // clips.json names a file that is not there
  'sameName', // two folders of one name
  'noPairs', // no prompt (and seed) in common
  'noVideo', // the browser cannot play a clip
  'csvHeader', // not a file of votes
  'storage', // votes cannot be kept
] as const;
export type StudyProblem = (typeof STUDY_PROBLEMS)[number];

export class StudyError extends Error {
  /**
   * @param where folder or file
   * @param detail what exactly, in English
   */
  constructor(
    readonly problem: StudyProblem,
    readonly where: string,
    readonly detail = '',
  ) {
    super(detail === '' ? `${problem}: ${where}` : `${problem}: ${where}: ${detail}`);
    this.name = 'StudyError';
  }
}
