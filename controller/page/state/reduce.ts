/** What the page knows, after each thing that it is told. Pure. */
import {
  type ClusterChange,
  eventId,
  type PageCluster,
  type PageController,
  type PageFrames,
  type PageState,
  SAMPLES_MAX,
  type Sample,
} from "../../model/page-stream.ts";
import type { ClusterEvent, JupyterClusterObject } from "../../model/resource.ts";

export interface PageModel {
  /** Null: nothing was told yet. */
  readonly controller: PageController | null;
  /** By `namespace/name`, in that order. */
  readonly clusters: ReadonlyMap<string, PageCluster>;
  /** Oldest first. */
  readonly samples: readonly Sample[];
}

export const NOTHING: PageModel = { controller: null, clusters: new Map(), samples: [] };

/** One of the stream's events, its type and its data. */
export type Frame = {
  readonly [T in keyof PageFrames]: { readonly type: T; readonly data: PageFrames[T] };
}[keyof PageFrames];

export function reduce(model: PageModel, frame: Frame): PageModel {
  switch (frame.type) {
    case "state":
      return modelOf(frame.data);
    case "cluster":
      return { ...model, clusters: changed(model.clusters, frame.data) };
    case "gone": {
      const rest = [...model.clusters].filter(([key]) => key !== frame.data.key);
      return { ...model, clusters: new Map(rest) };
    }
    case "controller":
      return { ...model, controller: frame.data };
    case "sample":
      return { ...model, samples: [...model.samples, frame.data].slice(-SAMPLES_MAX) };
  }
}

/** The same as a `state`, for a page that comes later. */
export function stateOf({ controller, clusters, samples }: PageModel): PageState | null {
  return controller === null ? null : { controller, clusters: [...clusters.values()], samples };
}

function modelOf({ controller, clusters, samples }: PageState): PageModel {
  return {
    controller,
    clusters: new Map(clusters.map((one) => [keyOf(one.object), one])),
    samples,
  };
}

function changed(clusters: PageModel["clusters"], change: ClusterChange): PageModel["clusters"] {
  const before = clusters.get(change.key);
  const object = changedObject(before?.object ?? null, change);
  // A part of what is not there: the next `state` brings it whole.
  if (object === null) return clusters;
  const events = withNews(before?.events ?? [], change.events).slice(
    -change.eventCount || Infinity,
  );
  const all = [...clusters].filter(([key]) => key !== change.key);
  const next = [...all, [change.key, { object, events }] as const];
  return new Map(next.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function changedObject(
  before: JupyterClusterObject | null,
  { metadata, spec, status, gone }: ClusterChange,
): JupyterClusterObject | null {
  if (before === null && (metadata === undefined || spec === undefined)) return null;
  const fields = Object.entries({ ...before?.status, ...status });
  const there = fields.filter(([field]) => !gone.includes(field));
  return {
    ...(before ?? { apiVersion: "jupytercluster.dev/v1alpha1", kind: "JupyterCluster" }),
    metadata: metadata ?? before?.metadata,
    spec: spec ?? before?.spec,
    status: Object.fromEntries(there),
  } as unknown as JupyterClusterObject;
}

function withNews(
  events: readonly ClusterEvent[],
  news: readonly ClusterEvent[],
): readonly ClusterEvent[] {
  if (news.length === 0) return events;
  const again = new Set(news.map(eventId));
  return [...events.filter((event) => !again.has(eventId(event))), ...news];
}

function keyOf({ metadata: { namespace, name } }: JupyterClusterObject): string {
  return `${namespace}/${name}`;
}
