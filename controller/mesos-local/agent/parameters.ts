/**
 * Docker parameters of a task (`docker run` options, `--key=value` in real Mesos) as the Engine
 * API's fields. Pure. A key that is not in the table fails the task, as `docker run` would with
 * status 125: nothing is silently left out.
 */
import type { ContainerCreateOptions, EndpointSettings, HostConfig } from "dockerode";
import type { Parameter } from "../../mesos/wire.ts";
import {
  bytes,
  device,
  flag,
  InvalidValue,
  integer,
  keyValue,
  mount,
  nanoCpus,
  tmpfs,
  ulimit,
} from "./docker-values.ts";

export type ContainerBody = Omit<ContainerCreateOptions, "HostConfig" | "Labels" | "Env"> & {
  Labels: Record<string, string>;
  Env: string[];
  HostConfig: HostConfig;
};

/** What is being built: the create request and the settings on its network. */
export interface Draft {
  readonly body: ContainerBody;
  readonly endpoint: Partial<EndpointSettings>;
}

type Apply = (draft: Draft, value: string) => void;

/** Set by Mesos itself on every container; a parameter would break its bookkeeping. */
const RESERVED = new Set(["name", "detach", "rm", "restart", "network", "net", "cidfile"]);

const host =
  (change: (host: HostConfig, value: string) => void): Apply =>
  ({ body }, value) =>
    change(body.HostConfig, value);

const container =
  (change: (body: ContainerBody, value: string) => void): Apply =>
  ({ body }, value) =>
    change(body, value);

const TABLE: Readonly<Record<string, Apply>> = {
  "add-host": host((h, v) => (h.ExtraHosts = [...(h.ExtraHosts ?? []), extraHost(v)])),
  "cap-add": host((h, v) => (h.CapAdd = [...(h.CapAdd ?? []), v])),
  "cap-drop": host((h, v) => (h.CapDrop = [...(h.CapDrop ?? []), v])),
  "cgroup-parent": host((h, v) => (h.CgroupParent = v)),
  "cpu-period": host((h, v) => (h.CpuPeriod = integer(v))),
  "cpu-quota": host((h, v) => (h.CpuQuota = integer(v))),
  "cpu-shares": host((h, v) => (h.CpuShares = integer(v))),
  cpus: host((h, v) => (h.NanoCpus = nanoCpus(v))),
  "cpuset-cpus": host((h, v) => (h.CpusetCpus = v)),
  device: host((h, v) => (h.Devices = [...(h.Devices ?? []), device(v)])),
  dns: host((h, v) => (h.Dns = [...(h.Dns ?? []), v])),
  "dns-option": host((h, v) => (h.DnsOptions = [...(h.DnsOptions ?? []), v])),
  "dns-search": host((h, v) => (h.DnsSearch = [...(h.DnsSearch ?? []), v])),
  domainname: container((b, v) => (b.Domainname = v)),
  entrypoint: container((b, v) => (b.Entrypoint = v === "" ? [""] : [v])),
  env: container((b, v) => b.Env.push(envOf(v))),
  "group-add": host((h, v) => (h.GroupAdd = [...(h.GroupAdd ?? []), v])),
  hostname: container((b, v) => (b.Hostname = v)),
  init: host((h, v) => (h.Init = flag(v))),
  ip: ({ endpoint }, v) => (endpoint.IPAMConfig = { ...endpoint.IPAMConfig, IPv4Address: ipv4(v) }),
  ip6: ({ endpoint }, v) => (endpoint.IPAMConfig = { ...endpoint.IPAMConfig, IPv6Address: v }),
  ipc: host((h, v) => (h.IpcMode = v)),
  label: container(({ Labels }, v) => {
    const [key, value] = keyValue(v);
    Labels[key] = value;
  }),
  link: host((h, v) => (h.Links = [...(h.Links ?? []), v])),
  "log-driver": host((h, v) => (h.LogConfig = { Config: h.LogConfig?.Config ?? {}, Type: v })),
  "log-opt": host((h, v) => (h.LogConfig = withLogOption(h.LogConfig, v))),
  "mac-address": ({ endpoint }, v) => (endpoint.MacAddress = v),
  memory: host((h, v) => (h.Memory = bytes(v))),
  "memory-reservation": host((h, v) => (h.MemoryReservation = bytes(v))),
  "memory-swap": host((h, v) => (h.MemorySwap = v === "-1" ? -1 : bytes(v))),
  "memory-swappiness": host((h, v) => (h.MemorySwappiness = integer(v))),
  mount: host((h, v) => (h.Mounts = [...(h.Mounts ?? []), mount(v) as never])),
  "network-alias": ({ endpoint }, v) => (endpoint.Aliases = [...(endpoint.Aliases ?? []), v]),
  "no-healthcheck": container((b, v) => {
    if (flag(v)) b.Healthcheck = { Test: ["NONE"] };
  }),
  "oom-kill-disable": host((h, v) => (h.OomKillDisable = flag(v))),
  "oom-score-adj": host((h, v) => (h.OomScoreAdj = integer(v))),
  pid: host((h, v) => (h.PidMode = v)),
  "pids-limit": host((h, v) => (h.PidsLimit = integer(v))),
  privileged: host((h, v) => (h.Privileged = flag(v))),
  publish: publish,
  "read-only": host((h, v) => (h.ReadonlyRootfs = flag(v))),
  runtime: host((h, v) => (h.Runtime = v)),
  "security-opt": host((h, v) => (h.SecurityOpt = [...(h.SecurityOpt ?? []), v])),
  "shm-size": host((h, v) => (h.ShmSize = bytes(v))),
  "stop-signal": container((b, v) => (b.StopSignal = v)),
  "stop-timeout": container((b, v) => (b.StopTimeout = integer(v))),
  "storage-opt": host((h, v) => (h.StorageOpt = withPair(h.StorageOpt, v))),
  sysctl: host((h, v) => (h.Sysctls = withPair(h.Sysctls, v))),
  tmpfs: host((h, v) => {
    const [path, options] = tmpfs(v);
    h.Tmpfs = { ...h.Tmpfs, [path]: options };
  }),
  tty: container((b, v) => (b.Tty = flag(v))),
  ulimit: host((h, v) => (h.Ulimits = [...(h.Ulimits ?? []), ulimit(v)])),
  user: container((b, v) => (b.User = v)),
  userns: host((h, v) => (h.UsernsMode = v)),
  uts: host((h, v) => (h.UTSMode = v)),
  volume: volume,
  "volume-driver": host((h, v) => (h.VolumeDriver = v)),
  "volumes-from": host((h, v) => (h.VolumesFrom = [...(h.VolumesFrom ?? []), v])),
  workdir: container((b, v) => (b.WorkingDir = v)),
};

