/** What a node uses, as its agent reads it now. */
import { messageOf } from "../model/errors.ts";
import type { NodeUsage } from "../model/node-usage.ts";
import { oneLine } from "../model/one-line.ts";
import { Checker } from "../support/checker.ts";
import { agentClient, authorization, shortText } from "./agent-http.ts";
import type { AgentTarget } from "./connection.ts";

const ANSWER_MS_MAX = 1_500;
const BODY_BYTES_MAX = 4 * 1024;
const MAX = Number.MAX_SAFE_INTEGER;

export type UsageReading =
  | { readonly usage: NodeUsage }
  /** Why there is none. */
  | { readonly problem: string };

/** Bounded in time; never throws: a node that does not tell is told as such. */
export async function readUsage(target: AgentTarget): Promise<UsageReading> {
  const client = agentClient(target, { headersMs: ANSWER_MS_MAX, bodyMs: ANSWER_MS_MAX });
  try {
    const { statusCode, body } = await client.request({
      method: "GET",
      path: "/v1/usage",
      headers: authorization(target.token),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const text = await shortText(body, BODY_BYTES_MAX);
    if (statusCode === 404) return { problem: "its agent is of a release that does not tell" };
    if (statusCode !== 200) return { problem: `its agent answers ${statusCode}` };
    return { usage: parse(JSON.parse(text)) };
  } catch (error) {
    // What it answered may stand in it.
    return { problem: oneLine(`its agent does not answer: ${messageOf(error)}`) };
  } finally {
    await client.destroy();
  }
}

/** @throws CheckError: what is root in a container is no friend by that. */
function parse(value: unknown): NodeUsage {
  const checked = new Checker(value, "usage");
  const isSeconds = (v: unknown) => typeof v === "number" && v >= 0 && v <= MAX;
  const disk = checked.nullableObject("disk");
  return {
    cpuSeconds: checked.check("cpuSeconds", "a number of seconds", isSeconds) as number,
    memoryBytes: checked.integer("memoryBytes", 0, MAX),
    memoryLimitBytes: checked.holds("memoryLimitBytes", (v) => v === null)
      ? null
      : checked.integer("memoryLimitBytes", 0, MAX),
    disk: disk && {
      usedBytes: disk.integer("usedBytes", 0, MAX),
      sizeBytes: disk.integer("sizeBytes", 0, MAX),
    },
  };
}
