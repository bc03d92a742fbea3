/** Ends all controllers of a state, those that stand by first: they would take over. */
import { setTimeout as delay } from "node:timers/promises";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { type ConnectionOptions, withClient } from "../options/connection.ts";
import type { ControllerEntry, Overview } from "../../api/controller-status.ts";
import type { ApiClient } from "../client/api-client.ts";
import { parseStateTarget, type StateTarget, stateTargetText } from "../../store/state-target.ts";
import type { CliContext } from "../context.ts";

/** For those that stand by to be gone. Milliseconds. */
const GONE_MS_MAX = 20_000;
const POLL_MS = 200;

/**
 * @returns whether one ran, and has agreed to end with all its containers
 * @throws OperationError when one cannot be ended from here; then the one that acts goes on
 */
export async function endControllers(
  context: CliContext,
  options: ConnectionOptions,
  state: StateTarget,
): Promise<boolean> {
  const site = await withClient(options, siteAt);
  if (site === null) return false;
  requireSameStore(site.store, state, options.api);
  const { controllers } = site;
  for (const standby of controllers.filter(({ role }) => role === "standby")) {
    await asked(standby, options, (client) => client.shutdown(false));
    const { hostname, pid } = standby;
    context.stderr.write(`The controller that stands by on ${hostname} (process ${pid}) ends.\n`);
  }
  const acting = controllers.find(({ role }) => role === "acting");
  if (acting === undefined) throw nobodyActs(controllers);
  await asked(acting, options, tearDown);
  context.stderr.write(`The controller at ${acting.apiUrl} ends and removes its containers.\n`);
  return true;
}

interface Site {
  readonly controllers: readonly ControllerEntry[];
  /** As the controller describes it; undefined: it is of 0.1.0, which knows directories alone. */
  readonly store: string | undefined;
}

/** Null: none answers there. */
async function siteAt(client: ApiClient): Promise<Site | null> {
  try {
    const {
      controller,
      controllers,
    }: Partial<Pick<Overview, "controllers">> & Pick<Overview, "controller"> =
      await client.status();
    const { store }: Partial<typeof controller> = controller;
    // One of 0.1.0 knows of no other.
    const all = controllers ?? [{ ...alone(client.url), pid: controller.process?.pid ?? 0 }];
    return { controllers: all, store };
  } catch (error) {
    if (isCode(error, ERROR_CODES.CONTROLLER_UNREACHABLE)) return null;
    throw error;
  }
}

function alone(apiUrl: string): ControllerEntry {
  const unknown = { id: "", hostname: "", pid: 0, version: "", startedAt: "" };
  return { ...unknown, apiUrl, role: "acting", since: null, term: null, self: true };
}

/** An address such as 127.0.0.1 may be another controller's here: the id tells. */
async function asked(
  controller: ControllerEntry,
  options: ConnectionOptions,
  ask: (client: ApiClient) => Promise<void>,
): Promise<void> {
  const api = controller.self ? options.api : controller.apiUrl;
  await withClient({ ...options, api }, async (client) => {
    const answering = controller.self ? [controller] : (await siteAt(client))?.controllers;
    const isIt = answering?.some(({ id, self }) => self && id === controller.id) ?? false;
    if (!isIt) throw outOfReach(controller);
    await ask(client);
  });
}

/**
 * What is ended is what is removed: a controller of another store goes on. The same servers may bear other names, so
 * of two etcds only the prefix tells.
 */
function requireSameStore(store: string | undefined, state: StateTarget, api: string): void {
  if (store === undefined) return;
  const theirs = /^etcds?:/.test(store) ? prefixOf(parseStateTarget(store)) : null;
  const ours = prefixOf(state);
  if (theirs === ours) return;
  const place = state.kind === "etcd" ? stateTargetText(state) : "a state directory";
  const remedy =
    theirs === null
      ? "Leave --state out, or say with --api where a controller of that etcd answers."
      : `Say \`--state ${store}\`, or with --api where a controller of the other answers.`;
  const message =
    `The controller at ${api} keeps its state in ${store}, and \`down\` was told of ${place}. ` +
    `${remedy} Nothing was ended.`;
  throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "down", message);
}

function prefixOf(state: StateTarget): string | null {
  return state.kind === "etcd" ? state.prefix : null;
}

async function tearDown(client: ApiClient): Promise<void> {
  const deadline = Date.now() + GONE_MS_MAX;
  for (;;) {
    try {
      return await client.shutdown(true);
    } catch (error) {
      // One that stood by is not gone yet.
      if (!isCode(error, ERROR_CODES.STATE_LOCKED) || Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}

function outOfReach({ hostname, pid, role, apiUrl }: ControllerEntry): OperationError {
  const does = role === "acting" ? "acts" : "stands by and would take over";
  const message =
    `The controller on ${hostname} (process ${pid}) ${does}, and ${apiUrl} does not reach it from ` +
    "here: end it there, or say where it answers with --api. Nothing was removed.";
  return new OperationError(ERROR_CODES.CONTROLLER_UNREACHABLE, "down", message);
}

function nobodyActs(controllers: readonly ControllerEntry[]): OperationError {
  const count = controllers.length;
  const message = `No controller acts, so that no container can be removed; ${count} stood by and end.`;
  return new OperationError(ERROR_CODES.NOT_ACTING, "down", message);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof OperationError && error.code === code;
}
