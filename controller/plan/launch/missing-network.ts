/**
 * Docker networks on other machines' engines are the site's to make. When a launch fails because
 * one is not there, people are told where, and with which command it is made.
 */
import type { ClusterSpec } from "../../../crd-schema/spec.ts";
import type { SlotMemory } from "../../model/memory.ts";
import type { PlanContext } from "../step.ts";

type Network = ClusterSpec["network"];

/** What is to be done about it, in sentences; null: no launch failed for that reason. */
export function missingNetwork({ view, observed }: Pick<PlanContext, "view" | "observed">) {
  if (observed.local) return null;
  const { network } = view.spec;
  const hosts = view.nodes
    .filter((n) => n.desired && n.observedTask?.state !== "TASK_RUNNING")
    .flatMap(({ memory }) => (lacksNetwork(memory, network) ? [hostOf(memory)] : []));
  return hosts.length === 0 ? null : remedy([...new Set(hosts)].sort(), network);
}

/** Of one slot, as {@link missingNetwork}. */
export function missingNetworkOf(slot: SlotMemory, { view, observed }: PlanContext) {
  const { network } = view.spec;
  return observed.local || !lacksNetwork(slot, network) ? null : remedy([hostOf(slot)], network);
}

/** In Docker's words, by whichever client: `network NAME not found`. */
function lacksNetwork({ lastFailure }: SlotMemory, { name }: Network): boolean {
  return lastFailure?.includes(`network ${name} not found`) ?? false;
}

function hostOf({ lastFailureHostname }: SlotMemory): string {
  return lastFailureHostname ?? "the agent's host";
}

function remedy(hosts: readonly string[], network: Network): string {
  const where = hosts.join(", ");
  return `Docker on ${where} has no network ${network.name}, and only with --mesos local does the controller make it. Run there: ${createCommand(network)}`;
}

function createCommand({ name, driver, ipamDriver, subnet, options }: Network): string {
  const words = ["docker", "network", "create", "--driver", driver];
  if (ipamDriver !== "default") words.push("--ipam-driver", ipamDriver);
  words.push("--subnet", subnet);
  for (const [key, value] of Object.entries(options)) words.push("--opt", `${key}=${value}`);
  return [...words, name].map(quoted).join(" ");
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