/** Short and old spellings of the Docker CLI. */
const ALIASES: Readonly<Record<string, string>> = {
  c: "cpu-shares",
  e: "env",
  h: "hostname",
  l: "label",
  m: "memory",
  p: "publish",
  t: "tty",
  u: "user",
  v: "volume",
  w: "workdir",
  "dns-opt": "dns-option",
  "net-alias": "network-alias",
};

/**
 * Applies the parameters to the draft in order.
 * @returns why `docker run` would refuse them, or null
 */
export function applyParameters(draft: Draft, parameters: readonly Parameter[]): string | null {
  for (const { key, value } of parameters) {
    const name = ALIASES[key] ?? key;
    if (RESERVED.has(name)) return `docker: the parameter '${key}' is set by Mesos itself.`;
    const apply = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
    if (apply === undefined) return `unknown flag: --${key}`;
    try {
      apply(draft, value);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      return `invalid argument "${value}" for "--${key}" flag: ${error.message}`;
    }
  }
  return null;
}

function extraHost(value: string): string {
  if (!/^[^:]+:.+$/.test(value)) throw new InvalidValue(`bad format for add-host: "${value}"`);
  return value;
}

function envOf(value: string): string {
  const [name] = keyValue(value);
  // `docker run --env NAME` copies the CLI's own variable; an agent has no such environment.
  if (!value.includes("=")) throw new InvalidValue(`'${name}' has no value`);
  return value;
}

function ipv4(value: string): string {
  const parts = value.split(".");
  if (parts.length !== 4 || !parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255)) {
    throw new InvalidValue(`invalid IPv4 address: ${value}`);
  }
  return value;
}

function volume({ body }: Draft, value: string): void {
  if (value === "" || value.startsWith(":")) throw new InvalidValue("invalid volume specification");
  if (value.includes(":")) {
    body.HostConfig.Binds = [...(body.HostConfig.Binds ?? []), value];
  } else {
    body.Volumes = { ...body.Volumes, [value]: {} };
  }
}

/** `[ip:]hostPort:containerPort[/protocol]`, or the container's port alone. */
function publish({ body }: Draft, value: string): void {
  const match = /^(?:(?:([\d.]+):)?(\d*):)?(\d+)(?:\/(tcp|udp|sctp))?$/.exec(value);
  if (match === null) throw new InvalidValue(`invalid port specification: ${value}`);
  const [, HostIp = "", HostPort = "", port, protocol = "tcp"] = match;
  const key = `${port}/${protocol}`;
  const bindings = (body.HostConfig.PortBindings ?? {}) as Record<string, object[]>;
  body.ExposedPorts = { ...body.ExposedPorts, [key]: {} };
  body.HostConfig.PortBindings = {
    ...bindings,
    [key]: [...(bindings[key] ?? []), { HostIp, HostPort }],
  };
}

function withPair(pairs: Record<string, string> | undefined, value: string) {
  const [key, text] = keyValue(value);
  return { ...pairs, [key]: text };
}

function withLogOption(config: HostConfig["LogConfig"], value: string) {
  return { Type: config?.Type ?? "", Config: withPair(config?.Config, value) };
}
