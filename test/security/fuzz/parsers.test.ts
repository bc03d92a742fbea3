/**
 * Every parser of what others write: whatever it is given, it throws its own errors only, and what it takes it takes
 * again after writing. What takes long is measured against itself: an input of ten times the length.
 */
import { describe, expect, test } from "vitest";
import { budgetOf, fuzz, testTimeoutMs } from "./driver.ts";
import { ANSWERS } from "./parsers/answers.ts";
import { FILES } from "./parsers/files.ts";
import type { Parser } from "./parsers/parser.ts";
import { TEXTS } from "./parsers/texts.ts";
import { WIRE } from "./parsers/wire.ts";

const PARSERS: readonly Parser[] = [...WIRE, ...ANSWERS, ...FILES, ...TEXTS];
const BATCH = 100;
const budgetMs = budgetOf("parsers", PARSERS.length);

const table = PARSERS.map((parser) => [parser.name, parser] as const);

describe("no input upsets", () => {
  test.each(table)(
    "%s",
    (name, { input, holds }) => {
      const any = holds as (value: unknown) => unknown;
      return fuzz({ name: `no input upsets ${name}`, input, holds: any, budgetMs, batch: BATCH });
    },
    testTimeoutMs(budgetMs),
  );
});

describe("ten times the input costs no more than in proportion:", () => {
  const long = table.filter(([, { long }]) => long !== undefined);

  test.each(long)("%s", (_name, parser) => {
    const size = parser.size ?? 0;
    const [small, large] = [cpuMs(parser, size / 10), cpuMs(parser, size)];
    // In proportion it is 10, by the square it is 100; what is too little to be measured is not.
    expect(large / Math.max(small, 2)).toBeLessThan(50);
  });
});

/** The least of three times of this process's processors, in milliseconds. */
function cpuMs({ long }: Parser, size: number): number {
  const work = long?.(size);
  const times = [0, 1, 2].map(() => {
    const before = process.cpuUsage();
    work?.();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
