/** A command line that cannot be followed; the message says what is wrong and what is allowed. */
export class UsageError extends Error {}

/** @param option as the user writes it */
export function wholeNumber(option: string, text: string, min = 0): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min) return value;
  throw new UsageError(
    `${option} takes a whole number from ${min} on, not ${JSON.stringify(text)}`,
  );
}
