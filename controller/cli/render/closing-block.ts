/** What `up` says when everything is Ready: where to go, how to try it, how to stop. */
import { DEFAULT_NAMESPACE } from "../options/connection.ts";
import type { Colors } from "../context.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

export interface ClosingFacts {
  readonly clusters: readonly { readonly object: JupyterClusterObject; readonly url: string }[];
  readonly apiUrl: string;
  /** With a login that works once. */
  readonly pageUrl: string;
  readonly specFile: string;
  readonly logFile: string;
  /** `NAME=value` that other terminals need, for this is not where the verbs look by themselves. */
  readonly environment: readonly string[];
  readonly colors: Colors;
}

export function closingBlock(facts: ClosingFacts): string {
  const { clusters, apiUrl, pageUrl, specFile, logFile, environment, colors } = facts;
  const { bold, dim } = colors;
  const blocks = clusters.map(({ object, url }) => {
    const { name, namespace } = object.metadata;
    const scope = namespace === DEFAULT_NAMESPACE ? "" : ` -n ${namespace}`;
    const verb = (text: string) => `npx jupyter-cluster ${text}${scope}`;
    return [
      headline(object, bold(name)),
      "",
      field("Jupyter", bold(url)),
      field("More", verb(`describe ${name}`)),
      field("Shell", verb(`exec ${name}-0`)),
      field("Kill a node", `${verb(`kill ${name}-1`)}   it comes back; watch it here`),
      field("Kill leader", `${verb(`kill ${name}-0`)}   another takes over; Jupyter goes on`),
      "",
    ].join("\n");
  });
  return [
    "",
    ...blocks,
    ...(environment.length === 0
      ? []
      : [field("Elsewhere", `export ${environment.join(" ")}   first, in another terminal`)]),
    field("Page", `${bold(pageUrl)}   logs you in once`),
    field("Status", `${apiUrl}/status`),
    field("Change", `edit ${specFile} and save`),
    field("Stop", "Ctrl-C; the containers go on. npx jupyter-cluster down removes them"),
    dim(field("Log", logFile)),
    "",
    "",
  ].join("\n");
}

function headline({ status }: JupyterClusterObject, name: string): string {
  const nodes = `${status.readyReplicas} of ${status.replicas} nodes are ready`;
  if (status.phase === "Suspended") return `${name} is suspended, as its spec wants it.`;
  const more = status.phase === "Ready" ? "" : ` (${status.phase})`;
  return `${name} is up: ${nodes}${more}.`;
}

function field(label: string, value: string): string {
  return `  ${label.padEnd(12)} ${value}`;
}
