/** One seed again, told: what went wrong in it, if anything, and what was done to it. */
import type { Output } from "../command-line.ts";
import { runSeed } from "../run/run-seed.ts";
import type { WorkerSettings } from "./seed-worker.ts";

const ALL_LINES = 1_000_000;

/** @returns the exit code: 1 when a check found something */
export async function replay(
  seed: number,
  settings: WorkerSettings & { readonly trace: boolean },
  { out }: Output,
): Promise<number> {
  const { trace, ...site } = settings;
  const run = await runSeed({ ...site, seed, linesKept: ALL_LINES });
  const { findings, hash, convergedMs, steps, virtualMs } = run;
  if (trace) out(`${run.trace.join("\n")}\n\n`);
  out(`seed ${seed}: ${findings.length === 0 ? "no violation" : "VIOLATED"}\n`);
  for (const { check, what, atMs } of findings) out(`  at ${atMs / 1000} s: ${check}: ${what}\n`);
  out(`hash ${hash}, ${steps} events, ${virtualMs / 1000} virtual seconds\n`);
  const converged = convergedMs === null ? "not converged" : `converged ${convergedMs / 1000} s`;
  out(`${converged}${convergedMs === null ? "" : " after the last fault"}\n`);
  out("faults:\n");
  for (const line of run.trace.filter((l) => / fault /.test(l))) out(`  ${line}\n`);
  return findings.length === 0 ? 0 : 1;
}
