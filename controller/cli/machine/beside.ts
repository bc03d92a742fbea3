/** How to run a cluster beside another controller on this machine: one line that can be copied. */
import { existsSync } from "node:fs";
import { dataVolumePrefix } from "../../model/ids.ts";
import { OperationError } from "../../model/errors.ts";
import { hostPortText, type HostPort } from "../../support/host-port.ts";
import { isFree } from "../../support/listen.ts";
import type { ControllerCliOptions } from "../options/controller.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";

/** Names and places tried; then no line is offered. */
const TRIES_MAX = 50;
/** Subnets tried: the third part of 172.30.x.0/24. */
const SUBNETS = Array.from({ length: 255 }, (_, i) => `172.30.${i + 1}.0/24`);

/** What of this machine is taken. */
export interface Taken {
  /** A cluster of this name has volumes on the engine. */
  name(ref: CompiledCluster["metadata"]): Promise<boolean>;
  subnet(cidr: string): Promise<boolean>;
  port(address: HostPort): Promise<boolean>;
  path(path: string): boolean;
}

/**
 * @returns null: more than one cluster is described, so that a person has to choose for each
 */
export async function besideLine(
  { api, stateDir }: Pick<ControllerCliOptions, "api" | "stateDir">,
  clusters: readonly CompiledCluster[],
  taken: Taken,
): Promise<string | null> {
  const [cluster, ...others] = clusters;
  if (cluster === undefined || others.length > 0) return null;
  const { metadata, spec, source } = cluster;
  const ports = (host: string, from: number) =>
    first(numbers(from + 1), (port) => taken.port({ host, port }));
  const name = await first(
    numbers(2).map((k) => `${metadata.name}-${k}`),
    async (n) => taken.path(`${n}.yaml`) || (await taken.name({ ...metadata, name: n })),
  );
  const subnet = await first(SUBNETS, (cidr) => taken.subnet(cidr));
  const proxyPort = await ports(spec.proxy.address, spec.proxy.port);
  const apiPort = await first(numbers(api.port + 1), async (port) => {
    return port === proxyPort || (await taken.port({ host: api.host, port }));
  });
  const state = await first(
    numbers(2).map((k) => `${stateDir}-${k}`),
    async (path) => taken.path(path),
  );
  if (name === null || subnet === null || proxyPort === null) return null;
  if (apiPort === null || state === null) return null;
  const file = `${name}.yaml`;
  const address = hostPortText({ host: api.host, port: apiPort });
  return [
    `npx jupyter-cluster copy ${quoted(source.file)} ${quoted(file)} --name ${name}`,
    `--subnet ${subnet} --proxy-port ${proxyPort} &&`,
    `npx jupyter-cluster up ${quoted(file)} --api ${address} --state-dir ${quoted(state)}`,
  ].join(" ");
}

/** As this machine tells. What Docker cannot be asked for counts as free: the start will tell. */
export function takenHere(): Taken {
  const ask = async (question: (docker: Docker) => Promise<boolean>) => {
    const { connectDocker } = await import("../../docker/connect.ts");
    try {
      return await question(connectDocker());
    } catch (error) {
      if (error instanceof OperationError) return false;
      throw error;
    }
  };
  return {
    name: (ref) =>
      ask(async (docker) => {
        const { listVolumesNamed } = await import("../../docker/volumes.ts");
        return (await listVolumesNamed(docker, dataVolumePrefix(ref))).length > 0;
      }),
    subnet: async (cidr) => {
      const { isSubnetFree } = await import("../../docker/networks.ts");
      return ask(async (docker) => !(await isSubnetFree(docker, cidr)));
    },
    port: async (address) => !(await isFree(address)),
    path: existsSync,
  };
}

type Docker = ReturnType<typeof import("../../docker/connect.ts")["connectDocker"]>;

function numbers(from: number): readonly number[] {
  return Array.from({ length: TRIES_MAX }, (_, i) => from + i);
}

async function first<T>(
  choices: readonly T[],
  isTaken: (choice: T) => Promise<boolean>,
): Promise<T | null> {
  for (const choice of choices) if (!(await isTaken(choice))) return choice;
  return null;
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
