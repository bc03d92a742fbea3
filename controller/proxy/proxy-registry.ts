/** The proxies of all clusters, each kept at its spec's address and pointed at its leader. */
import { type ErrorCode, OperationError } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import type { LeaderCandidate } from "../model/leader.ts";
import type { Observed, ObservedProxy } from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import type { ProxySettings } from "../model/proxy-settings.ts";
import { followLeader } from "./follow-leader.ts";
import type { JupyterProxyOptions } from "./jupyter-proxy.ts";
import type { ProxyStats } from "./proxy-stats.ts";
import type { TargetGate } from "./target-gate.ts";

/**
 * Of the image's server extension: 200 once every kernel of the cluster is adopted. What is not so yet it waits for, so
 * many seconds: half of what its answer may take.
 */
const READY_PATH = "/api/jupyter-cluster/ready?within=0.5";

/** One cluster's proxy. Production's is a JupyterProxy. */
export interface ClusterProxy
  extends Pick<TargetGate, "assigned" | "isAsked" | "setTarget" | "dropTarget" | "doubtTarget"> {
  /** @throws OperationError ERR_ADDRESS_IN_USE */
  listen(): Promise<void>;
  status(): ObservedProxy;
  stats(): ProxyStats;
  setHold(ms: number): void;
  setHostNames(names: readonly string[] | null): void;
  close(): Promise<void>;
}

export type NewProxy = (options: JupyterProxyOptions & { clock: Clock }) => ClusterProxy;

export interface ProxyRegistryOptions {
  readonly newProxy: NewProxy;
  readonly clock: Clock;
  readonly log: Logger;
  onChange(key: ClusterKey): void;
}

interface Entry {
  readonly wanted: ProxySettings;
  readonly proxy: ClusterProxy | null;
  readonly failure: { readonly code: ErrorCode; readonly message: string } | null;
}

export class ProxyRegistry {
  private readonly entries = new Map<ClusterKey, Entry>();
  /** Changes that are under way: one at a time for each cluster. */
  private readonly turns = new Map<ClusterKey, Promise<void>>();

  constructor(private readonly options: ProxyRegistryOptions) {}

  /**
   * Listens where the spec says. A changed address is opened before the old one is closed, so
   * that a port that is taken costs nobody the proxy they have. Throws OperationError.
   */
  async ensure(key: ClusterKey, wanted: ProxySettings): Promise<void> {
    while (this.turns.has(key)) await this.turns.get(key);
    const turn = this.change(key, wanted);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(key, settled);
    try {
      await turn;
    } finally {
      this.turns.delete(key);
    }
  }

  private async change(key: ClusterKey, wanted: ProxySettings): Promise<void> {
    const old = this.entries.get(key);
    if (old?.proxy && sameAddress(old.wanted, wanted)) {
      old.proxy.setHold(wanted.holdSeconds * 1000);
      old.proxy.setHostNames(wanted.hostNames);
      this.entries.set(key, { wanted, proxy: old.proxy, failure: null });
      this.options.onChange(key);
      return;
    }
    // The same port on all addresses and on one of them exclude each other.
    const inTheWay = old?.proxy && old.wanted.port === wanted.port ? old.proxy : null;
    await inTheWay?.close();
    const target = old?.proxy?.assigned;
    try {
      const proxy = await this.open(key, wanted);
      if (target) proxy.setTarget(target);
      this.entries.set(key, { wanted, proxy, failure: null });
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      const failure = { code: error.code, message: error.message };
      const kept = inTheWay && old ? await this.open(key, old.wanted) : (old?.proxy ?? null);
      if (target && kept !== null) kept.setTarget(target);
      this.entries.set(key, { wanted: old?.wanted ?? wanted, proxy: kept, failure });
      throw error;
    }
    if (inTheWay === null) await old?.proxy?.close();
    this.options.onChange(key);
  }

  private async open(key: ClusterKey, wanted: ProxySettings): Promise<ClusterProxy> {
    const { clock, log, newProxy } = this.options;
    const { address, port, holdSeconds, hostNames } = wanted;
    const proxy = newProxy({
      ...{ address, port, hostNames, log, clock, readyPath: READY_PATH },
      holdMs: holdSeconds * 1000,
      onChange: () => this.options.onChange(key),
    });
    await proxy.listen();
    return proxy;
  }

  observe(key: ClusterKey): Observed["proxy"] {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    const error = entry.failure?.message ?? null;
    const { address, port, holdSeconds, hostNames } = entry.wanted;
    const wanted = { error, holdSeconds, hostNames };
    if (entry.proxy !== null) return { ...entry.proxy.status(), ...wanted };
    return { listening: false, address, port, target: null, ...wanted };
  }

  /**
   * Points the proxy at the node that leads and serves. This is not left to the next reconcile of
   * the cluster's loop: a reconcile may be waiting for an answer from the very node that just died.
   */
  follow(
    key: ClusterKey,
    nodes: readonly LeaderCandidate[],
    cluster: { readonly jupyterPort: number; readonly epoch: number },
  ): void {
    const proxy = this.entries.get(key)?.proxy;
    if (proxy) followLeader(proxy, nodes, cluster);
  }

  /** Of every proxy that listens, for metrics. */
  stats(): readonly { readonly key: ClusterKey; readonly stats: ProxyStats }[] {
    return [...this.entries].flatMap(([key, { proxy }]) =>
      proxy === null ? [] : [{ key, stats: proxy.stats() }],
    );
  }

  async close(key: ClusterKey): Promise<void> {
    await this.turns.get(key);
    const entry = this.entries.get(key);
    this.entries.delete(key);
    await entry?.proxy?.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.entries.keys()].map((key) => this.close(key)));
  }
}

function sameAddress(a: ProxySettings, b: ProxySettings): boolean {
  return a.address === b.address && a.port === b.port;
}
