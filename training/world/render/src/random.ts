/** A seeded stream of numbers: same seed, same places. */
export class Random {
  private state: number;

  /** The stream of a name and a number. */
  constructor(name: string, index: number) {
    let hash = 2166136261 ^ index;
    for (const character of name) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
    }
    this.state = hash >>> 0;
    // Neighbouring seeds have alike first numbers.
    for (let i = 0; i < 3; i++) this.next();
  }

  /** 0 <= number < 1, by mulberry32 (Tommy Ettinger, public domain). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor((to - from + 1) * this.next());
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(choices.length * this.next())];
    if (choice === undefined) throw new Error('There is nothing to pick from.');
    return choice;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}
