/** What must be true before a controller is started here; each failure says what to do. */
import { createServer } from "node:net";
import { clusterKey } from "../../model/ids.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { ApiClient } from "../client/api-client.ts";
import { hostPortText } from "../../support/host-port.ts";
import { listen } from "../../support/listen.ts";
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
  options: Pick<ControllerCliOptions, "api" | "mesos" | "mesosLocalAddress">,
  clusters: readonly CompiledCluster[],
): Promise<void> {
  const { api, mesos, mesosLocalAddress } = options;
  await requireNoController(`http://${hostPortText(api)}`);
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

async function requireNoController(url: string): Promise<void> {
  const client = new ApiClient({ url, token: () => Promise.resolve(""), deadlineMs: ASK_MS });
  try {
    const { controller } = await client.status();
    throw new OperationError(
      ERROR_CODES.STATE_LOCKED,
      "start the controller",
      `A controller runs already at ${url} (since ${controller.startedAt}). ` +
        "Use it (`jupyter-cluster get -A`), or end it with `jupyter-cluster down`.",
    );
  } catch (error) {
    if (error instanceof OperationError && error.code === ERROR_CODES.STATE_LOCKED) throw error;
    // Nobody, or nobody of ours: the attempt to listen tells which.
  } finally {
    await client.close();
  }
}

/** @throws OperationError ERR_ADDRESS_IN_USE */
async function requireFree({ purpose, ...address }: WantedAddress): Promise<void> {
  const server = createServer();
  await listen(server, address, purpose, `It is wanted for ${purpose}.`);
  await new Promise((resolve) => server.close(resolve));
}
