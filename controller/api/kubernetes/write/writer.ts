/** Carries a new document of a cluster from a request into its file, or says why not. */
import type { Problem } from "../../../../crd-schema/spec.ts";
import { type ClusterRef, clusterKey } from "../../../model/ids.ts";
import { ERROR_CODES, OperationError } from "../../../model/errors.ts";
import type { Clock, Logger, PublishedClusters } from "../../../model/ports.ts";
import { type JupyterClusterObject, KIND } from "../../../model/resource.ts";
import { sameData } from "../../../model/same-data.ts";
import { StatusError } from "../../status-error.ts";
import { resourceName } from "../kind.ts";
import { jupyterClusters } from "../kinds/jupyter-clusters.ts";
import { type FieldOwner, ownersAfterUpdate } from "./field-owners.ts";
import type { ManagedSpecs, Manifest } from "./managed-specs.ts";
import { manifestOf, objectWith } from "./manifest.ts";

/** For the controller's next reconcile to begin with the new document. Milliseconds. */
const IN_FORCE_MS_MAX = 8_000;

const { group, plural } = jupyterClusters;
export const RESOURCE = resourceName(jupyterClusters);

export interface Change {
  readonly manifest: Manifest;
  readonly owners: readonly FieldOwner[];
}

export interface WriterOptions {
  readonly specs: ManagedSpecs;
  readonly published: PublishedClusters;
  readonly clock: Pick<Clock, "after">;
  readonly log: Logger;
}

export class SpecWriter {
  /** One write of a cluster after the other: each rests on what the one before has left. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(private readonly options: WriterOptions) {}

  /** Runs alone for this cluster. */
  async inTurn<T>(ref: ClusterRef, work: () => Promise<T>): Promise<T> {
    const key = clusterKey(ref);
    const before = this.turns.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(key) === turn) this.turns.delete(key);
    }
  }

  current(ref: ClusterRef): JupyterClusterObject | null {
    return this.options.published.get(clusterKey(ref)) ?? null;
  }

  owners(ref: ClusterRef): Promise<readonly FieldOwner[]> {
    return this.options.specs.owners(ref);
  }

  /** The same fields with other owners, after a write that was no apply. */
  async updated(
    before: JupyterClusterObject | null,
    manifest: Manifest,
    manager: string,
  ): Promise<Change> {
    const owners = await this.owners(manifest.metadata);
    const old = before === null ? null : ownedPart(manifestOf(before));
    // Its own record is an annotation, which `kubectl apply --server-side` later reads.
    if (manager === CLIENT_SIDE_APPLY) return { manifest, owners };
    return { manifest, owners: ownersAfterUpdate(old, ownedPart(manifest), owners, manager) };
  }

  /**
   * @param before as it is now; null: it is made new
   * @returns the object that is in force now, or with `dryRun` would be
   * @throws StatusError Conflict, Invalid; OperationError
   */
  async write(
    before: JupyterClusterObject | null,
    { manifest, owners }: Change,
    dryRun: boolean,
  ): Promise<object> {
    const { specs, log } = this.options;
    this.requireManaged(manifest.metadata);
    const problems = await specs.problems(manifest);
    if (problems.length > 0) throw invalid(manifest.metadata, problems);
    if (dryRun) return objectWith(before, manifest);
    const { namespace, name } = manifest.metadata;
    log.info({ cluster: `${namespace}/${name}` }, "spec written over the API");
    const inForce = this.untilInForce(manifest);
    try {
      await specs.save(manifest, owners);
      return await inForce.object;
    } finally {
      inForce.stop();
    }
  }

  /**
   * A spec that was in force before, in whichever file the cluster is described.
   *
   * @throws StatusError Invalid; OperationError
   */
  async putBack(before: JupyterClusterObject, spec: Manifest["spec"]): Promise<object> {
    const { specs, log } = this.options;
    const manifest = { ...manifestOf(before), spec };
    const { namespace, name } = manifest.metadata;
    if (specs.foreignFile(manifest.metadata) === null) {
      return this.write(before, await this.updated(before, manifest, UNDO), false);
    }
    const inForce = this.untilInForce(manifest);
    try {
      const problems = await specs.putBack(manifest.metadata, spec);
      if (problems.length > 0) throw invalid(manifest.metadata, problems);
      log.info({ cluster: `${namespace}/${name}` }, "spec file written for an undo");
      return await inForce.object;
    } finally {
      inForce.stop();
    }
  }

  /** @throws StatusError Conflict */
  requireManaged(ref: ClusterRef): void {
    const file = this.options.specs.foreignFile(ref);
    if (file === null) return;
    const message =
      `${RESOURCE} "${ref.name}" comes from the file ${file}: change it there. ` +
      "Over the API only what was made over the API is changed.";
    // Not `Conflict`, which kubectl scale tries again for minutes.
    const details = { name: ref.name, group, kind: plural };
    throw new StatusError("Forbidden", message, { code: 409, details });
  }

  /** Its containers end; the data stays. */
  async remove(before: JupyterClusterObject): Promise<void> {
    const manifest = manifestOf(before);
    this.requireManaged(manifest.metadata);
    const spec = { ...manifest.spec, deletionPolicy: "Delete" };
    const owners = await this.owners(manifest.metadata);
    await this.write(before, { manifest: { ...manifest, spec }, owners }, false);
    const { namespace, name } = manifest.metadata;
    this.options.log.warn({ cluster: `${namespace}/${name}` }, "cluster deleted over the API");
    await this.options.specs.remove(manifest.metadata);
  }

  private untilInForce({ metadata, spec }: Manifest) {
    const { published, clock } = this.options;
    const key = clusterKey(metadata);
    const isIt = (object: JupyterClusterObject) =>
      sameData(object.spec, spec) &&
      sameData(object.metadata.labels, metadata.labels) &&
      sameData(object.metadata.annotations, metadata.annotations);
    let stop = () => {};
    const object = new Promise<JupyterClusterObject>((resolve, reject) => {
      const look = () => {
        const found = published.get(key);
        if (found !== undefined && isIt(found)) resolve(found);
      };
      const unsubscribe = published.subscribe(look);
      const cancel = clock.after(IN_FORCE_MS_MAX, () => reject(late(metadata.name)));
      stop = () => {
        unsubscribe();
        cancel();
      };
      look();
    });
    // Awaited after the save; a time that is up before is told then.
    object.catch(() => {});
    return { object, stop: () => stop() };
  }
}

/** Who owns what an undo changes. */
const UNDO = "jupyter-cluster-undo";
const CLIENT_SIDE_APPLY = "kubectl-client-side-apply";

/** What managers share: the rest is the object's identity. */
export function ownedPart({ metadata: { labels, annotations }, spec }: Manifest): object {
  return { metadata: { labels, annotations }, spec };
}

function late(name: string): OperationError {
  const message = `The new spec of ${KIND} ${name} is stored and not in force yet; its conditions say why.`;
  return new OperationError(ERROR_CODES.TIMEOUT, "write the spec", message);
}

function invalid({ name }: ClusterRef, problems: readonly Problem[]): StatusError {
  const causes = problems.map(({ field, message }) => ({
    reason: "FieldValueInvalid",
    message,
    field: field === "" ? "<object>" : field,
  }));
  const told = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = told.length === 1 ? (told[0] ?? "") : `[${told.join(", ")}]`;
  const message = `${KIND}.${group} "${name}" is invalid: ${text}`;
  return new StatusError("Invalid", message, { details: { name, group, kind: KIND, causes } });
}
