/**
 * The JSON of the Mesos v1 scheduler API, as far as we use it (org.apache.mesos.v1.scheduler).
 * Shared by the client and the embedded master; types only. Names are Mesos's own.
 */

export interface Id {
  value: string;
}

export type TaskState =
  | "TASK_STAGING"
  | "TASK_STARTING"
  | "TASK_RUNNING"
  | "TASK_KILLING"
  | "TASK_FINISHED"
  | "TASK_FAILED"
  | "TASK_KILLED"
  | "TASK_ERROR"
  | "TASK_LOST"
  | "TASK_DROPPED"
  | "TASK_UNREACHABLE"
  | "TASK_GONE"
  | "TASK_GONE_BY_OPERATOR"
  | "TASK_UNKNOWN";

export interface Resource {
  name: string;
  type: "SCALAR" | "RANGES" | "SET";
  scalar?: { value: number };
  /** Protobuf leaves out an empty list. */
  ranges?: { range?: { begin: number; end: number }[] };
  set?: { item?: string[] };
  role?: string;
  allocation_info?: { role?: string };
  /** Frameworks with RESERVATION_REFINEMENT see these instead of `role`. */
  reservations?: Record<string, unknown>[];
  /** A persistent volume, or a disk of its own. */
  disk?: Record<string, unknown>;
  /** May be taken back at any time. */
  revocable?: Record<string, unknown>;
  shared?: Record<string, unknown>;
}

export interface Attribute {
  name: string;
  type: "TEXT" | "SCALAR" | "RANGES";
  text?: { value: string };
  scalar?: { value: number };
  ranges?: { range: { begin: number; end: number }[] };
}

/** An agent's host that is to go down. */
export interface Maintained {
  /** `start` since the epoch; without `duration`: until further notice. */
  unavailability?: { start: { nanoseconds: number }; duration?: { nanoseconds: number } };
}

export interface Offer extends Maintained {
  id: Id;
  framework_id: Id;
  agent_id: Id;
  hostname: string;
  url?: { scheme: string; address: { hostname: string; ip: string; port: number }; path?: string };
  resources: Resource[];
  attributes?: Attribute[];
  allocation_info?: { role?: string };
}

/** Asks for what a framework uses of an agent, before its host goes down. */
export interface InverseOffer extends Maintained {
  id: Id;
  agent_id?: Id;
}

export interface Label {
  key: string;
  value?: string;
}

export interface Parameter {
  key: string;
  value: string;
}

export interface ContainerInfo {
  type: "DOCKER";
  docker: {
    image: string;
    network: "USER" | "BRIDGE" | "HOST" | "NONE";
    force_pull_image?: boolean;
    privileged?: boolean;
    parameters?: Parameter[];
  };
  network_infos?: { name?: string }[];
  hostname?: string;
}

export interface TaskInfo {
  name: string;
  task_id: Id;
  agent_id: Id;
  resources: Resource[];
  command: {
    /** Left out: true, `value` is given to `/bin/sh -c`. */
    shell?: boolean;
    value?: string;
    arguments?: string[];
    environment?: { variables: { name: string; value: string }[] };
  };
  /** Left out: the command runs on the agent's host itself. */
  container?: ContainerInfo;
  kill_policy?: { grace_period: { nanoseconds: number } };
  health_check?: Record<string, unknown>;
  labels?: { labels: Label[] };
  data?: string;
}

export type DockerTaskInfo = TaskInfo & { container: ContainerInfo };

export interface ContainerStatus {
  container_id?: Id;
  network_infos?: { name?: string; ip_addresses?: { protocol?: string; ip_address?: string }[] }[];
}

export interface TaskStatus {
  task_id: Id;
  state: TaskState;
  source?: "SOURCE_MASTER" | "SOURCE_AGENT" | "SOURCE_EXECUTOR";
  reason?: string;
  message?: string;
  agent_id?: Id;
  executor_id?: Id;
  /** Seconds since the epoch. */
  timestamp?: number;
  /** Base64 of 16 bytes; present exactly when the status must be acknowledged. */
  uuid?: string;
  healthy?: boolean;
  container_status?: ContainerStatus;
  unreachable_time?: { nanoseconds: number };
  data?: string;
}

export interface MasterInfo {
  id: string;
  ip: number;
  port: number;
  pid?: string;
  hostname?: string;
  version?: string;
  address?: { hostname?: string; ip?: string; port: number };
  capabilities?: { type: string }[];
}

export interface FrameworkInfo {
  id?: Id;
  user: string;
  name: string;
  role?: string;
  roles?: string[];
  hostname?: string;
  principal?: string;
  webui_url?: string;
  /** Seconds. */
  failover_timeout?: number;
  checkpoint?: boolean;
  capabilities?: { type: string }[];
  /** By role. */
  offer_filters?: Record<string, OfferFilters>;
}

/** What a framework need not be offered, for a role. */
export interface OfferFilters {
  /** Offered is what has all quantities of one of these. */
  min_allocatable_resources?: { quantities: { quantities: Record<string, { value: number }> }[] };
}

export interface Filters {
  refuse_seconds?: number;
}

export type Operation = { type: "LAUNCH"; launch: { task_infos: TaskInfo[] } };

export type Call =
  | {
      type: "SUBSCRIBE";
      framework_id?: Id;
      subscribe: { framework_info: FrameworkInfo; suppressed_roles?: string[] };
    }
  | { type: "TEARDOWN"; framework_id: Id }
  | {
      type: "ACCEPT";
      framework_id: Id;
      accept: { offer_ids: Id[]; operations: Operation[]; filters?: Filters };
    }
  | { type: "DECLINE"; framework_id: Id; decline: { offer_ids: Id[]; filters?: Filters } }
  | { type: "REVIVE"; framework_id: Id }
  | { type: "SUPPRESS"; framework_id: Id }
  | {
      type: "KILL";
      framework_id: Id;
      kill: {
        task_id: Id;
        agent_id?: Id;
        kill_policy?: { grace_period: { nanoseconds: number } };
      };
    }
  | {
      type: "ACKNOWLEDGE";
      framework_id: Id;
      acknowledge: { agent_id: Id; task_id: Id; uuid: string };
    }
  | {
      type: "RECONCILE";
      framework_id: Id;
      reconcile: { tasks: { task_id: Id; agent_id?: Id }[] };
    };

export type SchedulerEvent =
  | {
      type: "SUBSCRIBED";
      subscribed: {
        framework_id: Id;
        heartbeat_interval_seconds?: number;
        master_info?: MasterInfo;
      };
    }
  | { type: "OFFERS"; offers: { offers: Offer[] } }
  | { type: "RESCIND"; rescind: { offer_id: Id } }
  | { type: "INVERSE_OFFERS"; inverse_offers: { inverse_offers: InverseOffer[] } }
  | { type: "RESCIND_INVERSE_OFFER"; rescind_inverse_offer: { inverse_offer_id: Id } }
  | { type: "UPDATE"; update: { status: TaskStatus } }
  | { type: "MESSAGE"; message: { agent_id: Id; executor_id: Id; data: string } }
  | { type: "FAILURE"; failure: { agent_id?: Id; executor_id?: Id; status?: number } }
  | { type: "ERROR"; error: { message: string } }
  | { type: "HEARTBEAT" };
