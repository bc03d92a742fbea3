/** The specs that were in force: a list, what differs between two, and the way back to one. */
import { createTwoFilesPatch } from "diff";
import { stringify } from "yaml";
import { type SpecGeneration, specChanges } from "../model/generation.ts";
import { API_VERSION } from "../model/resource.ts";
import { sameData } from "../model/same-data.ts";
import type { ClusterRoutes } from "./clusters.ts";
import { type ApiExchange, sendJson, sendText } from "./exchange.ts";
import type { SpecWriter } from "./kubernetes/write/writer.ts";
import type { ApiOperations, SpecHistory } from "./operations.ts";
import { readJsonObject, wholeNumberOf } from "./requests.ts";
import type { Route } from "./router.ts";
import { StatusError } from "./status-error.ts";

export class HistoryRoutes {
  constructor(
    private readonly operations: Pick<ApiOperations, "history">,
    private readonly clusters: ClusterRoutes,
    private readonly writer: SpecWriter,
  ) {}

  routes(one: string): Route[] {
    return [
      { method: "GET", path: `${one}/history`, handler: this.list },
      { method: "GET", path: `${one}/diff`, handler: this.diff },
      { method: "POST", path: `${one}/undo`, authorized: true, handler: this.undo },
    ];
  }

  /** Oldest first; the last one is in force. */
  private readonly list = (exchange: ApiExchange): void => {
    const { generations } = this.operations.history(this.clusters.find(exchange));
    const items = generations.map(({ generation, at, spec }, i) => {
      const before = generations[i - 1];
      const changes = before === undefined ? null : specChanges(before.spec, spec);
      return { generation, at: at === null ? null : new Date(at).toISOString(), changes, spec };
    });
    sendJson(exchange, { kind: "SpecHistory", apiVersion: API_VERSION, metadata: {}, items });
  };

  /** As a unified diff of YAML, keys sorted; empty: they say the same. */
  private readonly diff = (exchange: ApiExchange): void => {
    const history = this.operations.history(this.clusters.find(exchange));
    const { query } = exchange;
    const to = numberOf(query, "to") ?? history.generations.at(-1)?.generation ?? 0;
    const after = find(history, to);
    const from = numberOf(query, "from") ?? beforeOf(history, to).generation;
    const before = find(history, from);
    sendText(exchange, difference(before, after), "text/plain; charset=utf-8");
  };

  private readonly undo = async (exchange: ApiExchange): Promise<void> => {
    const cluster = this.clusters.find(exchange);
    const wanted = generationIn(await readJsonObject(exchange.request));
    await this.writer.inTurn(cluster.metadata, async () => {
      const before = this.clusters.find(exchange);
      const history = this.operations.history(before);
      const { spec } = targetOf(history, wanted);
      sendJson(exchange, await this.writer.putBack(before, spec));
    });
  };
}

/** @throws StatusError NotFound, Conflict */
function targetOf(history: SpecHistory, wanted: number | null): SpecGeneration {
  const current = history.generations.at(-1);
  // A file that is refused goes back to what is in force still.
  if (wanted === null && history.isBroken && current !== undefined) return current;
  const target =
    wanted === null ? beforeOf(history, current?.generation ?? 0) : find(history, wanted);
  if (current === undefined || history.isBroken || !sameData(current.spec, target.spec)) {
    return target;
  }
  const message = `What generation ${target.generation} says is in force already.`;
  throw new StatusError("Conflict", message);
}

function difference(before: SpecGeneration, after: SpecGeneration): string {
  const text = ({ spec }: SpecGeneration) => stringify({ spec }, { sortMapEntries: true });
  if (text(before) === text(after)) return "";
  const [from, to] = [before, after].map(({ generation }) => `generation ${generation}`);
  return createTwoFilesPatch(from ?? "", to ?? "", text(before), text(after), "", "", {
    headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
  });
}

/** @throws StatusError NotFound */
function find(history: SpecHistory, generation: number): SpecGeneration {
  const found = history.generations.find((one) => one.generation === generation);
  if (found !== undefined) return found;
  const there = history.generations.map((one) => one.generation).join(", ");
  throw new StatusError("NotFound", `There is no generation ${generation}; kept are: ${there}.`);
}

/** @throws StatusError NotFound */
function beforeOf({ generations }: SpecHistory, generation: number): SpecGeneration {
  const found = generations.findLast((one) => one.generation < generation);
  if (found !== undefined) return found;
  throw new StatusError("NotFound", `No generation before ${generation} is kept.`);
}

function numberOf(query: URLSearchParams, name: string): number | null {
  return wholeNumberOf(query, name, 1, Number.MAX_SAFE_INTEGER);
}

/** @throws StatusError BadRequest */
function generationIn({ generation = null, ...others }: Record<string, unknown>): number | null {
  const isNumber = Number.isSafeInteger(generation) && (generation as number) > 0;
  if (Object.keys(others).length === 0 && (generation === null || isNumber)) {
    return generation as number | null;
  }
  const message = 'The body is {"generation": number} or {}, the one before, and nothing else.';
  throw new StatusError("BadRequest", message);
}
