/** A door of a running cluster, and who tries it. */
import type { NodeStatus } from "../../../controller/model/resource.ts";
import type { LocalCluster } from "../../support/e2e/local-cluster.ts";
import { type CommandResult, runCommand } from "../../support/e2e/run-command.ts";

/** What a shell command of a door needs to know. */
export interface Site {
  readonly cluster: LocalCluster;
  readonly leader: NodeStatus;
  readonly follower: NodeStatus;
  /** Of the controller. */
  readonly pid: number;
}

export interface Door {
  /** What is tried, as the end of "may not …". */
  readonly name: string;
  /** For `sh -c`. */
  readonly command: (site: Site) => string;
  /** What the command prints when it is refused; left out: it fails, and prints nothing. */
  readonly prints?: string;
  /** The same command, harmless, tells something to whoever may: so a refusal is no accident. */
  readonly opensForRoot?: true;
}

const TIMEOUT = { timeoutMs: 30_000 };
const NOBODY = 65_534;

/** Runs a command as somebody. */
export type Who = (site: Site, command: string) => Promise<CommandResult>;

/** A user of the host with nothing of his own; only root can become him. */
export const localUser: Who = (_site, command) => {
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--inh-caps=-all"];
  return runCommand("setpriv", [...ids, "sh", "-c", command], TIMEOUT);
};

export const hostRoot: Who = (_site, command) => runCommand("sh", ["-c", command], TIMEOUT);

/** Whoever runs code in Jupyter. */
export const notebookUser: Who = ({ cluster, leader }, command) =>
  cluster.exec(leader, ["sh", "-c", command]);

export const nodeRoot: Who = ({ cluster, leader }, command) =>
  cluster.exec(leader, ["sh", "-c", command], "root");

/** A container on the engine's own network, with the tools that a node has, as its root. */
export function strangerFrom(image: string): Who {
  return (_site, command) => {
    const options = ["--rm", "--network", "bridge", "--entrypoint", "sh"];
    return runCommand("docker", ["run", ...options, image, "-c", command], TIMEOUT);
  };
}

/** The command prints an HTTP status; without an answer it fails. */
export function statusOf(url: string, ...options: readonly string[]): string {
  const words = options.map((word) => `'${word}'`).join(" ");
  return `curl -sk --max-time 5 -o /dev/null -w '%{http_code}' ${words} '${url}'`;
}

/** As {@link statusOf}, where there is no curl: prints nothing when nobody answers. */
export function statusFrom(url: string): string {
  const script =
    "process.env.NODE_TLS_REJECT_UNAUTHORIZED='0';" +
    "fetch(process.argv[1],{signal:AbortSignal.timeout(5000)})" +
    ".then((r)=>console.log(r.status),()=>process.exit(1))";
  return `node --no-warnings -e "${script}" '${url}'`;
}
