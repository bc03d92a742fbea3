/** Carries out a plan's actions: what others rest on first, the rest side by side. */
import type { Action, ActionType } from "../model/action.ts";
import { ERROR_CODES, type ErrorCode, OperationError } from "../model/errors.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { LastError } from "../model/resource.ts";
import type { LoopPorts } from "./ports.ts";

export interface Failure {
  readonly lastError: LastError;
  /** Part of the normal course: tried again with the next reconcile, and not told to people. */
  readonly expected: boolean;
  /** The tasks whose launch certainly did not leave: their intents are withdrawn. */
  readonly notLaunched?: readonly string[];
}

const FIRST: ReadonlySet<ActionType> = new Set(["EnsureNetwork", "EnsureVolume"]);
const EXPECTED: ReadonlySet<ErrorCode> = new Set([
  ERROR_CODES.ETCD_NOT_READY,
  ERROR_CODES.OFFER_GONE,
]);

/**
 * Operating errors come back as values; anything else is a programmer error and is thrown. A
 * launch is left out when what it rests on failed: the next reconcile finds its slot as it was.
 */
export async function performAll(
  actions: readonly Action[],
  memory: ClusterMemory,
  ports: LoopPorts,
): Promise<readonly Failure[]> {
  const first = actions.filter((a) => FIRST.has(a.type));
  const then = actions.filter((a) => !FIRST.has(a.type));
  const failed = await performSideBySide(first, memory, ports);
  const blocked = failed.length > 0 ? then.filter(isLaunch) : [];
  const rest = failed.length > 0 ? then.filter((a) => !isLaunch(a)) : then;
  const withdrawn = failed
    .slice(0, 1)
    .flatMap((cause) => blocked.map((launch) => ({ ...cause, notLaunched: taskIds(launch) })));
  return [...failed, ...withdrawn, ...(await performSideBySide(rest, memory, ports))];
}

async function performSideBySide(
  actions: readonly Action[],
  memory: ClusterMemory,
  ports: LoopPorts,
): Promise<readonly Failure[]> {
  const outcomes = await Promise.all(actions.map((action) => performOne(action, memory, ports)));
  return outcomes.filter((outcome) => outcome !== null);
}

async function performOne(
  action: Action,
  memory: ClusterMemory,
  ports: LoopPorts,
): Promise<Failure | null> {
  const { namespace, name } = memory.cluster.metadata;
  const facts = { cluster: `${namespace}/${name}`, action: action.type };
  try {
    await ports.perform(action, memory);
    ports.log.debug(facts, "action done");
    return null;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const expected = EXPECTED.has(error.code);
    const level = expected ? "debug" : "warn";
    ports.log[level]({ ...facts, code: error.code, error: error.message }, "action failed");
    const { code, operation, message } = error;
    const observedAt = new Date(ports.clock.now()).toISOString();
    const lastError = { code, operation, message, observedAt };
    // A lost offer is found out before anything is sent.
    const lost = code === ERROR_CODES.OFFER_GONE ? taskIds(action) : [];
    return { expected, lastError, ...(lost.length > 0 ? { notLaunched: lost } : {}) };
  }
}

/** The tasks that these are to launch. */
export function launchesOf(actions: readonly Action[]): readonly string[] {
  return actions.flatMap(taskIds);
}

function taskIds(action: Action): readonly string[] {
  const hosts = action.type === "RunHostTask" ? [action.task] : [];
  return (isLaunch(action) ? action.tasks : hosts).map((task) => task.task_id.value);
}

function isLaunch(action: Action): action is Extract<Action, { type: "LaunchTasks" }> {
  return action.type === "LaunchTasks";
}
