/** The controller itself: `/status` with all its clusters in brief, `/healthz` and `/readyz`. */
import type { PageController } from "../model/page-stream.ts";
import type { PublishedClusters } from "../model/ports.ts";
import type { JupyterClusterObject } from "../model/resource.ts";
import { type ApiExchange, sendText } from "./exchange.ts";
import { booleanOf } from "./requests.ts";

export interface ControllerInfo {
  readonly version: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Whose it is, for whoever would start another beside it. */
  readonly process: {
    readonly pid: number;
    readonly user: string;
    /** Absolute. */
    readonly stateDirectory: string;
  };
  /** Who acts changes the clusters; the others stand by, and serve what they see. */
  readonly role: "acting" | "standby";
  /** What the clusters' memory is kept in, without secrets. */
  readonly store: string;
  /** The clusters' proxies in this process. */
  readonly proxies: readonly ProxyInfo[];
  readonly mesos: {
    /** `local`, or the leading master as `host:port`. */
    readonly master: string;
    /** Null before the first registration. */
    readonly frameworkId: string | null;
    readonly registered: boolean;
  };
}

export interface ProxyInfo {
  /** `namespace/name` */
  readonly cluster: string;
  /** `host:port` */
  readonly address: string;
  readonly listening: boolean;
  /** Why it does not listen; null: it does. */
  readonly problem: string | null;
}

/** One controller of the site. */
export interface ControllerEntry {
  readonly id: string;
  readonly hostname: string;
  readonly pid: number;
  readonly apiUrl: string;
  readonly version: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly role: "acting" | "standby";
  /** RFC 3339: since when it acts; null: it does not, or nobody tells. */
  readonly since: string | null;
  /** In which it acts: higher than that of everybody before. */
  readonly term: number | null;
  /** It is the one that answers. */
  readonly self: boolean;
}

/** What `GET /status` answers. */
export type Overview = ReturnType<typeof overview>;

export function overview(
  controller: ControllerInfo,
  controllers: readonly ControllerEntry[],
  published: PublishedClusters,
) {
  return { controller, controllers, clusters: published.list().map(brief) };
}

/** What of it a page shows; nothing of the process or of where its state is. */
export async function pageController(of: {
  readonly info: () => ControllerInfo;
  readonly controllers: () => Promise<readonly ControllerEntry[]>;
}): Promise<PageController> {
  const { version, startedAt, role, mesos, proxies } = of.info();
  const controllers = (await of.controllers()).map(({ id, hostname, role, self }) => {
    return { id, hostname, role, self };
  });
  const { master, registered } = mesos;
  return { version, startedAt, role, mesos: { master, registered }, proxies, controllers };
}

function brief({ metadata, status }: JupyterClusterObject) {
  const { namespace, name, generation } = metadata;
  const { phase, replicas, readyReplicas, leader, observedGeneration } = status;
  const ready = status.conditions.some((c) => c.type === "Ready" && c.status === "True");
  const jupyter = status.endpoints.jupyter;
  return {
    ...{ namespace, name, phase, ready, replicas, readyReplicas },
    ...{ leader, jupyter, generation, observedGeneration },
  };
}

export interface NamedCheck {
  readonly name: string;
  /** Null: fine; else what is not, in a few words. Answers at once, from what is known. */
  readonly check: () => string | null;
  /** What is worth saying while it is fine. */
  readonly note?: () => string;
}

export interface HealthChecks {
  /** Whether this process works; a restart would help if not. */
  readonly live: readonly NamedCheck[];
  /** Whether it can do its work now: a master, Docker, storage. */
  readonly ready: readonly NamedCheck[];
}

/** In the words of Kubernetes' own. */
export function sendHealth(
  exchange: ApiExchange,
  endpoint: "healthz" | "readyz",
  checks: readonly NamedCheck[],
): void {
  const { healthy, text: told } = healthText(endpoint, checks);
  const verbose = booleanOf(exchange.query, "verbose") || !healthy;
  const text = verbose ? told : "ok";
  sendText(exchange, text, "text/plain; charset=utf-8", { status: healthy ? 200 : 503 });
}

export function healthText(endpoint: "healthz" | "readyz", checks: readonly NamedCheck[]) {
  const results = checks.map(({ name, check, note }) => {
    return { name, problem: check(), fine: note === undefined ? "ok" : `ok: ${note()}` };
  });
  const healthy = results.every(({ problem }) => problem === null);
  const lines = results.map(({ name, problem, fine }) =>
    problem === null ? `[+]${name} ${fine}` : `[-]${name} failed: ${problem}`,
  );
  const verdict = `${endpoint} check ${healthy ? "passed" : "failed"}`;
  return { healthy, text: `${[...lines, verdict].join("\n")}\n` };
}
