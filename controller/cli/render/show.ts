/** Shows on stderr how the clusters come up, and what happens to them afterwards. */
import { colorsFor } from "../context.ts";
import { elapsedSeconds } from "./units.ts";
import { EventLog } from "./event-log.ts";
import { LiveView } from "./live-view.ts";
import { standingOf } from "./standing.ts";
import { foldProgress, isReady, NOTHING_ANNOUNCED } from "./progress.ts";
import { clusterKey } from "../../model/ids.ts";
import type { CliContext } from "../context.ts";
import type { Announced } from "./progress.ts";
import type { ClusterKey } from "../../model/ids.ts";
import type { PublishedClusters } from "../../model/ports.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";

const REDRAW_MS = 100;

export interface Show {
  /** Resolves when every cluster of the spec is Ready (or suspended, as it wants). */
  readonly allReady: Promise<readonly JupyterClusterObject[]>;
  stop(): void;
}

/**
 * @param clusterCount how many clusters the spec has: not Ready before all were published
 * @param startedAt from when on seconds are counted
 */
export function startShow(
  context: CliContext,
  published: PublishedClusters,
  clusterCount: number,
  startedAt: number,
): Show {
  const settled = () => {
    const clusters = published.list();
    return clusters.length >= clusterCount && clusters.every((c) => isReady(c) || isSuspended(c));
  };
  let announce: (clusters: readonly JupyterClusterObject[]) => void = () => {};
  const allReady = new Promise<readonly JupyterClusterObject[]>((resolve) => {
    announce = resolve;
  });
  const narrator = new Narrator(context, published, startedAt);
  const view = context.stderr.isTTY ? new LiveView(context, startedAt) : null;
  let live = true;

  const update = () => {
    if (live && view !== null) view.draw(published.list());
    if (live && view === null) narrator.tellProgress();
    if (!live) narrator.tellEvents();
    if (!live || !settled()) return;
    live = false;
    view?.leave();
    narrator.skipToNow();
    announce(published.list());
  };
  const unsubscribe = published.subscribe(update);
  const timer = view === null ? null : setInterval(() => live && update(), REDRAW_MS);
  update();
  return {
    allReady,
    stop: () => {
      unsubscribe();
      if (timer !== null) clearInterval(timer);
    },
  };
}

function isSuspended({ status }: JupyterClusterObject): boolean {
  return status.phase === "Suspended";
}

/** Says each thing once, a line each, with the seconds since the start. */
class Narrator {
  readonly #context: CliContext;
  readonly #published: PublishedClusters;
  readonly #startedAt: number;
  readonly #told = new Map<ClusterKey, Announced>();
  readonly #standing = new Map<ClusterKey, string>();
  readonly #events = new EventLog();

  constructor(context: CliContext, published: PublishedClusters, startedAt: number) {
    this.#context = context;
    this.#published = published;
    this.#startedAt = startedAt;
  }

  tellProgress(): void {
    for (const cluster of this.#published.list()) {
      const key = clusterKey(cluster.metadata);
      const { told, lines } = foldProgress(this.#told.get(key) ?? NOTHING_ANNOUNCED, cluster);
      this.#told.set(key, told);
      for (const line of lines) this.#say(cluster.metadata.name, line);
    }
  }

  tellEvents(): void {
    const { yellow } = colorsFor(this.#context, this.#context.stderr);
    for (const cluster of this.#published.list()) {
      const key = clusterKey(cluster.metadata);
      for (const event of this.#events.news(key, this.#published.events(key))) {
        const reason = event.type === "Warning" ? yellow(event.reason) : event.reason;
        this.#say(cluster.metadata.name, `${reason}: ${event.message}`);
      }
      this.#tellStanding(key, cluster);
    }
  }

  #tellStanding(key: ClusterKey, cluster: JupyterClusterObject): void {
    const standing = standingOf(cluster);
    if (standing === null || standing.key === this.#standing.get(key)) return;
    const first = !this.#standing.has(key);
    this.#standing.set(key, standing.key);
    if (!first) this.#say(cluster.metadata.name, standing.line);
  }

  /** What has happened so far is not told as news, and how it stands now neither. */
  skipToNow(): void {
    for (const cluster of this.#published.list()) {
      const key = clusterKey(cluster.metadata);
      this.#events.news(key, this.#published.events(key));
      this.#tellStanding(key, cluster);
    }
  }

  #say(cluster: string, text: string): void {
    const elapsed = elapsedSeconds(this.#context.now() - this.#startedAt);
    this.#context.stderr.write(`[${elapsed}] ${cluster}: ${text}\n`);
  }
}
