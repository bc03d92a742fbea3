/**
 * What this machine's Docker Engine says of a cluster's network, volumes and image, polled gently
 * and read without waiting. Only for the embedded Mesos: with agents elsewhere their own engines hold both.
 */
import type Docker from "dockerode";
import { observeImage } from "../docker/images.ts";
import { type HoldingsWanted, observeHoldings } from "../docker/holdings.ts";
import { observeNetwork } from "../docker/networks.ts";
import { messageOf } from "../model/errors.ts";
import type { Holding } from "../model/holdings.ts";
import { type ClusterKey, clusterKey } from "../model/ids.ts";
import {
  fresh,
  type Observed,
  type ObservedImage,
  type ObservedNetwork,
  type Source,
  stale,
  unknown,
} from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { sameData } from "../model/same-data.ts";
import { hasElapsed } from "./has-elapsed.ts";

const POLL_MS = 5_000;
/** An answer older than this is stale. */
const FRESH_MS = 3 * POLL_MS;
/** No difference between two answers. */
const WHEN_READ: ReadonlySet<string> = new Set(["at"]);

export interface DockerFactsOptions {
  readonly docker: Docker;
  readonly clock: Clock;
  readonly log: Logger;
  onChange(key: ClusterKey): void;
}

interface Answer {
  readonly network: ObservedNetwork;
  readonly image: ObservedImage;
  readonly holdings: readonly Holding[];
  readonly at: number;
}

interface Entry {
  readonly wanted: HoldingsWanted;
  readonly image: string;
  askedAt: number;
  asking: boolean;
  answer: Answer | null;
  error: string;
}

export class DockerFacts {
  private readonly entries = new Map<ClusterKey, Entry>();

  constructor(private readonly options: DockerFactsOptions) {}

  /** The last answer; asks again in the background when it is due. */
  observe(
    { metadata, spec }: HoldingsWanted,
    image: string,
  ): Pick<Observed, "network" | "image" | "holdings"> {
    const key = clusterKey(metadata);
    const { network, storage } = spec;
    const entry = this.entryFor(key, { metadata, spec: { network, storage } }, image);
    if (hasElapsed(this.options.clock.now(), entry.askedAt, POLL_MS)) this.ask(key, entry);
    const { answer } = entry;
    if (answer === null) {
      const { error } = entry;
      return { network: unknown(error), image: unknown(error), holdings: unknown(error) };
    }
    const { at } = answer;
    const old = hasElapsed(this.options.clock.now(), at, FRESH_MS);
    const told = <T>(value: T): Source<T> => (old ? stale(value, at) : fresh(value));
    return {
      network: told(answer.network),
      image: told(answer.image),
      holdings: told(answer.holdings),
    };
  }

  /** Something was changed by us: ask now. Resolves when the answer is in. */
  async refresh(key: ClusterKey): Promise<void> {
    const entry = this.entries.get(key);
    if (entry !== undefined) await this.fetch(key, entry);
  }

  forget(key: ClusterKey): void {
    this.entries.delete(key);
  }

  private entryFor(key: ClusterKey, wanted: HoldingsWanted, image: string): Entry {
    const known = this.entries.get(key);
    if (known && known.image === image && sameData(known.wanted.spec, wanted.spec)) return known;
    const entry: Entry = {
      wanted,
      image,
      askedAt: 0,
      asking: false,
      answer: null,
      error: "Docker has not been asked yet",
    };
    this.entries.set(key, entry);
    return entry;
  }

  private ask(key: ClusterKey, entry: Entry): void {
    if (entry.asking) return;
    void this.fetch(key, entry);
  }

  private async fetch(key: ClusterKey, entry: Entry): Promise<void> {
    const { docker, clock, log } = this.options;
    entry.asking = true;
    entry.askedAt = clock.now();
    const before = entry.answer;
    try {
      const [network, image, holdings] = await Promise.all([
        observeNetwork(docker, entry.wanted.spec.network),
        observeImage(docker, entry.image),
        observeHoldings(docker, entry.wanted),
      ]);
      entry.answer = { network, image, holdings, at: clock.now() };
    } catch (error) {
      entry.error = messageOf(error);
      log.warn({ cluster: key, error: entry.error }, "Docker cannot be observed");
    } finally {
      entry.asking = false;
    }
    const same = sameData(before, entry.answer, WHEN_READ);
    if (!same && this.entries.get(key) === entry) this.options.onChange(key);
  }
}
