/** Spec files for tests, as texts. */
import { formatProblem } from "../../../crd-schema/format.ts";
import { parseManifest } from "../../../crd-schema/documents.ts";
import type { CompiledCluster } from "../../../crd-schema/spec.ts";

/** A document whose spec is `body`; the body's first line is line 6 of the text. */
export function withSpec(body: string, name = "lab"): string {
  const indented = body === "" ? [] : body.split("\n").map((line) => `  ${line}`);
  return [
    "apiVersion: jupytercluster.dev/v1alpha1",
    "kind: JupyterCluster",
    "metadata:",
    `  name: ${name}`,
    indented.length > 0 ? "spec:" : "spec: {}",
    ...indented,
    "",
  ].join("\n");
}

/** Every problem of a text as one line, as a person sees it, without the file's name. */
export function told(text: string): string[] {
  return parseManifest(text, "f").problems.map((problem) => formatProblem(problem).slice(2));
}

/** The cluster of a text that must be valid. */
export function compiled(text: string): CompiledCluster {
  const { clusters, problems } = parseManifest(text, "cluster.yaml");
  const [cluster] = clusters;
  if (cluster === undefined)
    throw new Error(`refused: ${problems.map((p) => p.message).join(" ")}`);
  return cluster;
}
