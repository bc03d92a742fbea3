/** What single faults do, and when they are over, on a site that only writes down what is asked of it. */
import { describe, expect, it } from "vitest";
import { REST_MS } from "../../../controller/spec-files/settling.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { ALL_FAULTS } from "../../chaos/faults/catalogue.ts";
import { fillStateDisk } from "../../chaos/faults/data.ts";
import { halveSpec } from "../../chaos/faults/edit.ts";
import { type Effect, type Fault, MissedError } from "../../chaos/faults/fault.ts";
import {
  addForeignLearner,
  addForeignVoter,
  deleteKeys,
  foreignTerm,
} from "../../chaos/faults/hands.ts";
import { Random } from "../../chaos/random.ts";
import type { Site } from "../../chaos/site.ts";
import { FIRST_SPEC, type Spec } from "../../chaos/spec.ts";
import { FAR_TERM } from "../../support/e2e/other-hands.ts";

const NAME = "e2e-x";
const PREFIX = `/jupytercluster.dev/default/${NAME}/`;
const KEYS = ["desired", "hosts", "status", "members/0", "members/1", "members/2"];
const TABLE = {
  clusterId: "a",
  term: 7,
  leaderSlot: 0,
  names: [0, 1, 2].map((slot) => ({ slot, index: slot, ip: `172.31.9.1${slot}` })),
};

const OBJECT = {
  metadata: { name: NAME, generation: 4 },
  status: {
    observedGeneration: 4,
    nodes: [0, 1, 2].map((slot) => ({ slot, name: `${NAME}-${slot}`, leader: slot === 0 })),
  },
} as unknown as JupyterClusterObject;

/** Answers every `etcdctl` alike; what was asked is in `asked`. */
function siteWith(answer: string | Error, stoodMs = 0) {
  const asked: string[] = [];
  const saved: { spec: Spec; cut: number }[] = [];
  const site = {
    cluster: { ref: { namespace: "default", name: NAME }, specText: () => "cpus: 0.1\n" },
    unusedAddress: "172.31.9.250",
    stateDisk: null,
    spec: FIRST_SPEC,
    inside: (_: unknown, command: readonly string[]) => {
      asked.push(command.join(" "));
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    saveInHalves: (spec: Spec, cut: number) => {
      saved.push({ spec, cut });
      return Promise.resolve(stoodMs);
    },
  } as unknown as Site;
  return { site, asked, saved };
}

const run = (fault: Fault, site: Site, seed = 1): Promise<Effect> =>
  fault.run(site, OBJECT, new Random(seed));

/** Whether it is over once etcd answers this. */
async function isOver(fault: Fault, first: string, later: string): Promise<boolean> {
  let answer = first;
  const { site } = siteWith("");
  const inside = () => Promise.resolve(answer);
  const effect = await run(fault, Object.assign(site, { inside }));
  answer = later;
  return effect.isOver(OBJECT);
}

const ETCD = [deleteKeys, foreignTerm, addForeignLearner, addForeignVoter];

describe("a hand in etcd", () => {
  it("deletes the cluster's own keys and no others", async () => {
    const { site, asked } = siteWith("6");
    await run(deleteKeys, site);
    expect(asked).toEqual([`etcdctl del ${PREFIX} --prefix`]);
  });

  const found = (keys: readonly string[]) => keys.map((key) => PREFIX + key).join("\n\n");
  const table = (change: object) => JSON.stringify({ ...TABLE, ...change });
  const [first, ...others] = TABLE.names;
  const renamed = [...others, { ...first, index: 1 }];
  const members = (...hosts: string[]) => hosts.map((h) => `started, https://${h}:2380`).join("\n");
  it.each<[string, Fault, string, string, boolean]>([
    ["all keys are there", deleteKeys, "6", found(KEYS), true],
    ["the newest node's is not", deleteKeys, "6", found(KEYS.slice(0, -1)), false],
    ["the old term is there", foreignTerm, table({}), table({}), true],
    ["a later one is", foreignTerm, table({}), table({ term: 9 }), true],
    ["the far one is", foreignTerm, table({}), table({ term: FAR_TERM }), false],
    ["names differ", foreignTerm, table({}), table({ names: renamed }), false],
    ["it is gone", addForeignVoter, "", members("172.31.9.10", "172.31.9.11"), true],
    ["it is a member", addForeignVoter, "", members("172.31.9.10", "172.31.9.250"), false],
  ])("is over or not when %s", async (_what, fault, before, now, over) => {
    expect(await isOver(fault, before, now)).toBe(over);
  });

  it.each(ETCD)(
    "$kind: is missed while etcd refuses it, and fails with any other error",
    async (fault) => {
      for (const text of [
        "etcdserver: unhealthy cluster",
        "etcdserver: re-configuration failed due to not enough started members",
        "context deadline exceeded",
      ]) {
        await expect(run(fault, siteWith(new Error(text)).site)).rejects.toThrow(MissedError);
      }
      const other = run(fault, siteWith(new Error("unknown flag: --learner")).site);
      await expect(other).rejects.not.toThrow(MissedError);
    },
  );
});

describe("a spec file in two halves", () => {
  const effects = async (stoodMs: number) => {
    const each = [];
    for (let seed = 0; seed < 40; seed++) {
      const { site, saved } = siteWith("", stoodMs);
      const effect = await run(halveSpec, site, seed);
      const [{ spec, cut } = { spec: FIRST_SPEC, cut: -1 }] = saved;
      each.push({ ...effect, hasChanged: spec !== FIRST_SPEC, cut });
    }
    return each;
  };

  it("says the same in the end, or something else, and is cut within", async () => {
    const all = await effects(0);
    expect(new Set(all.map(({ hasChanged }) => hasChanged))).toEqual(new Set([true, false]));
    for (const { cut } of all) expect(cut).toBeGreaterThanOrEqual(0);
    expect(new Set(all.map(({ cut }) => cut)).size).toBeGreaterThan(5);
  });

  it("may replace nothing when it says the same, unless the half could rest", async () => {
    for (const { hasChanged, replaces } of await effects(REST_MS - 1)) {
      expect(replaces).toEqual(hasChanged ? "all" : []);
    }
    for (const { replaces } of await effects(REST_MS)) expect(replaces).toBe("all");
  });
});

it("without a disk of its own the state directory's is not filled", async () => {
  await expect(run(fillStateDisk, siteWith("").site)).rejects.toThrow(MissedError);
});

it("what is wedged is let go on by no other fault of its group", () => {
  const wedges = ALL_FAULTS.filter(({ kind }) => /^(wedge|SIGSTOP (?!a container))/.test(kind));
  expect(wedges.length).toBe(6);
  expect(new Set(wedges.map(({ exclusive }) => exclusive))).toEqual(new Set(["signal"]));
});
