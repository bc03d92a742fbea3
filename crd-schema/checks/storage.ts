/** The shared directory: its fields must fit its type, and it must hide nothing that nodes need. */
import type { JupyterClusterManifest } from "../jupytercluster.types.ts";
import type { Problem } from "../spec.ts";
import { fieldName } from "../text/field-path.ts";
import type { Path } from "../text/field-path.ts";
import type { ParsedDocument } from "../parse.ts";
import { errorAt } from "./check.ts";
import type { Located } from "./check.ts";

const SHARED = ["spec", "storage", "shared"] as const;

/** Before compiling: a storage type without its field has no compiled form. */
export function checkStorageType(
  { file, locate }: ParsedDocument,
  manifest: JupyterClusterManifest,
): Problem[] {
  const shared = manifest.spec.storage?.shared ?? {};
  const error = (path: Path, message: string, at: "key" | "value" = "key"): Problem => {
    const { line, column } = locate(path, at);
    return { severity: "error", file, line, column, field: fieldName(path), message };
  };
  const type = shared.type ?? "volume";
  if (type === "hostPath" && shared.hostPath === undefined) {
    const message =
      "This field is missing; type hostPath needs the directory of the hosts, " +
      "such as /srv/jupyter.";
    return [error([...SHARED, "hostPath"], message)];
  }
  const foreign = type === "hostPath" ? "volumeName" : "hostPath";
  if (shared[foreign] === undefined) return [];
  const owner = type === "hostPath" ? "volume" : "hostPath";
  const message =
    `Found ${foreign} with type ${type}; allowed: only with type ${owner}. Write \`type: ` +
    `${owner}\`, or remove it.`;
  return [error([...SHARED, foreign], message)];
}

/** Of the container: mounting over these (or in them) hides programs, keys or etcd's data. */
const CONTAINER_SYSTEM = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/lib64",
  "/opt",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/sys",
  "/usr",
  "/var/lib/jupyter-cluster",
  "/var/run",
];
/** Parents of what a node needs: a directory in them is fine. */
const CONTAINER_PARENTS = ["/home", "/tmp", "/var", "/var/lib"];
/** Of the host: every node may write to the shared directory. */
const HOST_SYSTEM = [
  "/bin",
  "/boot",
  "/dev",
  "/etc",
  "/lib",
  "/lib64",
  "/proc",
  "/root",
  "/run",
  "/sbin",
  "/sys",
  "/usr",
  "/var/run",
];
const HOST_PARENTS = ["/home", "/opt", "/tmp", "/var", "/var/lib", "/var/lib/docker"];

export function checkStorage(located: Located): Problem[] {
  const { shared } = located.cluster.spec.storage;
  const { user } = located.cluster.spec.ssh;
  const home = `/home/${user}`;
  const problems = checkPath(located, "mountPath", shared.mountPath, {
    within: [...CONTAINER_SYSTEM, `${home}/.ssh`],
    exactly: [...CONTAINER_PARENTS, home],
    example: "/shared",
  });
  if (shared.type === "volume") return problems;
  const rules = { within: HOST_SYSTEM, exactly: HOST_PARENTS, example: "/srv/jupyter" };
  return [...problems, ...checkPath(located, "hostPath", shared.hostPath, rules)];
}

interface PathRules {
  readonly within: readonly string[];
  readonly exactly: readonly string[];
  readonly example: string;
}

function checkPath(located: Located, field: string, path: string, rules: PathRules): Problem[] {
  const at = [...SHARED, field];
  const found = `Found the text ${JSON.stringify(path)}`;
  if (path.split("/").some((part) => part === "." || part === "..")) {
    return [errorAt(located, at, `${found}; allowed: a path without \`.\` and \`..\`.`)];
  }
  const system = rules.within.find((dir) => path === dir || path.startsWith(`${dir}/`));
  const taken = system ?? rules.exactly.find((dir) => path === dir);
  if (taken === undefined) return [];
  const where = taken === path ? "is" : `is in ${taken},`;
  const message =
    `${found}, which ${where} a directory of the system; allowed: one of its own, such as ` +
    `${rules.example}.`;
  return [errorAt(located, at, message)];
}
