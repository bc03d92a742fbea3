import { expect, it } from "vitest";
import { readNews } from "../../../../agent-image/agent/kernels/keeper-news.ts";

const ports = { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 };
const front = { term: 4, ip: "10.0.0.1", ports, serverKey: "s".repeat(40), key: "k" };

it.each([
  [{ started: { pid: 12 } }, { type: "started", pid: 12 }],
  [{ front }, { type: "front", front }],
  [
    { state: "busy", since: 1 },
    { type: "state", state: "busy" },
  ],
  [{ exit: { code: 3, signal: null, at: 1 } }, { type: "exit", code: 3, signal: null }],
  [{ refused: { order: "front", message: "no" } }, { type: "refused", message: "no" }],
])("reads %j", (line, news) => {
  expect(readNews(JSON.stringify(line))).toEqual(news);
});

it.each(["", "{", "[]", "{}", '{"state":"dead"}', '{"front":{"term":1}}', '{"started":{"pid":0}}'])(
  "takes %j for nothing",
  (line) => {
    expect(readNews(line)).toBeNull();
  },
);
