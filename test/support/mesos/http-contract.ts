/** What any master answers over HTTP, whatever its agents do. */
import { type Answer, RawScheduler, send } from "../mesos-local/raw-scheduler.ts";

const PATH = "/api/v1/scheduler";
const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json" };
const SUBSCRIBE = { type: "SUBSCRIBE", subscribe: { framework_info: { user: "u", name: "n" } } };

type Refusal = readonly [what: string, status: number, request: (url: string) => Promise<Answer>];

/** Nothing comes of them. */
export const REFUSALS: readonly Refusal[] = [
  ["GET", 405, (url) => send(`${url}${PATH}`, "", JSON_HEADERS, "GET")],
  ["no content type", 400, posting(SUBSCRIBE, {})],
  ["a charset", 415, posting(SUBSCRIBE, { "Content-Type": "application/json; charset=utf-8" })],
  ["another content type", 415, posting(SUBSCRIBE, { "Content-Type": "text/plain" })],
  [
    "SUBSCRIBE that accepts no JSON",
    406,
    posting(SUBSCRIBE, { "Content-Type": "application/json", Accept: "text/html" }),
  ],
  [
    "SUBSCRIBE with a stream id",
    400,
    posting(SUBSCRIBE, { ...JSON_HEADERS, "Mesos-Stream-Id": "x" }),
  ],
  ["bad JSON", 400, posting("{", JSON_HEADERS)],
  [
    "a call of an unknown framework",
    400,
    posting({ type: "REVIVE", framework_id: { value: "x" } }, JSON_HEADERS),
  ],
];

/** @returns the statuses of a call with no, a wrong and the right stream id */
export async function statusesByStreamId(url: string): Promise<number[]> {
  const scheduler = await RawScheduler.subscribe(url);
  const body = { type: "SUPPRESS", framework_id: { value: scheduler.frameworkId } };
  const statuses: number[] = [];
  for (const headers of [{}, { "Mesos-Stream-Id": "other" }]) {
    statuses.push((await send(`${url}${PATH}`, body, { ...JSON_HEADERS, ...headers })).status);
  }
  statuses.push((await scheduler.call("SUPPRESS")).status);
  await scheduler.call("TEARDOWN");
  return statuses;
}

export async function answersToBogusIds(url: string): Promise<readonly Answer[]> {
  const scheduler = await RawScheduler.subscribe(url);
  const bogus = { value: "bogus" };
  const answers = await Promise.all([
    scheduler.call("DECLINE", { decline: { offer_ids: [bogus] } }),
    scheduler.call("KILL", { kill: { task_id: bogus } }),
  ]);
  await scheduler.call("TEARDOWN");
  return answers;
}

function posting(body: unknown, headers: Record<string, string>) {
  return (url: string) => send(`${url}${PATH}`, body, headers);
}
