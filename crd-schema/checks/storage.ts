/** The shared directory: its fields must fit its type, and it must hide nothing that nodes need. */
import type { JupyterClusterManifest } from "../jupytercluster.types.ts";
import type { ParsedDocument } from "../parse.ts";
import type { Problem } from "../spec.ts";
import { misfits, valueProblems } from "../storage/table.ts";
import { fieldName } from "../text/field-path.ts";
import { withDefaults } from "../validate.ts";
import { directoryProblem } from "../values/own-directory.ts";
import { errorAt } from "./check.ts";
import type { Located } from "./check.ts";

const SHARED = ["spec", "storage", "shared"] as const;

/** Before compiling: a storage type without its field has no compiled form. */
export function checkStorageType(
  { file, locate }: ParsedDocument,
  manifest: JupyterClusterManifest,
): Problem[] {
  return misfits(withDefaults(manifest).spec.storage.shared).map(({ field, message }) => {
    const path = [...SHARED, field];
    const { line, column } = locate(path, "key");
    return { severity: "error", file, line, column, field: fieldName(path), message };
  });
}

/** Of the container: mounting over these (or in them) hides programs, keys or etcd's data. */
const SYSTEM = [
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
/** Below the home. */
const HOME_OWN = [".cache", ".ipython", ".jupyter", ".local", ".ssh"];
/** Parents of what a node needs: a directory in them is fine. */
const PARENTS = ["/home", "/tmp", "/var", "/var/lib"];

export function checkStorage(located: Located): Problem[] {
  const { storage, ssh } = located.cluster.spec;
  const home = `/home/${ssh.user}`;
  const message = directoryProblem(storage.shared.mountPath, {
    // What Jupyter and IPython keep in SQLite, or lock, is no concern of other nodes.
    within: [...SYSTEM, ...HOME_OWN.map((name) => `${home}/${name}`)],
    exactly: [...PARENTS, home],
    example: "/shared",
  });
  const ofMountPath = message === null ? [] : [{ field: "mountPath", message }];
  return [...ofMountPath, ...valueProblems(storage.shared)].map((problem) =>
    errorAt(located, [...SHARED, problem.field], problem.message),
  );
}
