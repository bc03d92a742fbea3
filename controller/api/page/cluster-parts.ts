/** What of a cluster has changed since pages were last told of it. */
import type { ClusterChange } from "../../model/page-stream.ts";
import type { ClusterEvent, JupyterClusterObject } from "../../model/resource.ts";

/** As text, part by part, for what is equal as text need not be sent again. */
export class ClusterParts {
  private parts: ReadonlyMap<string, string>;
  private events: ReadonlySet<string>;

  constructor(
    private readonly key: string,
    object: JupyterClusterObject,
    events: readonly ClusterEvent[],
  ) {
    this.parts = partsOf(object);
    this.events = new Set(events.map((event) => JSON.stringify(event)));
  }

  /** Null: nothing that a page shows. */
  changeTo(object: JupyterClusterObject, events: readonly ClusterEvent[]): ClusterChange | null {
    const before = this.parts;
    const after = partsOf(object);
    const changed = [...after.keys()].filter((part) => after.get(part) !== before.get(part));
    const gone = [...before.keys()].filter((part) => !after.has(part));
    const told = events.map((event) => JSON.stringify(event));
    const fresh = events.filter((_, i) => !this.events.has(told[i] as string));
    this.parts = after;
    this.events = new Set(told);
    if (changed.length + gone.length + fresh.length === 0) return null;
    const status = Object.entries(object.status).filter(([part]) => changed.includes(part));
    return {
      key: this.key,
      ...(changed.includes(METADATA) ? { metadata: object.metadata } : {}),
      ...(changed.includes(SPEC) ? { spec: object.spec } : {}),
      status: Object.fromEntries(status),
      gone,
      events: fresh,
      eventCount: events.length,
    };
  }
}

/** No field of the status is called so. */
const METADATA = "/metadata";
const SPEC = "/spec";

function partsOf({ metadata, spec, status }: JupyterClusterObject): Map<string, string> {
  // Each publication has a version of its own: by itself it is no news.
  const { resourceVersion: _, ...lasting } = metadata;
  const parts = Object.entries({ [METADATA]: lasting, [SPEC]: spec, ...status });
  return new Map(
    parts.flatMap(([part, value]) => (value === undefined ? [] : [[part, JSON.stringify(value)]])),
  );
}
