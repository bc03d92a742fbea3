/**
 * What this machine's Docker Engine says of a cluster's network and image, polled gently and read
 * without waiting. Only for the embedded Mesos: with agents elsewhere their own engines hold both.
 */
import type Docker from "dockerode";
import { observeImage } from "../docker/images.ts";
import { observeNetwork } from "../docker/networks.ts";
import { messageOf } from "../model/errors.ts";
import type { ClusterKey } from "../model/ids.ts";
import {
  fresh,
  type ObservedImage,
  type ObservedNetwork,
  type Source,
  stale,
  unknown,
} from "../model/observed.ts";
import type { Clock, Logger } from "../model/ports.ts";
import { sameData } from "../model/same-data.ts";
import type { ClusterSpec } from "../../crd-schema/spec.ts";
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

interface Entry {
  network: ClusterSpec["network"];
  image: string;
  askedAt: number;
  asking: boolean;
  answer: { network: ObservedNetwork; image: ObservedImage; at: number } | null;
  error: string;
}

export class DockerFacts {
  private readonly entries = new Map<ClusterKey, Entry>();

  constructor(private readonly options: DockerFactsOptions) {}

  /** The last answer; asks again in the background when it is due. */
  observe(
    key: ClusterKey,
    network: ClusterSpec["network"],
    image: string,
  ): { network: Source<ObservedNetwork>; image: Source<ObservedImage> } {
    const entry = this.entryFor(key, network, image);
    if (hasElapsed(this.options.clock.now(), entry.askedAt, POLL_MS)) this.ask(key, entry);
    const { answer } = entry;
    if (answer === null) return { network: unknown(entry.error), image: unknown(entry.error) };
    if (hasElapsed(this.options.clock.now(), answer.at, FRESH_MS)) {
      return { network: stale(answer.network, answer.at), image: stale(answer.image, answer.at) };
    }
    return { network: fresh(answer.network), image: fresh(answer.image) };
  }

  /** Something was changed by us: ask now. Resolves when the answer is in. */
  async refresh(key: ClusterKey): Promise<void> {
    const entry = this.entries.get(key);
    if (entry !== undefined) await this.fetch(key, entry);
  }

  forget(key: ClusterKey): void {
    this.entries.delete(key);
  }

  private entryFor(key: ClusterKey, network: ClusterSpec["network"], image: string): Entry {
    const known = this.entries.get(key);
    if (known && known.image === image && sameData(known.network, network)) return known;
    const entry: Entry = {
      network,
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
      const [network, image] = await Promise.all([
        observeNetwork(docker, entry.network),
        observeImage(docker, entry.image),
      ]);
      entry.answer = { network, image, at: clock.now() };
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
