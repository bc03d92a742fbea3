/**
 * Keeps the proxies of one that stands by at their addresses. On the host of the acting controller
 * these are taken, which is no error: each is had as soon as it is free.
 */
import type { ClusterKey } from "../model/ids.ts";
import { OperationError } from "../model/errors.ts";
import type { ClusterMemory } from "../model/memory.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { type ProxySettings, proxySettings } from "../model/proxy-settings.ts";
import { sameData } from "../model/same-data.ts";
import { isFree } from "../support/listen.ts";
import { pause } from "../support/pause.ts";
import type { Serving } from "./serving.ts";

/** How long an address that has become free may stay so. A look costs some 50 µs. Milliseconds. */
const LOOK_MS = 10;
/** One that cannot be had for another reason, such as a host's that is not ours. Milliseconds. */
const HOPELESS_MS = 1_000;

interface Place {
  readonly memory: ClusterMemory;
  readonly wanted: ProxySettings;
  readonly left: AbortController;
  /** Resolves when its address is had, or nothing more is tried. */
  readonly taken: Promise<void>;
}

export class ProxyPlaces {
  private readonly places = new Map<ClusterKey, Place>();

  constructor(
    private readonly options: {
      readonly serving: Serving;
      readonly clock: Clock;
      readonly log: Logger;
    },
  ) {}

  /** Idempotent; other settings take the place of those before. */
  keep(key: ClusterKey, memory: ClusterMemory): void {
    const wanted = proxySettings(memory.cluster.spec);
    const before = this.places.get(key);
    if (before !== undefined && sameData(before.wanted, wanted)) {
      this.places.set(key, { ...before, memory });
      return;
    }
    before?.left.abort();
    const left = new AbortController();
    const earlier = before?.taken ?? Promise.resolve();
    const taken = earlier.then(() => this.take(key, wanted, left.signal));
    this.places.set(key, { memory, wanted, left, taken });
  }

  /** Resolves when nothing more is tried. What listens goes on. */
  async leave(key: ClusterKey): Promise<void> {
    const place = this.places.get(key);
    this.places.delete(key);
    place?.left.abort();
    await place?.taken;
  }

  /** Tries no more for any of them. */
  stop(): void {
    for (const key of [...this.places.keys()]) void this.leave(key);
  }

  private async take(key: ClusterKey, wanted: ProxySettings, signal: AbortSignal): Promise<void> {
    const { serving, clock, log } = this.options;
    const address = { host: wanted.address, port: wanted.port };
    let told = false;
    while (!signal.aborted) {
      const problem = await this.tryOnce(key, wanted);
      if (problem === null) {
        const memory = this.places.get(key)?.memory;
        if (memory !== undefined) serving.follow(memory);
        if (told) log.info({ cluster: key, ...address }, "proxy has taken its address");
        return;
      }
      if (!told) {
        log.info(
          { cluster: key, ...address, reason: problem.message },
          "proxy waits for its address",
        );
      }
      told = true;
      const isTaken = (problem.cause as NodeJS.ErrnoException | undefined)?.code === "EADDRINUSE";
      if (!isTaken) await pause(clock, HOPELESS_MS, signal);
      // A whole proxy for each look would be a waste.
      while (isTaken && !signal.aborted && !(await isFree(address))) {
        await pause(clock, LOOK_MS, signal);
      }
    }
  }

  private async tryOnce(key: ClusterKey, wanted: ProxySettings): Promise<OperationError | null> {
    try {
      await this.options.serving.proxies.ensure(key, wanted);
      return null;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      return error;
    }
  }
}
