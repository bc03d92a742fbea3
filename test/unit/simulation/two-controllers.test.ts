/** Two controllers on the site's store: production's roles, lease and fence in virtual time. */
import { describe, expect, it } from "vitest";
import { mutationOf, PLANTED_BUGS, type PlantedName } from "../../simulation/check/planted.ts";
import { CONTROLLER_FAULTS } from "../../simulation/faults/controller.ts";
import { PEOPLE_FAULTS } from "../../simulation/faults/people.ts";
import { PROCESS_FAULTS } from "../../simulation/faults/processes.ts";
import { STORE_FAULTS } from "../../simulation/faults/store.ts";
import { runSeed } from "../../simulation/run/run-seed.ts";

const SITE = { controllers: 2, clusters: 1, nodes: 3, seconds: 60 } as const;
/** For a machine that does other things too; it says nothing of how fast this is. */
const TIMEOUT_MS = 10 * 60_000;
const ALL_LINES = 1_000_000;

const OF_CONTROLLERS = [
  ...STORE_FAULTS,
  ...CONTROLLER_FAULTS.filter(({ kind }) => /^controller|clock jumps|disk full/.test(kind)),
];
const WITH_WORK = [
  ...STORE_FAULTS,
  ...PROCESS_FAULTS.filter(({ kind }) => kind === "task killed"),
  ...PEOPLE_FAULTS.filter(({ kind }) => /template|replicas/.test(kind)),
];

const terms = (trace: readonly string[]) => trace.filter((l) => / controller acts /.test(l)).length;

describe("two controllers on one store", () => {
  it("take over from each other, and end no container", { timeout: TIMEOUT_MS }, async () => {
    const struck = new Set<string>();
    let takeovers = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const options = { ...SITE, seed, faults: OF_CONTROLLERS, linesKept: ALL_LINES };
      const { findings, convergedMs, coverage, trace } = await runSeed(options);
      expect(findings, `seed ${seed}`).toEqual([]);
      expect(convergedMs, `seed ${seed}`).not.toBeNull();
      const ended = trace.filter((l) => / container ended /.test(l));
      expect(ended, `seed ${seed}`).toEqual([]);
      takeovers += terms(trace) - 1;
      for (const pair of Object.keys(coverage)) struck.add(pair.split("/")[0] ?? "");
    }
    expect(takeovers).toBeGreaterThan(6);
    for (const { kind } of STORE_FAULTS) expect(struck).toContain(kind);
  });

  it("do their work whoever acts", { timeout: TIMEOUT_MS }, async () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const { findings, convergedMs } = await runSeed({ ...SITE, seed, faults: WITH_WORK });
      expect(findings, `seed ${seed}`).toEqual([]);
      expect(convergedMs, `seed ${seed}`).not.toBeNull();
    }
  });
});

describe("a guard of several controllers that is taken away", () => {
  const planted: readonly PlantedName[] = [
    "the term is not asked for before an effect",
    "writes are not fenced by the term",
    "a launch does not wait until it is stored",
  ];

  it.each(planted)("is missed: %s", { timeout: TIMEOUT_MS }, async (name) => {
    const wanted: readonly string[] = PLANTED_BUGS[name].foundBy;
    const mutation = mutationOf([name]);
    let found: string | undefined;
    for (let seed = 1; found === undefined && seed <= 40; seed += 1) {
      const { findings } = await runSeed({ ...SITE, seed, faults: WITH_WORK, mutation });
      found = findings.find(({ check }) => wanted.includes(check))?.check;
    }
    expect(wanted).toContain(found);
  });
});
