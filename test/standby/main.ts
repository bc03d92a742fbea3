/**
 * `npm run standby -- --times N`: two controllers that share an etcd of the site change their roles N times
 * for each way in which one is lost, with a user of the survivor's proxy beside. Prints a table and writes
 * standby.json. Exit code 0: nothing that must not be; 1: something. Wants root, for network namespaces.
 */
import { copyFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { ensureAgentImage } from "../../agent-image/build/ensure-agent-image.ts";
import { silentLog } from "../support/silent-log.ts";
import { Site } from "./site.ts";
import { KINDS, type Takeover, takeOver } from "./takeovers.ts";

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "3" },
    lease: { type: "string", default: "10" },
    /** Only ways whose names contain this; may be repeated. */
    only: { type: "string", multiple: true, default: [""] },
    output: { type: "string", default: "standby.json" },
  },
});

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`--${option} takes a whole number from ${min} to ${max}, not ${text}`);
}

const times = wholeNumber("times", values.times, 1, 1_000);
const lease = wholeNumber("lease", values.lease, 2, 300);
const kinds = KINDS.filter((kind) => values.only.some((part) => kind.includes(part)));
if (kinds.length === 0) throw new Error(`there is no such way; there are: ${KINDS.join("; ")}`);
if (process.getuid?.() !== 0) throw new Error("Network namespaces are made by root alone.");

const { reference } = await ensureAgentImage({
  log: silentLog,
  onProgress: (line) => console.error(line),
});
const site = await Site.create(reference, lease);
const done: Takeover[] = [];
try {
  for (let round = 1; round <= times; round += 1) {
    for (const kind of kinds) {
      const takeover = await takeOver(site, kind, lease);
      done.push(takeover);
      console.error(line(takeover), ...takeover.violations.map((wrong) => `\n  ${wrong}`));
    }
  }
} catch (error) {
  // Cleaning up may fail for the same reason, and would hide it.
  console.error(error);
  throw error;
} finally {
  await copyFile(site.logFile, "standby.log");
  await site.destroy();
}
console.log(kinds.map((kind) => summary(kind, done)).join("\n"));
await writeFile(values.output, `${JSON.stringify({ at: new Date(), lease, done }, null, 2)}\n`);
process.exitCode = done.some(({ violations }) => violations.length > 0) ? 1 : 0;

function line({ kind, actsMs, backMs, served, longestMs }: Takeover): string {
  const ms = (value: number) => `${Math.round(value)} ms`;
  return `${kind}: the other acts after ${ms(actsMs)}, the former stands by after ${ms(backMs)}; ${served} requests served, the longest ${ms(longestMs)}`;
}

function summary(kind: string, all: readonly Takeover[]): string {
  const of = all.filter((one) => one.kind === kind);
  const sorted = of.map(({ actsMs }) => Math.round(actsMs)).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const wrong = of.reduce((sum, { violations }) => sum + violations.length, 0);
  return `${kind}: ${of.length} times; acts after ${middle} ms (median), ${sorted.at(-1)} ms (longest); ${wrong} violations`;
}
