import type { LogUnit } from "../../model/agent-api.ts";

/** As the API takes it: seconds before now, or a time. */
export type Since = { readonly sinceSeconds: number } | { readonly sinceTime: string };

export interface LogQuery {
  readonly unit: LogUnit;
  /** Lines from the end; null: as the agent thinks fit. */
  readonly tail: number | null;
  readonly follow: boolean;
  /** Of the container before. */
  readonly previous: boolean;
  readonly since: Since | null;
  /** Each line begins with its time. */
  readonly timestamps: boolean;
}

/** As the API takes it. */
export function logParameters(query: LogQuery): Record<string, string> {
  const { unit, follow, tail, previous, since, timestamps } = query;
  return {
    ...{ unit, follow: String(follow) },
    ...(tail === null ? {} : { tail: String(tail) }),
    ...(previous ? { previous: "true" } : {}),
    ...(timestamps ? { timestamps: "true" } : {}),
    ...Object.fromEntries(Object.entries(since ?? {}).map(([key, value]) => [key, String(value)])),
  };
}
