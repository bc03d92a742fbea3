import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { withoutSecrets } from "../../../controller/api/dump.ts";
import { newSecrets } from "../../../controller/certificates/new-secrets.ts";
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { clusterObject, node } from "../cli/cluster-fixture.ts";
import { AUTHORIZED, LAB, NO_OPERATIONS, startApi, TOKEN } from "./harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const SECRETS = Object.values(newSecrets()).filter((secret) => secret !== null);
const ALL = [TOKEN, ...SECRETS];

test("a support bundle has what is known, says what is not, and holds no secret", async () => {
  const { api, published } = await startApi({
    metrics: { contentType: "", metrics: () => Promise.resolve("up 1\n") },
    operations: {
      ...NO_OPERATIONS,
      secrets: () => SECRETS,
      offers: () => [],
      snapshots: () => {
        const message = "This controller stands by.";
        return Promise.reject(new OperationError(ERROR_CODES.NOT_ACTING, "list", message));
      },
      nodeLog: ({ unit, previous }) => {
        if (!previous)
          return Promise.resolve(Readable.from([Buffer.from(`${unit} says ${ALL.join("")}\n`)]));
        const message = "No container before.";
        return Promise.reject(new OperationError(ERROR_CODES.NOT_FOUND, "log", message));
      },
    },
  });
  cleanups.push(() => api.close());
  const message = `it was told ${ALL.join(" and ")}`;
  const event = { type: "Normal" as const, reason: "Told", message, count: 1 };
  const times = { firstTimestamp: "2026-01-02T03:04:05Z", lastTimestamp: "2026-01-02T03:04:05Z" };
  const object = clusterObject({ status: { nodes: [node("lab", 0)] } });
  published.publish(object, [{ ...event, ...times } as never]);
  const answer = await fetch(`${api.url}${LAB}/dump`, { headers: AUTHORIZED });
  expect(answer.headers.get("content-disposition")).toMatch(
    /^attachment; filename="lab-\d{8}T\d{6}Z\.tar\.gz"$/,
  );
  const tar = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString("utf8");
  for (const secret of ALL) {
    for (const line of secret.split("\n").filter((part: string) => part.length >= 16)) {
      expect(tar.includes(line)).toBe(false);
    }
  }
  const files = ["status.json", "cluster.json", "events.json", "history.json", "offers.json"];
  const logs = ["logs/slot-0/etcd.log", "logs/slot-0/jupyter.previous.missing"];
  for (const file of [...files, "metrics.txt", "ready.txt", "snapshots.json", ...logs]) {
    expect(tar).toMatch(new RegExp(`lab-\\d{8}T\\d{6}Z/${file}\\0`));
  }
  expect(tar).toContain("etcd says [redacted]");
  expect(tar).toContain('"missing": "This controller stands by."');
  expect(tar).toContain("it was told [redacted] and ");
});

test("a support bundle is for whoever has the token", async () => {
  const { api, publish } = await startApi();
  cleanups.push(() => api.close());
  publish();
  expect((await fetch(`${api.url}${LAB}/dump`)).status).toBe(401);
});

test.each([
  ["in an address", `http://h/lab?token=${TOKEN}`],
  ["in a header", `Authorization: Bearer ${TOKEN}`],
  ["encoded", encodeURIComponent("a+secret/with=signs0123")],
  ["a key that nobody knows", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
])("a secret %s is left out", (_, text) => {
  const shown = withoutSecrets(text, [TOKEN, "a+secret/with=signs0123"]);
  expect(shown).toContain("[redacted]");
  expect(shown).not.toMatch(/0123|AAAA/);
});
