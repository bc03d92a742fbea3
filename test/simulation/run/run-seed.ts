/**
 * One seed, one run: a phase in which anything may fail, in which every step must be safe, then a
 * phase without faults, in which a healthy majority must converge within a bound, and rest.
 */
import { Rng } from "../engine/rng.ts";
import { type Finding } from "../check/findings.ts";
import { Checker } from "../check/checker.ts";
import { NO_MUTATION, type Mutation } from "../controller/mutation.ts";
import { Chaos, type Coverage } from "../faults/chaos.ts";
import type { Fault } from "../faults/fault.ts";
import { swarm } from "../faults/swarm.ts";
import { Endpoint } from "../wire/endpoint.ts";
import type { DesiredSpec } from "../world/spec-user.ts";
import { Notebooks } from "../world/notebooks.ts";
import { World, type WorldOptions } from "../world/world.ts";
import { CLIENT, Writer } from "../world/writer.ts";
import { Convergence } from "./convergence.ts";
import { catchRejections } from "./rejections.ts";
import { runUntil } from "./run-until.ts";

export interface RunOptions {
  readonly seed: number | string;
  /** Null: drawn from the seed, as a small site. */
  readonly clusters?: number;
  readonly nodes?: number;
  /** See {@link WorldOptions}. */
  readonly controllers?: WorldOptions["controllers"];
  /** Of the phase with faults; virtual seconds. */
  readonly seconds?: number;
  /** Left out: drawn from the seed. */
  readonly faults?: readonly Fault[];
  /** Guards that are taken away, to see that it is noticed. */
  readonly mutation?: Mutation;
  /** How many of the last lines of the trace stay readable. */
  readonly linesKept?: number;
}

export interface RunResult {
  readonly seed: number | string;
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  /** Rare states, and at how many reconciles each was. */
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

/** So many of the clusters have a spare. */
const SPARES = 0.3;

export async function runSeed(options: RunOptions): Promise<RunResult> {
  const rng = new Rng(`${options.seed}`);
  const draw = rng.fork("site");
  const checker = new Checker();
  const world = newWorld(options, draw, checker);
  checker.begin(world);
  const kernels = rng.fork("kernels");
  const spares = rng.fork("spares");
  for (const desiredSpec of desiredSpecs(options, draw)) {
    // Drawn apart: what the other draws of a seed come to stays as it was.
    const busyWaitSeconds = kernels.pick([null, 0, 5, 20, 60]);
    world.user.write({ ...desiredSpec, busyWaitSeconds, spare: spares.chance(SPARES) });
  }
  const notebooks = new Notebooks(world, rng.fork("notebooks"));
  checker.watchKernels(notebooks);
  const endpoint = new Endpoint(CLIENT, world.network, world.scheduler);
  for (const name of world.user.names()) {
    const writer = new Writer(world, endpoint, name, rng.fork(`writer ${name}`), {
      min: 2_000,
      max: 8_000,
    });
    checker.writers.set(name, writer);
    writer.start();
  }
  const chaos = new Chaos(world, checker, checker.writers, rng.fork("chaos"), {
    everyMs: draw.integer(1_500, 9_000),
    faults: options.faults ?? swarm(rng.fork("swarm")),
  });
  const release = catchRejections((error) => checker.findings.add("programmer error", error));
  const startedAt = world.now();
  let convergedMs: number | null = null;
  try {
    world.start();
    notebooks.start();
    const convergence = new Convergence(world, checker);
    // Half of the clusters are formed when the first fault strikes.
    if (draw.chance(0.5)) await untilFormed(world, checker, convergence);
    chaos.start();
    const faultsMs = 1_000 * (options.seconds ?? draw.integer(15, 60));
    await runUntil(world, checker, world.now() + faultsMs);
    chaos.end();
    notebooks.end();
    if (checker.findings.all.length === 0) {
      convergedMs = await convergence.wait();
    }
  } catch (error) {
    checker.findings.add(
      "run",
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  } finally {
    for (const controller of world.controllers) controller.crash();
    release();
  }
  return {
    seed: options.seed,
    findings: checker.findings.all,
    coverage: chaos.coverage,
    sometimes: checker.sometimes,
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

async function untilFormed(
  world: World,
  checker: Checker,
  convergence: Convergence,
): Promise<void> {
  const endsAt = world.now() + FORMED_MAX_MS;
  while (world.now() < endsAt && checker.findings.all.length === 0) {
    await runUntil(world, checker, world.now() + LOOK_MS);
    if (convergence.lacks() === null) return;
  }
}

function newWorld(options: RunOptions, draw: Rng, checker: Checker): World {
  return new World(
    {
      seed: options.seed,
      hosts: draw.integer(2, 5),
      masters: draw.pick([1, 2, 3]),
      controllers: options.controllers ?? draw.pick([1, 1, 2] as const),
      detection: draw.pick(["list", "zookeeper"] as const),
      resources: { cpus: 16, mem: 65_536, disk: 65_536 },
      unreachableMs: draw.integer(10_000, 40_000),
      exclusiveAddresses: draw.chance(0.5),
      linesKept: options.linesKept ?? 60,
      mutation: options.mutation ?? NO_MUTATION,
    },
    checker,
  );
}

function desiredSpecs(options: RunOptions, draw: Rng): readonly DesiredSpec[] {
  const clusters = options.clusters ?? (draw.chance(0.2) ? 2 : 1);
  return Array.from({ length: clusters }, (_, number): DesiredSpec => {
    return {
      name: `lab-${number}`,
      number,
      replicas: options.nodes ?? draw.pick([1, 3, 3, 3, 3, 3, 5]),
      spare: false,
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
      busyWaitSeconds: null,
    };
  });
}
