/**
 * What a JupyterCluster means after validation, with every default filled in and every quantity in
 * one unit. Only `compile` makes one, so whoever holds it need not check.
 */
import type { SharedStorage } from "./storage/table.ts";

export interface ClusterSpec {
  readonly replicas: number;
  /** Image reference; null: the agent image that this version of the software builds. */
  readonly image: string | null;
  readonly resources: {
    readonly cpus: number;
    readonly memoryMiB: number;
    readonly diskMiB: number;
    /** Processes and threads. */
    readonly pids: number;
  };
  readonly network: {
    readonly name: string;
    readonly driver: string;
    readonly ipamDriver: string;
    /** CIDR, e.g. 172.30.0.0/24. */
    readonly subnet: string;
    /** Address of slot 0; slot i has firstAddress + i. */
    readonly firstAddress: string;
    readonly options: Readonly<Record<string, string>>;
  };
  readonly storage: {
    readonly shared: SharedStorage;
  };
  readonly etcd: {
    /** Members and clients have certificates of the cluster's own authority. */
    readonly tls: boolean;
    readonly dataVolume: "local" | "ephemeral";
    readonly heartbeatMs: number;
    readonly electionMs: number;
    /** Largest size of the database. */
    readonly quotaMiB: number;
    readonly snapshots: {
      /** 0: none are taken. */
      readonly intervalSeconds: number;
      readonly keep: number;
      /** Of all together; the newest is kept whatever its size. */
      readonly maxMiB: number;
      /** On the controller's host; null: in its state directory. */
      readonly directory: string | null;
    };
    readonly recovery: {
      readonly mode: "Automatic" | "Manual";
      readonly graceSeconds: number;
    };
    /** `learner`: one more node, whose member has no vote until a voter is lost. */
    readonly standby: "none" | "learner";
  };
  readonly jupyter: {
    /** Port in the container. */
    readonly port: number;
    readonly auth: "token" | "none";
    readonly standby: "warm" | "cold";
    /** Seconds; 0: what is idle is left alone. */
    readonly idle: { readonly kernelsAfterSeconds: number; readonly terminalsAfterSeconds: number };
  };
  readonly kernels: {
    /** `server`: children of JupyterLab, which end with it. */
    readonly placement: "server" | "leader" | "spread";
    /** Of one kernel; null: what the node has beside its services, for all of its kernels together. */
    readonly memoryMiB: number | null;
    /** Processes and threads of one kernel. */
    readonly processes: number;
    /** 0: nobody waits for busy ones. */
    readonly busyWaitSeconds: number;
  };
  readonly ssh: { readonly user: string; readonly authorizedKeys: readonly string[] };
  readonly proxy: {
    readonly address: string;
    readonly port: number;
    readonly holdSeconds: number;
    /** As written: what it means depends on `jupyter.auth` too (`proxySettings`). */
    readonly hostNames: readonly string[];
  };
  readonly placement: {
    readonly constraints: readonly PlacementConstraint[];
    /** Attribute (or `hostname`) over which nodes are spread as evenly as the offers allow. */
    readonly spread: string | null;
  };
  readonly unreachable: { readonly replaceAfterSeconds: number };
  readonly backoff: {
    readonly initialSeconds: number;
    readonly factor: number;
    readonly maxSeconds: number;
  };
  readonly updateStrategy: "RollingUpdate" | "OnDelete";
  readonly deletionPolicy: "Retain" | "Delete";
  readonly suspend: boolean;
}

/** Marathon's operators: what the value means depends on the operator. */
export interface PlacementConstraint {
  /** `hostname` or the name of an agent attribute. */
  readonly field: string;
  readonly operator: "UNIQUE" | "CLUSTER" | "GROUP_BY" | "LIKE" | "UNLIKE" | "MAX_PER";
  readonly value: string | null;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One valid document of a spec file. */
export interface CompiledCluster {
  readonly metadata: ObjectMeta;
  readonly spec: ClusterSpec;
  /**
   * The `spec` as the user wrote it, without defaults: what the API shows and diffs are told on.
   */
  readonly written: Readonly<Record<string, unknown>>;
  readonly source: { readonly file: string; readonly line: number };
}

/** One finding in a spec file, addressed to the person who edits it. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** 1-based; null when the file as a whole is meant. */
  readonly line: number | null;
  readonly column: number | null;
  /** JSONPath-like field, e.g. `spec.replicas`; empty for syntax errors. */
  readonly field: string;
  /** What was found and what is allowed. */
  readonly message: string;
}
