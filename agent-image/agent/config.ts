/** What the container was told at launch, checked once; everything later may rely on it. */
import { isIPv4 } from "node:net";
import { isAbsolute } from "node:path";
import { NODE_CONFIG_ENV, type NodeConfig } from "../../controller/model/agent-api.ts";
import type { StandingResume } from "../../controller/model/standing-resume.ts";
import { requireKnownVersion } from "./api/api-version.ts";
import { COMMAND_ID, HEX_ID } from "./api/parse-start-command.ts";
import { HOST, type NodeMount } from "../../crd-schema/storage/node-mount.ts";
import { Checker } from "../../controller/support/checker.ts";

const MOUNT_OPTION = /^[a-z][a-z0-9-]*(=[A-Za-z0-9.]+)?$/;
const SECONDS_MAX = 366 * 24 * 3_600;
const USER_NAME = /^[a-z_][a-z0-9_-]{0,31}$/;

/**
 * @param env of the process; the variable is {@link NODE_CONFIG_ENV}
 * @throws UnknownVersionError; Error that names the field and what is allowed there
 */
export function readNodeConfig(env: Readonly<Record<string, string | undefined>>): NodeConfig {
  const text = env[NODE_CONFIG_ENV];
  if (text === undefined) throw new Error(`environment variable ${NODE_CONFIG_ENV} is not set`);
  const root = new Checker(parse(text), NODE_CONFIG_ENV);
  const etcd = root.object("etcd");
  const jupyter = root.object("jupyter");
  const ssh = root.object("ssh");
  requireKnownVersion(root, NODE_CONFIG_ENV);
  return {
    namespace: root.string("namespace", /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
    cluster: root.string("cluster", /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
    slot: root.integer("slot", 0, 10_000),
    taskId: root.string("taskId", /^[\x21-\x7e]+$/),
    ip: root.check("ip", "an IPv4 address", (v) => typeof v === "string" && isIPv4(v)) as string,
    tokenSha256: root.string("tokenSha256", /^[0-9a-f]{64}$/),
    etcd: {
      tls: etcd.check("tls", "true or false", (v) => typeof v === "boolean") as boolean,
      heartbeatMs: etcd.integer("heartbeatMs", 1, 10_000),
      electionMs: etcd.integer("electionMs", 10, 50_000),
      quotaMiB: etcd.integer("quotaMiB", 1, 1024 * 1024),
    },
    jupyter: {
      port: jupyter.integer("port", 1, 65_535),
      auth: jupyter.oneOf("auth", ["token", "none"]),
      standby: jupyter.oneOf("standby", ["warm", "cold"]),
      ...idleOf(jupyter),
    },
    ...kernelsOf(root),
    ssh: { user: userName(ssh), authorizedKeys: ssh.strings("authorizedKeys", /^[^\r\n]*$/) },
    storage: storageOf(root.object("storage")),
    ...(root.holds("resume", (v) => v == null) ? {} : { resume: resumeOf(root.object("resume")) }),
  };
}

function resumeOf(resume: Checker): StandingResume {
  return {
    commandId: resume.string("commandId", COMMAND_ID),
    clusterId: resume.string("clusterId", HEX_ID),
    memberId: resume.string("memberId", HEX_ID),
    notAfter: resume.integer("notAfter", 0, Number.MAX_SAFE_INTEGER),
  };
}

function idleOf(jupyter: Checker): Pick<NodeConfig["jupyter"], "idle"> {
  if (jupyter.holds("idle", (v) => v === undefined)) return {};
  const idle = jupyter.object("idle");
  const seconds = (name: string) => idle.integer(name, 0, SECONDS_MAX);
  const kernelsAfterSeconds = seconds("kernelsAfterSeconds");
  return { idle: { kernelsAfterSeconds, terminalsAfterSeconds: seconds("terminalsAfterSeconds") } };
}

function kernelsOf(root: Checker): Pick<NodeConfig, "kernels"> {
  if (root.holds("kernels", (v) => v === undefined)) return {};
  const kernels = root.object("kernels");
  const unbounded = kernels.holds("memoryMiB", (v) => v === null);
  return {
    kernels: {
      placement: kernels.oneOf("placement", ["leader", "spread"]),
      memoryMiB: unbounded ? null : kernels.integer("memoryMiB", 1, 1024 ** 3),
      processes: kernels.integer("processes", 1, 4_194_304),
    },
  };
}

function storageOf(storage: Checker): NodeConfig["storage"] {
  const isPath = (v: unknown) => typeof v === "string" && isAbsolute(v);
  const isFlag = (v: unknown) => v === undefined || typeof v === "boolean";
  const mountPath = storage.check("mountPath", "an absolute path", isPath) as string;
  const required = storage.check("requireMount", "true or false", isFlag) as boolean | undefined;
  const isLeftOut = (v: unknown) => v == null;
  const mount = storage.holds("mount", isLeftOut) ? null : mountOf(storage.object("mount"));
  return {
    mountPath,
    ...(mount === null ? {} : { mount }),
    ...(required === undefined ? {} : { requireMount: required }),
  };
}

/** They become arguments of programs that root runs: nothing in them is an option of its own. */
function mountOf(mount: Checker): NodeMount {
  const options = mount.strings("options", MOUNT_OPTION);
  if (mount.oneOf("type", ["glusterfs", "nfs"]) === "nfs") {
    const path = mount.string("path", /^\/[A-Za-z0-9._/-]*$/);
    return { type: "nfs", server: mount.string("server", HOST), path, options };
  }
  const volume = mount.string("volume", /^[A-Za-z0-9][A-Za-z0-9_-]*$/);
  return { type: "glusterfs", servers: mount.strings("servers", HOST), volume, options };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`environment variable ${NODE_CONFIG_ENV} is not JSON`, { cause: error });
  }
}

/** Root is refused: sshd lets no root in, and Jupyter does not run as root. */
function userName(ssh: Checker): string {
  const name = ssh.string("user", USER_NAME);
  if (name === "root") throw new Error(`${NODE_CONFIG_ENV}.ssh.user must not be root`);
  return name;
}
