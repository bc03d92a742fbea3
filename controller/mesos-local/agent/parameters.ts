/**
 * Docker parameters of a task (`docker run` options, `--key=value` in real Mesos) as the Engine
 * API's fields: those that the tasks of this project have. Pure. A key that is not in the table
 * fails the task, as `docker run` would with status 125: nothing is silently left out.
 */
import { isIPv4 } from "node:net";
import type { ContainerCreateOptions, EndpointSettings, HostConfig } from "dockerode";
import type { Parameter } from "../../mesos/wire.ts";

export type ContainerBody = Omit<ContainerCreateOptions, "HostConfig" | "Labels" | "Env"> & {
  Labels: Record<string, string>;
  Env: string[];
  HostConfig: HostConfig;
};

/** What is being built: the create request and the settings on its network. */
export interface ContainerRequest {
  readonly body: ContainerBody;
  readonly endpoint: Partial<EndpointSettings>;
}

/** A value that `docker run` would refuse; the message is shown in the task's status. */
class InvalidValue extends Error {
  override readonly name = "InvalidValue";
}

const FUSE = "/dev/fuse";
const SECURITY_OPTIONS: ReadonlySet<string> = new Set(["no-new-privileges", "apparmor=unconfined"]);

const TABLE: Readonly<Record<string, (request: ContainerRequest, value: string) => void>> = {
  hostname: ({ body }, value) => {
    body.Hostname = value;
  },
  ip: ({ endpoint }, value) => {
    if (!isIPv4(value)) throw new InvalidValue(`invalid IPv4 address: ${value}`);
    endpoint.IPAMConfig = { IPv4Address: value };
  },
  label: ({ body }, value) => {
    const [key, ...rest] = value.split("=");
    if (!key?.trim()) throw new InvalidValue(`invalid key=value: '${value}'`);
    body.Labels[key] = rest.join("=");
  },
  "pids-limit": ({ body }, value) => {
    if (!/^-?\d{1,9}$/.test(value)) throw new InvalidValue(`invalid number: '${value}'`);
    body.HostConfig.PidsLimit = Number(value);
  },
  "security-opt": ({ body }, value) => {
    if (!SECURITY_OPTIONS.has(value)) throw new InvalidValue(`not allowed: '${value}'`);
    body.HostConfig.SecurityOpt = [...(body.HostConfig.SecurityOpt ?? []), value];
  },
  /** Whether it may be had is the launch policy's to say. */
  device: ({ body }, value) => {
    if (value !== FUSE) throw new InvalidValue(`not allowed: '${value}'`);
    const device = { PathOnHost: value, PathInContainer: value, CgroupPermissions: "rwm" };
    body.HostConfig.Devices = [...(body.HostConfig.Devices ?? []), device];
  },
  "cap-drop": ({ body }, value) => {
    body.HostConfig.CapDrop = [...(body.HostConfig.CapDrop ?? []), value];
  },
  "cap-add": ({ body }, value) => {
    body.HostConfig.CapAdd = [...(body.HostConfig.CapAdd ?? []), value];
  },
  /** `name:/path` or `/host/path:/path`; a path alone is an anonymous volume. */
  volume: ({ body }, value) => {
    if (value === "" || value.startsWith(":")) {
      throw new InvalidValue("invalid volume specification");
    }
    if (!value.includes(":")) body.Volumes = { ...body.Volumes, [value]: {} };
    else body.HostConfig.Binds = [...(body.HostConfig.Binds ?? []), value];
  },
};

/**
 * Applies the parameters to the request in order.
 * @returns why `docker run` would refuse them, or null
 */
export function applyParameters(
  request: ContainerRequest,
  parameters: readonly Parameter[],
): string | null {
  for (const { key, value } of parameters) {
    const apply = Object.hasOwn(TABLE, key) ? TABLE[key] : undefined;
    if (apply === undefined) return `unknown flag: --${key}`;
    try {
      apply(request, value);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      return `invalid argument "${value}" for "--${key}" flag: ${error.message}`;
    }
  }
  return null;
}
