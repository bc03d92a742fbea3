/** `down`: ends the controller and removes the containers; on request the data as well. */
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import { foreignVolumes, removeContainers, removeData } from "../machine/removal.ts";
import { endControllers } from "../machine/end-controllers.ts";
import { addConnectionOptions } from "../options/connection.ts";
import { addStateOptions, type StateOptions } from "../options/state.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { completeMemory } from "../../model/complete-memory.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import { type OpenedState, openState } from "../../store/open-state.ts";
import { mastersOf } from "../../store/records.ts";
import type { Term } from "../../store/state-backend.ts";
import { stateTargetText } from "../../store/state-target.ts";
import { thisController } from "../../store/this-controller.ts";
import { systemClock } from "../../support/clock.ts";
import { createLogger } from "../../support/logger.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions } from "../options/connection.ts";

/** Longer than the grace that Mesos gives a container, and the removal of nine of them. */
const SHUTDOWN_MS_MAX = 90_000;
const POLL_MS = 200;

interface DownOptions extends ConnectionOptions, StateOptions {
  readonly volumes?: boolean;
  readonly yes?: boolean;
  readonly forgetFramework?: boolean;
}

export function downCommand(context: CliContext): Command {
  const command = new Command("down")
    .summary("end the controller and remove the containers")
    .description(
      "End the controllers that run on the state directory, or on an etcd of the site, and remove " +
        "the containers of their clusters. Where no controller runs, the containers are removed all the same. Data stays " +
        "in its volumes, and the next `up` goes on with it, unless --volumes is given; snapshots stay " +
        "in any case. What other states or other programs own is never touched.",
    )
    .option("--volumes", "also remove the volumes with all data, the networks and the memory")
    .option("-y, --yes", "don't ask before data is removed")
    .option(
      "--forget-framework",
      "forget who we were to a Mesos that has removed the framework (exit code 6), and with it " +
        "all containers; the next start registers anew",
    )
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster down                     the data stays
  jupyter-cluster down --volumes --yes     nothing stays but snapshots
  jupyter-cluster down --state etcd://e1,e2,e3/lab --api http://c1:8001`,
    )
    .action((options: DownOptions) => down(context, options));
  return addStateOptions(addConnectionOptions(command, context), context);
}

async function down(context: CliContext, options: DownOptions): Promise<void> {
  if (options.volumes === true) await requireConsent(context, options);
  const state = await openIfThere(context, options);
  try {
    const ended = await endControllers(context, options, options.state);
    if (state === null) {
      context.stderr.write(`Nothing to remove: there is no ${options.stateDir}.\n`);
      return;
    }
    const term = await holdWhenFree(state, options, ended);
    try {
      await removeAll(context, state, term, options, ended);
    } finally {
      await term.resign();
    }
  } finally {
    await state?.backend.close();
  }
}

/**
 * Before anything is ended: a store that cannot be used is told while all still runs. This host may be one without
 * a controller; it gets the control token that the controllers of the store share.
 */
async function openIfThere(
  context: CliContext,
  { stateDir, state: target, stateLease: leaseSeconds }: DownOptions,
): Promise<OpenedState | null> {
  if (target.kind === "directory" && !existsSync(stateDir)) return null;
  const log = createLogger({ level: "warn", destination: context.stderr });
  const common = { masters: null, waits: false, clock: systemClock, log };
  const state = await openState({ ...common, stateDir, target, leaseSeconds });
  const problem = state.backend.problem();
  if (problem === null) return state;
  await state.backend.close();
  throw problem;
}

async function requireConsent(
  context: CliContext,
  { yes, stateDir, state }: DownOptions,
): Promise<void> {
  if (yes === true) return;
  const where = state.kind === "etcd" ? stateTargetText(state) : stateDir;
  const question = `Remove the clusters of ${where} with all their data, for good?`;
  const agreed = context.confirm !== null && (await context.confirm(question));
  if (agreed) return;
  const hint = context.confirm === null ? " Without a terminal to ask on, say --yes." : "";
  throw new OperationError(
    ERROR_CODES.CONTROLLER_REFUSED,
    "down --volumes",
    `Nothing was removed.${hint}`,
  );
}

