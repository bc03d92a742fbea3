/**
 * Who uses the cluster while it is tried: somebody who writes to its etcd, somebody who reloads
 * Jupyter through the proxy, and somebody who counts the containers of every slot.
 */
import { setTimeout as delay } from "node:timers/promises";
import { ClusterCertificates } from "../../controller/certificates/certificates.ts";
import { clientUrl, clusterKey, LABELS, type ClusterKey } from "../../controller/model/ids.ts";
import type { TlsIdentity } from "../../controller/model/tls-identity.ts";
import type { ClusterMemory } from "../../controller/model/memory.ts";
import { ClusterMemoryStore } from "../../controller/store/cluster-memory-store.ts";
import { openEtcd } from "../../controller/store/etcd/open-etcd.ts";
import { parseStateTarget } from "../../controller/store/state-target.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { join } from "node:path";
import { KeyWriter, type WriterReport } from "../support/etcd/key-writer.ts";
import { TLS } from "../support/etcd/transport.ts";
import { ProxyUser } from "../support/e2e/proxy-user.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";
import type { SiteController } from "./controller.ts";
import { LEASE_SECONDS, type Site } from "./site.ts";

const COUNT_EACH_MS = 500;

export interface LoadReport {
  readonly writer: WriterReport;
  /** Answers of the proxy that were not 200, and requests without one. */
  readonly failures: readonly string[];
  readonly served: number;
  readonly longestRequestMs: number;
  /** Slots with two live containers at one time. */
  readonly doubled: readonly string[];
}

export class Load {
  private readonly doubled = new Set<string>();
  private readonly counting: Promise<void>;
  private stopped = false;
  private report: Promise<LoadReport> | null = null;

  private constructor(
    private readonly site: Site,
    readonly writer: KeyWriter,
    readonly user: ProxyUser,
  ) {
    this.counting = this.count();
  }

  /**
   * Of a cluster that is Ready. Resolves when a write was acknowledged.
   *
   * @param controller whose proxy is used, and who is asked where the members are
   */
  static async start(site: Site, run: string, controller = site.controller): Promise<Load> {
    const writer = await KeyWriter.start({
      run,
      identity: await etcdIdentity(site, controller),
      endpoints: async () =>
        (await controller.object()).status.nodes.map(({ ip }) => clientUrl(ip, TLS)),
    });
    return new Load(site, writer, ProxyUser.start(await controller.jupyterUrl()));
  }

  /** Resolves when both have gone on for a while since now. */
  async untilUsed(): Promise<void> {
    await this.writer.untilAcknowledged(20);
    await this.user.untilServed(20);
  }

  /** The same report each time. */
  stop(): Promise<LoadReport> {
    this.report ??= this.end();
    return this.report;
  }

  private async end(): Promise<LoadReport> {
    this.stopped = true;
    await Promise.all([this.writer.stop(), this.user.stop(), this.counting]);
    const writer = await this.writer.verify();
    await this.writer.close();
    const { failures, served, longestMs } = this.user;
    const longestRequestMs = Math.round(longestMs);
    return { writer, failures, served, longestRequestMs, doubled: [...this.doubled] };
  }

  private async count(): Promise<void> {
    while (!this.stopped) {
      // A host that is switched off meanwhile does not answer; then nothing was seen.
      const found = await this.site.containers().catch(() => []);
      const slots = found.map(({ labels }) => labels[LABELS.slot] ?? "none");
      for (const [i, slot] of slots.entries()) {
        if (slots.indexOf(slot) === i) continue;
        const hosts = found.filter(({ labels }) => labels[LABELS.slot] === slot);
        this.doubled.add(`slot ${slot} on ${hosts.map(({ host }) => host.name).join(" and ")}`);
      }
      await delay(COUNT_EACH_MS);
    }
  }
}

/** What the controller proves itself with to etcd: whoever can read its state may do the same. */
async function etcdIdentity(site: Site, controller: SiteController): Promise<TlsIdentity | null> {
  const key: ClusterKey = clusterKey(site.cluster);
  const memories = site.controllers.length > 1 ? storedMemories(site) : keptMemories(controller);
  const memory = (await memories).get(key);
  if (memory === undefined) throw new Error("the controller has stored nothing of the cluster");
  return new ClusterCertificates(systemClock).ofController(memory);
}

type Memories = ReadonlyMap<ClusterKey, ClusterMemory>;

function keptMemories({ stateDir }: SiteController): Promise<Memories> {
  return new ClusterMemoryStore(join(stateDir, "clusters"), silentLog).loadAll();
}

async function storedMemories(site: Site): Promise<Memories> {
  const target = parseStateTarget(site.store.target);
  if (target.kind !== "etcd") throw new Error("a site's store is an etcd");
  const backend = openEtcd(target, {
    ...{ ttlSeconds: LEASE_SECONDS, masters: site.mesosUrl, waits: true },
    ...{ clock: systemClock, log: silentLog },
  });
  let seen: Memories | null = null;
  const watch = backend.watch(({ memories }) => {
    seen = memories;
  });
  try {
    return await until("what the controllers have stored", () => seen);
  } finally {
    watch.stop();
    await backend.close();
  }
}
