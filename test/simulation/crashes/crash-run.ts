/**
 * One plot, in which the controller dies right before its n-th side effect and is started again.
 * Without faults everything else is the same each time, so that every n there is can be tried.
 */
import type { Finding } from "../check/findings.ts";
import { Judge } from "../check/judge.ts";
import type { FateOfWrites } from "../controller/state-disk.ts";
import { NO_TAMPERING } from "../controller/tampering.ts";
import { Rng } from "../engine/rng.ts";
import { Convergence } from "../run/convergence.ts";
import { catchRejections } from "../run/rejections.ts";
import { Station } from "../wire/station.ts";
import type { Wish } from "../world/spec-user.ts";
import { World } from "../world/world.ts";
import { CLIENT, Writer } from "../world/writer.ts";
import { CLUSTER, type Plot } from "./plots.ts";

export interface Crash {
  /** Counted from the plot's beginning, from 1. */
  readonly beforeEffect: number;
  /** What becomes of what is on its way to the disk at that moment. */
  readonly writes: FateOfWrites;
}

export interface CrashOutcome {
  readonly findings: readonly Finding[];
  /** Of the first controller, from the plot's beginning until it died or all was well. */
  readonly effects: number;
  readonly crashed: boolean;
  /** From the plot's beginning; virtual milliseconds. Null: it never was as the spec wants it. */
  readonly convergedMs: number | null;
}

/** After which a supervisor starts it again. Virtual milliseconds. */
const AWAY_MS = 700;

export async function runWithCrash(
  plot: Plot,
  crash: Crash | null,
  disk: "honest" | "lies" = "honest",
): Promise<CrashOutcome> {
  const judge = new Judge();
  const world = newWorld(plot, judge);
  world.disk.lies = disk === "lies";
  judge.begin(world);
  world.user.write(wishOf(plot));
  const station = new Station(CLIENT, world.wires, world.scheduler);
  const pace = { min: 400, max: 900 };
  const writer = new Writer(world, station, CLUSTER, new Rng("writer"), pace);
  judge.writers.set(CLUSTER, writer);
  writer.start();
  const release = catchRejections((error) => judge.findings.add("programmer error", error));
  const count = { effects: 0, crashed: false };
  let convergedMs: number | null = null;
  try {
    const begin = () => watchEffects(world, judge, crash, count);
    if (plot.begin === null) begin();
    world.start();
    if (plot.begin !== null) {
      await converge(world, judge, "before the plot");
      begin();
      plot.begin(world);
    }
    convergedMs = await converge(world, judge, "after the plot");
  } finally {
    judge.onEffectExtra = () => undefined;
    for (const controller of world.controllers) controller.crash();
    release();
  }
  return { findings: judge.findings.all, ...count, convergedMs };
}

function watchEffects(
  world: World,
  judge: Judge,
  crash: Crash | null,
  count: { effects: number; crashed: boolean },
): void {
  judge.onEffectExtra = (controller) => {
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

async function converge(world: World, judge: Judge, when: string): Promise<number | null> {
  const convergedMs = await new Convergence(world, judge).wait();
  if (convergedMs === null && judge.findings.all.length === 0) {
    throw new Error(`not converged ${when}, and no check says why`);
  }
  return convergedMs;
}

function newWorld(plot: Plot, judge: Judge): World {
  return new World(
    {
      seed: plot.name,
      hosts: 3,
      masters: 1,
      resources: { cpus: 16, mem: 65_536, disk: 65_536 },
      unreachableMs: 20_000,
      exclusiveAddresses: false,
      tampering: NO_TAMPERING,
      linesKept: 60,
    },
    judge,
  );
}

function wishOf({ replicas }: Plot): Wish {
  return {
    name: CLUSTER,
    number: 0,
    replicas,
    image: null,
    jupyterPort: 8888,
    standby: "warm",
    dataVolume: "local",
    replaceAfterSeconds: 10,
    snapshotSeconds: 45,
    graceSeconds: 2,
    recovery: "Automatic",
    updateStrategy: "RollingUpdate",
    deletionPolicy: "Retain",
    suspend: false,
  };
}
