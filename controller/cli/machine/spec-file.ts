/** Reading a spec file for a verb: problems are told, and an invalid file ends the verb. */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import { tellProblems } from "../render/problems-text.ts";
import type { CliContext } from "../context.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";

/**
 * The clusters of a file or directory; warnings go to stderr.
 *
 * @throws OperationError ERR_SPEC_MISSING when there is no such file, ERR_SPEC_INVALID when any
 *   document has an error
 */
export async function requireValidSpec(
  context: CliContext,
  path: string,
): Promise<readonly CompiledCluster[]> {
  const { loadManifests } = await import("../../../crd-schema/load.ts");
  const { clusters, problems, files } = await loadManifests(path);
  tellProblems(context, problems);
  const errors = problems.filter((problem) => problem.severity === "error").length;
  if (errors === 0 && clusters.length > 0) return clusters;
  if (files.length === 0) {
    throw new OperationError(ERROR_CODES.SPEC_MISSING, "read the spec", `${path} can't be used.`);
  }
  const count = errors === 1 ? "1 error" : `${errors} errors`;
  throw new OperationError(
    ERROR_CODES.SPEC_INVALID,
    "read the spec",
    errors === 0 ? `${path} describes no cluster.` : `${path} has ${count}: nothing was done.`,
  );
}
