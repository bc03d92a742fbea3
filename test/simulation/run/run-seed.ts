/**
 * One seed, one run: a phase in which anything may fail, in which every step must be safe, then a
 * phase without faults, in which a healthy majority must converge within a bound, and rest.
 */
import { Rng } from "../engine/rng.ts";
import { type Finding } from "../check/findings.ts";
import { Judge } from "../check/judge.ts";
import { NO_TAMPERING, type Tampering } from "../controller/tampering.ts";
import { Chaos, type Coverage } from "../faults/chaos.ts";
import { swarm } from "../faults/swarm.ts";
import { Station } from "../wire/station.ts";
import type { Wish } from "../world/spec-user.ts";
import { World } from "../world/world.ts";
import { CLIENT, Writer } from "../world/writer.ts";
import { Convergence } from "./convergence.ts";
import { catchRejections } from "./rejections.ts";
import { runUntil } from "./run-until.ts";

export interface RunOptions {
  readonly seed: number | string;
  /** Null: drawn from the seed, as a small site. */
  readonly clusters?: number;
  readonly nodes?: number;
  /** Of the phase with faults; virtual seconds. */
  readonly seconds?: number;
  /** Guards that are taken away, to see that it is noticed. */
  readonly tampering?: Tampering;
  /** How many of the last lines of the trace stay readable. */
  readonly linesKept?: number;
}

export interface RunResult {
  readonly seed: number | string;
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  /** Rare states, and at how many visits each was. */
  readonly sometimes: Readonly<Record<string, number>>;
  readonly hash: string;
  readonly trace: readonly string[];
  readonly steps: number;
  readonly virtualMs: number;
  /** From the end of the faults until everything was as the specs want it; null: it never was. */
  readonly convergedMs: number | null;
  /** As it was at the end, to be looked at. */
  readonly world: World;
}

export async function runSeed(options: RunOptions): Promise<RunResult> {
  const rng = new Rng(`${options.seed}`);
  const draw = rng.fork("site");
  const judge = new Judge();
  const world = newWorld(options, draw, judge);
  judge.begin(world);
  for (const wish of wishes(options, draw)) world.user.write(wish);
  const station = new Station(CLIENT, world.wires, world.scheduler);
  for (const name of world.user.names()) {
    const writer = new Writer(world, station, name, rng.fork(`writer ${name}`), {
      min: 2_000,
      max: 8_000,
    });
    judge.writers.set(name, writer);
    writer.start();
  }
  const chaos = new Chaos(world, judge, judge.writers, rng.fork("chaos"), {
    everyMs: draw.integer(1_500, 9_000),
    faults: swarm(rng.fork("swarm")),
  });
  const release = catchRejections((error) => judge.findings.add("programmer error", error));
  const startedAt = world.now();
  let convergedMs: number | null = null;
  try {
    world.start();
    const convergence = new Convergence(world, judge);
    // Half of the clusters are formed when the first fault strikes.
    if (draw.chance(0.5)) await untilFormed(world, judge, convergence);
    chaos.start();
    const faultsMs = 1_000 * (options.seconds ?? draw.integer(15, 60));
    await runUntil(world, judge, world.now() + faultsMs);
    chaos.end();
    if (judge.findings.all.length === 0) {
      convergedMs = await convergence.wait();
    }
  } catch (error) {
    judge.findings.add(
      "run",
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  } finally {
    for (const controller of world.controllers) controller.crash();
    release();
  }
  return {
    seed: options.seed,
    findings: judge.findings.all,
    coverage: chaos.coverage,
    sometimes: judge.sometimes,
    hash: world.trace.hash(),
    trace: world.trace.tail(),
    steps: world.scheduler.events,
    virtualMs: world.now() - startedAt,
    convergedMs,
    world,
  };
}

/** So long at most; virtual milliseconds. */
const FORMED_MAX_MS = 14_000;
const LOOK_MS = 500;

async function untilFormed(world: World, judge: Judge, convergence: Convergence): Promise<void> {
  const endsAt = world.now() + FORMED_MAX_MS;
  while (world.now() < endsAt && judge.findings.all.length === 0) {
    await runUntil(world, judge, world.now() + LOOK_MS);
    if (convergence.lacks() === null) return;
  }
}

function newWorld(options: RunOptions, draw: Rng, judge: Judge): World {
  return new World(
    {
      seed: options.seed,
      hosts: draw.integer(2, 5),
      masters: draw.pick([1, 2, 3]),
      resources: { cpus: 16, mem: 65_536, disk: 65_536 },
      unreachableMs: draw.integer(10_000, 40_000),
      exclusiveAddresses: draw.chance(0.5),
      linesKept: options.linesKept ?? 60,
      tampering: options.tampering ?? NO_TAMPERING,
    },
    judge,
  );
}

function wishes(options: RunOptions, draw: Rng): readonly Wish[] {
  const clusters = options.clusters ?? (draw.chance(0.2) ? 2 : 1);
  return Array.from({ length: clusters }, (_, number): Wish => {
    return {
      name: `lab-${number}`,
      number,
      replicas: options.nodes ?? draw.pick([1, 2, 3, 3, 3, 3, 4, 5]),
      image: null,
      jupyterPort: 8888,
      standby: draw.pick(["warm", "warm", "cold"] as const),
      dataVolume: draw.pick(["local", "local", "local", "ephemeral"] as const),
      replaceAfterSeconds: draw.integer(5, 40),
      snapshotSeconds: draw.pick([0, 45, 60]),
      graceSeconds: draw.integer(0, 8),
      recovery: "Automatic",
      updateStrategy: "RollingUpdate",
      deletionPolicy: draw.pick(["Retain", "Delete"] as const),
      suspend: false,
    };
  });
}
