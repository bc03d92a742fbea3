/** What has changed in what Mesos says, and so whom it concerns. */
export type MesosChange =
  /** The cluster of this task. */
  | { readonly what: "task"; readonly taskId: string }
  /** Those that wait for offers. */
  | { readonly what: "offers" }
  /** All: there is a subscription or none, or every remembered task has answered. */
  | { readonly what: "connection" };
