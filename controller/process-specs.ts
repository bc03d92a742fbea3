/** The documents that the API of one controller process may write, in whichever role it is. */
import type { FieldOwner } from "./api/kubernetes/write/field-owners.ts";
import type { ManagedSpecs, Manifest } from "./api/kubernetes/write/managed-specs.ts";
import { ERROR_CODES, OperationError } from "./model/errors.ts";
import { clusterKey } from "./model/ids.ts";
import type { ProcessSite } from "./process-site.ts";
import type { ControllerOptions } from "./roles/options.ts";
import { ManagedDirectory } from "./spec-files/managed-directory.ts";
import { ManagedInStore } from "./spec-files/managed-in-store.ts";
import type { ManagedPlace } from "./spec-files/managed-place.ts";
import { ManagedSpecFiles } from "./spec-files/managed-specs.ts";
import { putBack } from "./spec-files/persons-files.ts";
import type { OpenedState } from "./store/open-state.ts";
import type { StateStore } from "./store/state-backend.ts";
import { managedDirectory } from "./support/files/managed-files.ts";

/** What was written over the API is where the state is: whoever takes over has it (docs/decisions/0027). */
export function managedPlace(
  { state: target }: Pick<ControllerOptions, "state">,
  { directory }: Pick<OpenedState, "directory">,
): ManagedPlace {
  if (target.kind === "etcd") return new ManagedInStore(target.prefix);
  return new ManagedDirectory(managedDirectory(directory));
}

/** @param begin what acts on the specs: not before those that the term found stored were handed over */
export async function enterTerm<T>(
  place: ManagedPlace,
  { stored, specs }: StateStore,
  watcher: { readNow(): Promise<void> },
  begin: () => Promise<T>,
): Promise<T> {
  if (place instanceof ManagedInStore) {
    if (specs === null) throw new Error("the store of a site keeps no specs");
    place.enter(stored.specs, specs);
    await watcher.readNow();
  }
  return begin();
}

/** @param readNow resolves when what the files say now was handed over */
export function processSpecs(site: ProcessSite, readNow: () => Promise<void>): ManagedSpecs {
  const { options, keeper, sight, managed } = site;
  const files = new ManagedSpecFiles<Manifest, FieldOwner>({
    place: managed,
    path: options.spec,
    inForce: (ref) => keeper.memories().get(clusterKey(ref))?.cluster,
    readNow,
  });
  const requireActing = () => {
    if (keeper.acting !== null) return;
    const message = `This controller stands by. ${sight.whoActs()}`;
    throw new OperationError(ERROR_CODES.NOT_ACTING, "write the spec", message);
  };
  return {
    foreignFile: (ref) => {
      requireActing();
      return files.foreignFile(ref);
    },
    problems: (manifest) => files.problems(manifest),
    owners: (ref) => files.owners(ref),
    save: (manifest, owners) => files.save(manifest, owners),
    remove: (ref) => files.remove(ref),
    putBack: async (ref, spec) => {
      requireActing();
      const cluster = keeper.memories().get(clusterKey(ref))?.cluster;
      if (cluster === undefined) return [];
      const problems = await putBack(cluster, spec, { path: options.spec, managed });
      if (problems.length === 0) await readNow();
      return problems;
    },
  };
}
