/** What a person most likely meant by a word that is not allowed. */

/** Words longer than this are no misspelt field names; keeps the table small. */
const LENGTH_MAX = 40;

/** The nearest of `choices`, or null when none is near enough to be worth a guess. */
export function nearest(word: string, choices: readonly string[]): string | null {
  const plain = simplified(word);
  const same = choices.find((choice) => simplified(choice) === plain);
  if (same !== undefined) return same;
  if (word.length > LENGTH_MAX) return null;
  const ranked = choices
    .map((choice) => ({ choice, distance: editDistance(plain, simplified(choice)) }))
    .filter(({ choice, distance }) => distance <= Math.max(1, Math.floor(choice.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  if (ranked[0] !== undefined) return ranked[0].choice;
  if (plain.length < 3) return null;
  return choices.find((choice) => simplified(choice).startsWith(plain)) ?? null;
}

/** `first_address`, `First-Address` and `firstAddress` are one word. */
function simplified(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/**
 * Number of insertions, deletions, substitutions and swaps of neighbours between two words
 * (optimal string alignment, Damerau 1964).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      const best = Math.min(at(row, j - 1) + 1, at(last, j) + 1, at(last, j - 1) + changed);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(swapped ? Math.min(best, at(beforeLast, j - 2) + 1) : best);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
