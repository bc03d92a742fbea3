/** A JupyterCluster document that came over the API, as it is kept. */
export interface StoredSpec {
  /** YAML, as a person would write it. */
  readonly text: string;
  /** Who owns which field, as the API counts them. */
  readonly owners: readonly unknown[];
}
