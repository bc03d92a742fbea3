/** What the page draws lines of, read now from what this process sees, in whichever role. */
import type { LeaderCandidate } from "./model/leader.ts";
import type { Readings } from "./model/page-stream.ts";
import type { ProcessSite } from "./process-site.ts";

/** By `namespace/name`. */
export function pageReadings({
  keeper,
  serving,
}: Pick<ProcessSite, "keeper" | "serving">): ReadonlyMap<string, Readings> {
  const proxies = new Map(serving.proxies.stats().map(({ key, stats }) => [key, stats]));
  return new Map(
    [...keeper.memories()].map(([key, memory]) => {
      const proxy = proxies.get(key);
      const told = {
        requests: proxy?.requests ?? null,
        webSockets: proxy?.webSockets ?? null,
        ...nodeReadings(serving.candidates(memory)),
      };
      return [key, told];
    }),
  );
}

function nodeReadings(
  candidates: readonly LeaderCandidate[],
): Pick<Readings, "revision" | "databaseBytes" | "nodes"> {
  const heard = candidates.filter(({ agent }) => agent !== null);
  const members = heard.flatMap(({ agent }) => agent?.etcd ?? []);
  const greatest = (values: readonly number[]) =>
    values.length === 0 ? null : Math.max(...values);
  return {
    revision: greatest(members.map(({ revision }) => revision)),
    databaseBytes: greatest(members.map(({ dbSizeBytes }) => dbSizeBytes)),
    nodes: heard.length,
  };
}
