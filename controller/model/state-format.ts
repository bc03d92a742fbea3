/**
 * The format of what the controller stores, in a directory or in the site's etcd (docs/decisions/0024). It is the
 * lowest that suffices to read what is stored: a release writes the format of the one before until something
 * newer is used, and goes back to it when that is used no more. So a site can go back one release, or is told
 * what keeps it from it. Pure.
 */
import { firstFieldUnknownTo010 } from "../../crd-schema/releases/first-unknown.ts";
import { type ClusterKey } from "./ids.ts";
import type { ClusterMemory } from "./memory.ts";
import { RELEASE } from "./release.ts";

/** The newest that this release reads and, if need be, writes. */
export const STATE_FORMAT = 3;
/** 1 has other names for some fields (model/renamed.ts). */
const STATE_FORMAT_OLDEST = 1;
/** Of the release before, and of this one for as long as nothing needs more. */
export const STATE_FORMAT_LEAST = 2;

/** Of a directory whose state was moved elsewhere: a reader of the format before would act on the rest of it. */
export const STATE_FORMAT_MOVES = 3;

/** Value of `version.json`, and of the key `format` in an etcd of the site. */
export interface FormatRecord {
  readonly version: number;
  /** That wrote it. Those before 0.2.0 did not say. */
  readonly release?: string;
  /** What needs this format, for a person; empty: nothing but its least. */
  readonly needs?: readonly string[];
}

/** What one cluster's memory needs of the format. */
export interface FormatNeed {
  readonly format: number;
  /** Null: the least is enough. */
  readonly because: string | null;
}

/** A line for every thing that a reader of an older format would not understand, or would do harm with. */
const NEEDS: readonly {
  readonly format: number;
  /** What is used of it; null: nothing. */
  readonly usedBy: (memory: ClusterMemory) => string | null;
}[] = [{ format: 3, usedBy: ({ cluster }) => firstFieldUnknownTo010(cluster.written ?? {}) }];

export function formatNeededBy(memory: ClusterMemory): FormatNeed {
  const { namespace, name } = memory.cluster.metadata;
  const used = NEEDS.flatMap(({ format, usedBy }) => {
    const what = usedBy(memory);
    return what === null ? [] : [{ format, because: `${namespace}/${name} (${what})` }];
  });
  const least = { format: STATE_FORMAT_LEAST, because: null };
  return used.toSorted((a, b) => b.format - a.format)[0] ?? least;
}

/** The record that suffices for all these. */
export function formatRecordOf(needs: ReadonlyMap<ClusterKey, FormatNeed>): FormatRecord {
  const all = [...needs.values()];
  return {
    version: Math.max(STATE_FORMAT_LEAST, ...all.map((need) => need.format)),
    release: RELEASE,
    needs: all.flatMap(({ because }) => because ?? []),
  };
}

/**
 * @param value what was read; null: nothing is there yet
 * @returns null: this release reads it; else a sentence or two for the person who started it
 */
export function whyUnreadable(value: unknown): string | null {
  if (value === null) return null;
  const { version, release, needs } = (value ?? {}) as { [Key in keyof FormatRecord]: unknown };
  if (typeof version === "number" && version >= STATE_FORMAT_OLDEST && version <= STATE_FORMAT) {
    return null;
  }
  const known = `release ${RELEASE} reads ${STATE_FORMAT_OLDEST} to ${STATE_FORMAT}`;
  const writer = typeof release === "string" ? `release ${release}` : "another release";
  const what = `It is of format ${JSON.stringify(version)}, written by ${writer}; ${known}.`;
  const listed = Array.isArray(needs) ? needs.filter((need) => typeof need === "string") : [];
  if (listed.length === 0) return `${what} Run that release.`;
  return (
    `${what} What needs it: ${listed.join(", ")}. Run that release; or take this out of the spec with that release ` +
    "running, which then writes the older format by itself, and start this one again."
  );
}
