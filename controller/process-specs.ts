/** The spec files that the API of one controller process may write, in whichever role it is. */
import { join } from "node:path";
import type { FieldOwner } from "./api/kubernetes/write/field-owners.ts";
import type { ManagedSpecs, Manifest } from "./api/kubernetes/write/managed-specs.ts";
import { ERROR_CODES, OperationError } from "./model/errors.ts";
import { clusterKey } from "./model/ids.ts";
import type { ProcessSite } from "./process-site.ts";
import { ManagedSpecFiles } from "./spec-files/managed-specs.ts";
import { putBack } from "./spec-files/persons-files.ts";

/**
 * Null: there are none. An etcd of the site holds no spec files, and one that only this host had would be
 * taken for removed on the next.
 */
export function managedDirectory({
  options,
  state,
}: Pick<ProcessSite, "options" | "state">): string | null {
  return options.state.kind === "etcd" ? null : join(state.directory, "managed");
}

/** @param readNow resolves when what the files say now was handed over */
export function processSpecs(site: ProcessSite, readNow: () => Promise<void>): ManagedSpecs {
  const { options, keeper, sight } = site;
  const directory = managedDirectory(site);
  const files = new ManagedSpecFiles<Manifest, FieldOwner>({
    directory: directory ?? "",
    path: options.spec,
    inForce: (ref) => keeper.memories().get(clusterKey(ref))?.cluster,
    readNow,
  });
  const requireWritable = () => {
    if (keeper.acting === null) {
      const message = `This controller stands by. ${sight.whoActs()}`;
      throw new OperationError(ERROR_CODES.NOT_ACTING, "write the spec", message);
    }
    if (directory !== null) return;
    const message =
      "The state is in an etcd of the site, which holds no spec files: give every controller the " +
      `file, in ${options.spec}.`;
    throw new OperationError(ERROR_CODES.CONTROLLER_REFUSED, "write the spec", message);
  };
  return {
    foreignFile: (ref) => {
      requireWritable();
      return files.foreignFile(ref);
    },
    problems: (manifest) => files.problems(manifest),
    owners: (ref) => files.owners(ref),
    save: (manifest, owners) => files.save(manifest, owners),
    remove: (ref) => files.remove(ref),
    putBack: async (ref, spec) => {
      requireWritable();
      const cluster = keeper.memories().get(clusterKey(ref))?.cluster;
      if (cluster === undefined) return [];
      const problems = await putBack(cluster, spec, { path: options.spec, managed: directory });
      if (problems.length === 0) await readNow();
      return problems;
    },
  };
}
