/** Looks into calls of a prototype's methods, for the rest of the thread's life. */

/** Calls `look` with the arguments of every call of a method, before it. */
export function before<Kind extends object, Name extends keyof Kind>(
  prototype: Kind,
  name: Name,
  look: Kind[Name] extends (...given: infer Given) => unknown ? (...given: Given) => void : never,
): void {
  replaceMethod(prototype, name, (original) => {
    return function (...given) {
      (look as (...given: unknown[]) => void)(...given);
      return original.apply(this, given);
    };
  });
}

type Method<Self> = (this: Self, ...given: never[]) => unknown;
type Loose<Self> = (this: Self, ...given: unknown[]) => unknown;

/** Puts what `replace` makes of a method in its place. */
export function replaceMethod<Kind extends object, Name extends keyof Kind>(
  prototype: Kind,
  name: Name,
  replace: (original: Loose<Kind>) => Loose<Kind>,
): void {
  const original = prototype[name] as Method<Kind>;
  prototype[name] = replace(original as Loose<Kind>) as Kind[Name];
}
