/** The logs of all units of all nodes as one, in the order in which the lines came. */
import type { ApiClient } from "./api-client.ts";
import type { LogQuery } from "./log-query.ts";
import { nodeTitle } from "./node-lookup.ts";
import { LOG_UNITS, type LogUnit } from "../../model/agent-api.ts";
import { messageOf, OperationError } from "../../model/errors.ts";
import type { JupyterClusterObject, NodeStatus } from "../../model/resource.ts";

/** One unit's log, and what is asked of it. */
interface Source {
  readonly node: NodeStatus;
  readonly unit: LogUnit;
}

interface Line {
  /** RFC 3339; empty: a node of a release before gives none. */
  readonly time: string;
  readonly text: string;
}

export interface MergedLogs {
  /** `TIME NODE UNIT what was said`, without newlines. */
  readonly lines: readonly string[];
  /** Units whose log could not be had, and why. */
  readonly missing: readonly string[];
}

type Wanted = Omit<LogQuery, "unit" | "follow" | "timestamps">;

export async function mergedLogs(
  client: ApiClient,
  cluster: JupyterClusterObject,
  wanted: Wanted,
): Promise<MergedLogs> {
  const missing: string[] = [];
  const read = async (source: Source): Promise<readonly Line[]> => {
    try {
      const text = await textOf(client, cluster, source, wanted);
      return timed(text).map(({ time, text: said }) => ({ time, text: told(source, time, said) }));
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      missing.push(`${nodeTitle(source.node)} ${source.unit}: ${messageOf(error)}`);
      return [];
    }
  };
  // One node after the other: four logs at a time are enough for an agent and for us.
  const lines: Line[] = [];
  for (const node of cluster.status.nodes) {
    const units = LOG_UNITS.map((unit) => ({ node, unit }));
    for (const some of await Promise.all(units.map(read))) lines.push(...some);
  }
  // Of equal times the order stays; so do the lines of one unit.
  const sorted = lines.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return { lines: sorted.map(({ text }) => text), missing };
}

/** Calls back with lines as they come, until the controller ends it. */
export async function followLogs(
  client: ApiClient,
  cluster: JupyterClusterObject,
  wanted: Wanted,
  onLine: (line: string) => void,
): Promise<void> {
  const sources = cluster.status.nodes.flatMap((node) => LOG_UNITS.map((unit) => ({ node, unit })));
  const follow = async (source: Source) => {
    const query = { ...wanted, unit: source.unit, follow: true, timestamps: true };
    let rest = "";
    for await (const chunk of client.log(cluster.metadata, slotOf(source), query)) {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const { time, text } of timed(lines.join("\n"))) onLine(told(source, time, text));
    }
  };
  await Promise.all(sources.map(follow));
}

async function textOf(
  client: ApiClient,
  cluster: JupyterClusterObject,
  source: Source,
  wanted: Wanted,
): Promise<string> {
  const query = { ...wanted, unit: source.unit, follow: false, timestamps: true };
  const chunks: Buffer[] = [];
  for await (const chunk of client.log(cluster.metadata, slotOf(source), query)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** By slot: the name may move to another node while its log is read. */
function slotOf({ node }: Source): string {
  return `slot-${node.slot}`;
}

/** A line without a time came when the one before it came. */
function timed(text: string): Line[] {
  let last = "";
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, time, said] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (.*)$/s.exec(line) ?? [];
      last = time ?? last;
      return { time: last, text: said ?? line };
    });
}

function told({ node, unit }: Source, time: string, text: string): string {
  const name = node.name ?? `slot-${node.slot}`;
  return `${time.padEnd(24)} ${name} ${unit.padEnd(7)} ${text}`;
}