/** It is free when the controller's process has ended, or nearly so. Nobody else acts on it from then on. */
async function holdWhenFree(
  { backend }: OpenedState,
  { api, state, stateLease }: DownOptions,
  ended: boolean,
): Promise<Term> {
  const deadline = Date.now() + (ended ? SHUTDOWN_MS_MAX : 0);
  const never = new AbortController().signal;
  for (;;) {
    try {
      return await backend.campaign(thisController("down"), never);
    } catch (error) {
      if (!isCode(error, ERROR_CODES.STATE_LOCKED)) throw error;
      if (Date.now() < deadline) {
        await delay(POLL_MS);
        continue;
      }
      if (!ended) throw controllerElsewhere(error, api, state.kind === "etcd" ? stateLease : null);
      const message = `The controller has not ended within ${SHUTDOWN_MS_MAX / 1000} s.`;
      throw new OperationError(ERROR_CODES.TIMEOUT, "down", message, { cause: error });
    }
  }
}

/** @param leaseSeconds how long one that has died is still taken for living; null: not at all */
function controllerElsewhere(
  error: OperationError,
  api: string,
  leaseSeconds: number | null,
): OperationError {
  const died =
    leaseSeconds === null ? "" : ` If it has just died, say \`down\` again in ${leaseSeconds} s.`;
  const message = `${error.message} It does not answer at ${api}: say where it does with --api.${died}`;
  return new OperationError(error.code, "down", message, { cause: error });
}

async function removeAll(
  context: CliContext,
  opened: OpenedState,
  { state }: Term,
  { volumes = false, forgetFramework = false }: DownOptions,
  ended: boolean,
): Promise<void> {
  const { memories } = state.stored;
  const clusters = [...memories.values()].map(completeMemory);
  const masters = mastersOf(state.stored);
  const local = masters === "local";
  if (!local && !ended && !forgetFramework) throw onlyThroughMesos(masters);
  let count = 0;
  // Told at once: a later step may fail, and this is gone all the same.
  const tell = (removed: readonly string[]) => {
    count += removed.length;
    context.stdout.write(removed.map((what) => `removed ${what}\n`).join(""));
  };
  if (clusters.length > 0 && local) {
    const { connectDocker, requireDocker } = await import("../../docker/connect.ts");
    const docker = connectDocker();
    await requireDocker(docker);
    tell(await removeContainers(docker, clusters));
    if (volumes) {
      tell(await removeData(docker, clusters));
      for (const what of await foreignVolumes(docker, clusters)) {
        context.stderr.write(`Not removed: ${what}.\n`);
      }
    }
  }
  // Without containers the framework means nothing; where it is removed it would be in the way.
  await state.saveFrameworkId(null);
  const left = volumes ? await placesOfSnapshots(opened, clusters) : [];
  for (const key of volumes ? memories.keys() : []) {
    await state.memories.remove(key);
    tell([`memory of ${key}`]);
  }
  context.stderr.write(summary(clusters.length, count > 0 || ended, volumes));
  for (const path of left) context.stderr.write(`Snapshots stay in ${path}.\n`);
  if (volumes && !local) {
    context.stderr.write(`Volumes on the agents of ${masters} are not reached from here.\n`);
  }
}

/** Where there are some, or may be. */
async function placesOfSnapshots(
  { snapshots }: OpenedState,
  clusters: readonly ClusterMemory[],
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const { cluster } of clusters) {
    const directory = snapshots.of(cluster);
    try {
      if ((await directory.list()).length > 0) paths.push(directory.path);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      // Its disk is not there now; what is on it stays all the same.
      paths.push(directory.path);
    }
  }
  return paths;
}

function summary(clusters: number, anything: boolean, volumes: boolean): string {
  if (!anything) return "Nothing runs: there was nothing to remove.\n";
  if (volumes || clusters === 0) return "All is removed.\n";
  return "The containers are gone. The data stays; `jupyter-cluster up` goes on with it.\n";
}

function onlyThroughMesos(masters: string): OperationError {
  const message =
    `The containers run on the agents of Mesos at ${masters}: only a controller can remove them. ` +
    "Start it (`jupyter-cluster controller --mesos …`) and say `down` again. If Mesos has removed " +
    "the framework, and so its containers, say `down --forget-framework`.";
  return new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "down", message);
}

function isCode(error: unknown, code: string): error is OperationError {
  return error instanceof OperationError && error.code === code;
}
