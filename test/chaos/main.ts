/**
 * `npm run chaos -- --minutes M --seed N`: breaks a real cluster on this machine in every way that
 * the catalogue has, and says whether it kept its promises. Exit code 0: no violation; 1: some;
 * 130: interrupted before there was one. Ctrl-C cleans up.
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { ensureAgentImage } from "../../agent-image/build/ensure-agent-image.ts";
import { silentLog } from "../support/silent-log.ts";
import { ALL_FAULTS } from "./faults/catalogue.ts";
import { reportText } from "./report.ts";
import { runChaos } from "./run-chaos.ts";

const INTERRUPTED = 130;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string" },
    /** Only faults whose names contain this; may be repeated. */
    only: { type: "string", multiple: true, default: [""] },
    output: { type: "string", default: "chaos.json" },
  },
});

function numberOf(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text !== "" && value >= min && value <= max) return value;
  throw new Error(`--${option} takes a number from ${min} to ${max}, not ${text}`);
}

const minutes = numberOf("minutes", values.minutes, 0.1, 24 * 60);
const seed = Math.trunc(numberOf("seed", values.seed ?? `${Date.now() % 1e6}`, 0, 2 ** 31));
const catalogue = ALL_FAULTS.filter(({ kind }) => values.only.some((part) => kind.includes(part)));
if (catalogue.length === 0) {
  const kinds = ALL_FAULTS.map(({ kind }) => kind).join(", ");
  throw new Error(`no fault is called ${values.only.join(" or ")}; there are: ${kinds}`);
}

const { reference } = await ensureAgentImage({
  log: silentLog,
  onProgress: (line) => console.error(line),
});
const interrupt = new AbortController();
const stop = () => {
  console.error("Cleaning up …");
  interrupt.abort(new Error("interrupted"));
};
process.once("SIGINT", stop).once("SIGTERM", stop);
console.error(`Seed ${seed}, ${minutes} min, ${catalogue.length} kinds of faults.`);

const report = await runChaos({
  seed,
  minutes,
  catalogue,
  name: "e2e-chaos",
  subnet: "172.31.64",
  image: reference,
  signal: interrupt.signal,
  log: (line) => console.error(line),
  logFile: `chaos-${seed}.log`,
});
const kinds = catalogue.map(({ kind }) => kind);
console.log(reportText(report, kinds));
await writeFile(values.output, `${JSON.stringify({ at: new Date(), ...report }, null, 2)}\n`);
process.exitCode = report.violations.length > 0 ? 1 : report.interrupted ? INTERRUPTED : 0;
