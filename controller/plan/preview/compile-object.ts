/** From an object of the API to the cluster that it means. */
import type { LoadedManifests } from "../../../crd-schema/documents.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

/** What a person wrote of it. */
type Written = Pick<JupyterClusterObject, "spec"> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Pick<
    JupyterClusterObject["metadata"],
    "name" | "namespace" | "labels" | "annotations"
  >;
};

/**
 * The object's spec is what the user wrote: compiled again, its defaults are filled in.
 *
 * @throws OperationError ERR_CONTROLLER_REFUSED of a spec that this version can't read
 */
export function compileObject(
  object: Written,
  parseManifest: (text: string, file: string) => LoadedManifests,
): CompiledCluster {
  const { apiVersion, kind, metadata, spec } = object;
  const { name, namespace, labels, annotations } = metadata;
  const document = { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec };
  const { clusters, problems } = parseManifest(JSON.stringify(document), `${namespace}/${name}`);
  const [cluster] = clusters;
  if (cluster !== undefined) return cluster;
  const why = problems.map((p) => [p.field, p.message].filter(Boolean).join(": ")).join(" ");
  throw new OperationError(
    ERROR_CODES.CONTROLLER_REFUSED,
    "plan",
    `The controller keeps a spec of ${namespace}/${name} that this version can't read. ${why}`,
  );
}
