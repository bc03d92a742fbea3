/** What must be true before a controller is started here; each failure says what to do. */
import { createServer } from "node:net";
import { resolve } from "node:path";
import { besideLine, type Taken, takenHere } from "./beside.ts";
import { clusterKey } from "../../model/ids.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { ApiClient } from "../client/api-client.ts";
import { hostPortText } from "../../support/host-port.ts";
import { listen } from "../../support/listen.ts";
import { thisUser, userOfPort } from "../../support/users.ts";
import type { ControllerInfo } from "../../api/controller-status.ts";
import type { HostPort } from "../../support/host-port.ts";
import type { ControllerCliOptions } from "../options/controller.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";

const ASK_MS = 1_000;

interface WantedAddress extends HostPort {
  /**
   * What it is for and how to choose another, e.g. `the proxy of cluster lab (spec.proxy.port)`.
   */
  readonly purpose: string;
}

/**
 * @throws OperationError ERR_STATE_LOCKED when a controller runs already where this one would
 *   listen, ERR_ADDRESS_IN_USE when another program does
 */
export async function requirePorts(
  options: Pick<
    ControllerCliOptions,
    "api" | "mesos" | "mesosLocalAddress" | "stateDir" | "standby"
  >,
  clusters: readonly CompiledCluster[],
  taken: Taken = takenHere(),
): Promise<void> {
  const { api, mesos, mesosLocalAddress } = options;
  // Beside the one that acts its addresses are taken, and are had when it ends.
  if (options.standby === true) {
    return requireFree({ ...api, purpose: "the HTTP API (--api HOST:PORT chooses another)" });
  }
  await requireNoController(options, clusters, taken);
  const wanted: WantedAddress[] = [
    { ...api, purpose: "the HTTP API (--api HOST:PORT chooses another)" },
  ];
  if (mesos.kind === "local" && mesosLocalAddress !== undefined) {
    const purpose = "the embedded Mesos master (--mesos-local-address HOST:PORT chooses another)";
    wanted.push({ ...mesosLocalAddress, purpose });
  }
  for (const { metadata, spec } of clusters) {
    if (spec.suspend) continue;
    const { address, port } = spec.proxy;
    const purpose = `the proxy of ${clusterKey(metadata)} (spec.proxy.port chooses another)`;
    wanted.push({ host: address, port, purpose });
  }
  for (const address of wanted) await requireFree(address);
}

async function requireNoController(
  options: Pick<ControllerCliOptions, "api" | "stateDir">,
  clusters: readonly CompiledCluster[],
  taken: Taken,
): Promise<void> {
  const running = await controllerAt(`http://${hostPortText(options.api)}`);
  if (running === null) return;
  const { url, startedAt, process } = running;
  const mine = process?.user === thisUser() && process.stateDirectory === resolve(options.stateDir);
  const whose =
    process === undefined
      ? ""
      : ` of ${process.user} (process ${process.pid}, state directory ${process.stateDirectory})`;
  const line = mine ? null : await besideLine(options, clusters, taken);
  const remedy = mine
    ? "Use it (`jupyter-cluster get -A`), or end it with `jupyter-cluster down`."
    : line === null
      ? "Beside it, a controller needs another --api and --state-dir, and its clusters other " +
        "names, subnets and proxy ports (`jupyter-cluster copy`)."
      : `To run beside it:\n${line}`;
  throw new OperationError(
    ERROR_CODES.STATE_LOCKED,
    "start the controller",
    `A controller${whose} runs already at ${url} (since ${startedAt}). ${remedy}`,
  );
}

/** Null: nobody of ours answers there. */
async function controllerAt(url: string): Promise<
  | ({ readonly url: string } & Pick<ControllerInfo, "startedAt"> & {
        /** A controller of early 0.1.0 does not say. */
        readonly process?: ControllerInfo["process"];
      })
  | null
> {
  const client = new ApiClient({ url, token: () => Promise.resolve(""), deadlineMs: ASK_MS });
  try {
    return { url, ...(await client.status()).controller };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    // Nobody, or nobody of ours: the attempt to listen tells which.
    return null;
  } finally {
    await client.close();
  }
}

/** @throws OperationError ERR_ADDRESS_IN_USE */
async function requireFree({ purpose, ...address }: WantedAddress): Promise<void> {
  const server = createServer();
  const user = await userOfPort(address.port);
  const whose = user === null ? "" : ` What listens on port ${address.port} now is ${user}'s.`;
  await listen(server, address, purpose, `It is wanted for ${purpose}.${whose}`);
  await new Promise((done) => server.close(done));
}
