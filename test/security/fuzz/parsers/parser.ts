/** What is held against every parser. */
import fc from "fast-check";

/** A parser, its inputs, and what must be true of what it makes of them. */
export interface Parser {
  readonly name: string;
  readonly input: fc.Arbitrary<unknown>;
  /** Throws when a rule is broken. */
  readonly holds: (input: never) => unknown;
  /** An input of about so many characters or bytes that asks for as much work as any; none: no matter of length. */
  readonly long?: (size: number) => () => unknown;
  /** For {@link long}; 50,000. */
  readonly size?: number;
}

export function parser<T>(
  name: string,
  input: fc.Arbitrary<T>,
  holds: (input: T) => unknown,
  long?: Parser["long"],
  size = 50_000,
): Parser {
  return { name, input, holds, ...(long === undefined ? {} : { long }), size };
}

type ErrorType = abstract new (...args: never[]) => Error;

/**
 * What the work gives; undefined when it refused with one of its own errors.
 *
 * @throws Error of any other type, which it may not throw
 */
export function refusing<T>(work: () => T, ...own: readonly ErrorType[]): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isOne(error, own)) return undefined;
    throw error;
  }
}

/** As {@link refusing}. */
export async function refusingLater<T>(
  work: () => Promise<T>,
  ...own: readonly ErrorType[]
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isOne(error, own)) return undefined;
    throw error;
  }
}

/** Not one of a type below it: every TypeError is an Error. */
function isOne(error: unknown, types: readonly ErrorType[]): boolean {
  return types.some((type) => (error as object | null)?.constructor === type);
}

/** @throws Error when the two are not the same JSON */
export function requireSame(what: string, found: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

/** @throws Error saying what is not true */
export function requireTrue(what: string, holds: boolean): void {
  if (!holds) throw new Error(`not true: ${what}`);
}
