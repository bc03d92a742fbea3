/** Why an agent does not do what it was told: the body of its answer 409. */
export interface AgentRefusal {
  readonly code:
    | "DataPresent"
    | "DataMissing"
    | "ClusterIDMismatch"
    | "EtcdRunning"
    | "SnapshotMissing"
    | "EtcdNotServing"
    | "OtherTask"
    | "UnsupportedVersion"
    | "LowerTerm";
  readonly message: string;
}
