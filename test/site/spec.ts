/** The cluster that a site runs, as its spec file says it. */

export interface SpecPlan {
  readonly name: string;
  readonly replicas: number;
  /** Value of `network`. */
  readonly network: Readonly<Record<string, unknown>>;
  /** Value of `storage.shared`. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** Where every controller's proxy listens. */
  readonly proxy: { readonly address: string; readonly port: number };
  /** More lines of the spec. */
  readonly more: readonly string[];
}

export function specText(plan: SpecPlan): string {
  const { name, replicas, network, shared, proxy, more } = plan;
  // What stands in braces is JSON, which YAML reads too.
  return [
    "apiVersion: jupytercluster.dev/v1alpha1",
    "kind: JupyterCluster",
    `metadata: { name: ${name} }`,
    "spec:",
    `  replicas: ${replicas}`,
    "  resources: { cpus: 0.5, memory: 512Mi }",
    `  network: ${JSON.stringify(network)}`,
    `  storage: ${JSON.stringify({ shared })}`,
    `  proxy: ${JSON.stringify(proxy)}`,
    ...more,
    "",
  ].join("\n");
}
