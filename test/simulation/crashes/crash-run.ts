/**
 * One scenario, in which the controller dies right before its n-th side effect and is started
 * again. Without faults everything else is the same each time, so that every n there is can be
 * tried.
 */
import type { Finding } from "../check/findings.ts";
import { Checker } from "../check/checker.ts";
import type { FateOfWrites } from "../controller/state-disk.ts";
import { NO_MUTATION } from "../controller/mutation.ts";
import { Rng } from "../engine/rng.ts";
import { Convergence } from "../run/convergence.ts";
import { catchRejections } from "../run/rejections.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { DesiredSpec } from "../world/spec-user.ts";
import { World } from "../world/world.ts";
import { CLIENT, Writer } from "../world/writer.ts";
import { CLUSTER, type Scenario } from "./scenarios.ts";

export interface Crash {
  /** Counted from the scenario's beginning, from 1. */
  readonly beforeEffect: number;
  /** What becomes of what is on its way to the disk at that moment. */
  readonly writes: FateOfWrites;
}

export interface CrashOutcome {
  readonly findings: readonly Finding[];
  /** Of the first controller, from the scenario's beginning until it died or all was well. */
  readonly effects: number;
  readonly crashed: boolean;
  /**
   * From the scenario's beginning; virtual milliseconds. Null: it never was as the spec wants it.
   */
  readonly convergedMs: number | null;
}

/** After which a supervisor starts it again. Virtual milliseconds. */
const AWAY_MS = 700;

export async function runWithCrash(
  scenario: Scenario,
  crash: Crash | null,
  disk: "honest" | "lies" = "honest",
): Promise<CrashOutcome> {
  const checker = new Checker();
  const world = newWorld(scenario, checker);
  world.disk.lies = disk === "lies";
  checker.begin(world);
  world.user.write(desiredSpecOf(scenario));
  const endpoint = new Endpoint(CLIENT, world.network, world.scheduler);
  const pace = { min: 400, max: 900 };
  const writer = new Writer(world, endpoint, CLUSTER, new Rng("writer"), pace);
  checker.writers.set(CLUSTER, writer);
  writer.start();
  const release = catchRejections((error) => checker.findings.add("programmer error", error));
  const count = { effects: 0, crashed: false };
  let convergedMs: number | null = null;
  try {
    const begin = () => watchEffects(world, checker, crash, count);
    if (scenario.begin === null) begin();
    world.start();
    if (scenario.begin !== null) {
      await converge(world, checker, "before the scenario");
      begin();
      scenario.begin(world);
    }
    convergedMs = await converge(world, checker, "after the scenario");
  } finally {
    checker.onEffectExtra = () => undefined;
    for (const controller of world.controllers) controller.crash();
    release();
  }
  return { findings: checker.findings.all, ...count, convergedMs };
}

function watchEffects(
  world: World,
  checker: Checker,
  crash: Crash | null,
  count: { effects: number; crashed: boolean },
): void {
  checker.onEffectExtra = (controller) => {
    if (count.crashed) return;
    count.effects += 1;
    if (count.effects !== crash?.beforeEffect) return;
    count.crashed = true;
    world.disk.fateOfWrites = crash.writes;
    controller.crash();
    world.disk.fateOfWrites = "drawn";
    world.scheduler.after(AWAY_MS, () => world.startController());
  };
}

async function converge(world: World, checker: Checker, when: string): Promise<number | null> {
  const convergedMs = await new Convergence(world, checker).wait();
  if (convergedMs === null && checker.findings.all.length === 0) {
    throw new Error(`not converged ${when}, and no check says why`);
  }
  return convergedMs;
}

function newWorld(scenario: Scenario, checker: Checker): World {
  return new World(
    {
      seed: scenario.name,
      hosts: 3,
      masters: 1,
      controllers: 1,
      detection: "list",
      resources: { cpus: 16, mem: 65_536, disk: 65_536 },
      unreachableMs: 20_000,
      exclusiveAddresses: false,
      mutation: NO_MUTATION,
      linesKept: 60,
    },
    checker,
  );
}

function desiredSpecOf({ replicas }: Scenario): DesiredSpec {
  return {
    name: CLUSTER,
    number: 0,
    replicas,
    spare: false,
    image: null,
    jupyterPort: 8888,
    standby: "warm",
    dataVolume: "local",
    replaceAfterSeconds: 10,
    snapshotSeconds: 45,
    graceSeconds: 2,
    busyWaitSeconds: null,
    recovery: "Automatic",
    updateStrategy: "RollingUpdate",
    deletionPolicy: "Retain",
    suspend: false,
  };
}
