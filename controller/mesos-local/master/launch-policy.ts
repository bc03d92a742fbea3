/**
 * What a launch may ask of this machine. Whoever may have a container with any mount, namespace or
 * device is root here, so only what is harmless, and what a person has named, passes. Pure.
 *
 * Parameters (`docker run` options) that this agent does not know fail the task elsewhere
 * (agent/parameters.ts): what is not in its table, `--pid` or another device than /dev/fuse, cannot be had
 * at all.
 */
import { posix } from "node:path";
import type { TaskInfo } from "../../mesos/wire.ts";
import { OWN_SOCKET } from "./caller.ts";

export interface LaunchRights {
  /** Absolute directories of this host that may be mounted, exactly these. */
  readonly hostPaths: readonly string[];
  /** Whether tasks may be commands on this host, as this user. */
  readonly commands: boolean;
  /** To mount file systems within the container: /dev/fuse, SYS_ADMIN, and no AppArmor profile. */
  readonly mounts: boolean;
}

export interface LaunchPolicy {
  /** Of the frameworks on the Unix socket. Asked for each launch. */
  readonly ownHostPaths: () => readonly string[];
  readonly ownMounts: () => boolean;
  /** Of all others. */
  readonly otherHostPaths: readonly string[];
  /** Whoever can open the Unix socket is this user already; others only if a person says so. */
  readonly otherCommands: boolean;
  readonly otherMounts: boolean;
}

export function rightsOf(owner: string, policy: LaunchPolicy): LaunchRights {
  if (owner !== OWN_SOCKET) {
    const { otherHostPaths: hostPaths, otherCommands: commands, otherMounts: mounts } = policy;
    return { hostPaths, commands, mounts };
  }
  return { hostPaths: policy.ownHostPaths(), commands: true, mounts: policy.ownMounts() };
}

/** Docker's own rule for names of volumes and networks. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** Names that are none of a network: with them a container gets another's, or the host's. */
const NO_NETWORKS: ReadonlySet<string> = new Set(["host", "none", "container", "default"]);
/** Of mounts; others change what the host itself sees (shared, Z). */
const MOUNT_OPTIONS: ReadonlySet<string> = new Set(["ro", "rw", "nocopy", "rslave"]);

/** Capabilities that a container may have: those that Docker gives (moby, oci/caps/defaults.go). */
const CAPABILITIES: ReadonlySet<string> = new Set(
  (
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP " +
    "SETGID SETPCAP SETUID SYS_CHROOT"
  ).split(" "),
);

/** @returns why the launch is refused, a sentence; null: it may be carried out */
export function forbidden(task: TaskInfo, rights: LaunchRights): string | null {
  if (task.container === undefined) {
    return rights.commands ? null : "The embedded Mesos runs no command on this host for others";
  }
  const { docker, network_infos: networks = [] } = task.container;
  if (docker.privileged === true) return refusal("a privileged container");
  if (docker.network === "HOST") return refusal("the host's network");
  for (const { name } of docker.network === "USER" ? networks : []) {
    if (name !== undefined && (NO_NETWORKS.has(name) || !NAME.test(name))) {
      return refusal(`'${name}', which is no network of containers,`);
    }
  }
  for (const { key, value } of docker.parameters ?? []) {
    const problem = PARAMETERS.get(key)?.(value, rights) ?? null;
    if (problem !== null) return problem;
  }
  return null;
}

/** Those that can ask for too much. */
const PARAMETERS: ReadonlyMap<string, (value: string, rights: LaunchRights) => string | null> =
  new Map([
    ["volume", mountProblem],
    ["cap-add", capabilityProblem],
    ["device", (value, { mounts }) => (mounts ? null : refusal(`the device '${value}'`))],
    [
      "security-opt",
      (value, { mounts }) =>
        mounts || !value.startsWith("apparmor") ? null : refusal(`the security option '${value}'`),
    ],
  ]);

function capabilityProblem(value: string, { mounts }: LaunchRights): string | null {
  const name = value.toUpperCase().replace(/^CAP_/, "");
  return CAPABILITIES.has(name) || (mounts && name === "SYS_ADMIN")
    ? null
    : refusal(`the capability '${value}'`);
}

/** `name:/path[:options]`, `/host/path:/path[:options]`, or a path alone. */
function mountProblem(value: string, { hostPaths }: LaunchRights): string | null {
  const [source = "", target, options, ...more] = value.split(":");
  // An anonymous volume, or nonsense that Docker itself refuses.
  if (target === undefined || source === "") return null;
  const wrong = options?.split(",").find((option) => !MOUNT_OPTIONS.has(option));
  if (wrong !== undefined || more.length > 0) {
    return refusal(`a mount with the options '${[options, ...more].join(":")}'`);
  }
  if (NAME.test(source)) return null;
  // Exactly: below a path that containers write to, a link may lead anywhere.
  if (posix.isAbsolute(source) && hostPaths.includes(source)) return null;
  return refusal(`'${source}' of the host, which nobody has allowed,`);
}

function refusal(what: string): string {
  return `The embedded Mesos does not give a container ${what}`;
}
