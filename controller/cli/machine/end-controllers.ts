/** Ends all controllers of a state, those that stand by first: they would take over. */
import { setTimeout as delay } from "node:timers/promises";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { type ConnectionOptions, withClient } from "../options/connection.ts";
import type { ControllerEntry, Overview } from "../../api/controller-status.ts";
import type { ApiClient } from "../client/api-client.ts";
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
): Promise<boolean> {
  const controllers = await withClient(options, controllersAt);
  if (controllers === null) return false;
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

/** Null: none answers there. */
async function controllersAt(client: ApiClient): Promise<readonly ControllerEntry[] | null> {
  try {
    const {
      controller,
      controllers,
    }: Partial<Pick<Overview, "controllers">> & Pick<Overview, "controller"> =
      await client.status();
    // One of 0.1.0 knows of no other.
    return controllers ?? [{ ...alone(client.url), pid: controller.process?.pid ?? 0 }];
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
    const answering = controller.self ? [controller] : await controllersAt(client);
    const isIt = answering?.some(({ id, self }) => self && id === controller.id) ?? false;
    if (!isIt) throw outOfReach(controller);
    await ask(client);
  });
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
