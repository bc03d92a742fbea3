import { describe, expect, test } from "vitest";
import { keepTls, readKeptTls } from "../../../agent-image/agent/etcd/kept-tls.ts";
import { standingCommand } from "../../../agent-image/agent/etcd/standing-command.ts";
import type { Files } from "../../../agent-image/agent/ports/files.ts";
import type { EtcdData } from "../../../controller/model/agent-api.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const TOKEN = "0".repeat(64);
const resume = { commandId: "t:resume", clusterId: "aa", memberId: "bb", notAfter: NOW + 1 };
const node = (tls: boolean, order: typeof resume | undefined = resume) => ({
  slot: 1,
  etcd: { tls, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
  resume: order,
});
const data = (memberId: string | null, clusterId: string | null): EtcdData => ({
  state: "present",
  memberId,
  clusterId,
  raftIndex: 7,
  raftTerm: 2,
});
const OWN = data("bb", "aa");
const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
const tls = {
  authority: pem("CERTIFICATE"),
  certificate: pem("CERTIFICATE"),
  key: pem("PRIVATE KEY"),
  notAfter: NOW + 2 * HOUR_MS,
};

describe("the order that a node was launched with", () => {
  const etcd = { mode: "resume", memberName: "slot-1", clusterId: "aa" };

  test("is a start command on the very data that it names", () => {
    const facts = { data: OWN, tls: null, now: NOW };
    expect(standingCommand(node(false), facts)).toEqual({ commandId: "t:resume", etcd, tls: null });
  });

  test("brings the certificate of the last container along", () => {
    expect(standingCommand(node(true), { data: OWN, tls, now: NOW })).toMatchObject({ etcd, tls });
  });

  test.each<[string, Parameters<typeof standingCommand>, string]>([
    [
      "that is too old",
      [node(false), { data: OWN, tls, now: resume.notAfter }],
      "the order is too old",
    ],
    [
      "on an empty directory",
      [node(false), { data: { state: "empty" }, tls, now: NOW }],
      "the data is empty",
    ],
    [
      "on broken data",
      [node(false), { data: { state: "corrupt", reason: "crc" }, tls, now: NOW }],
      "the data is corrupt",
    ],
    [
      "on another member's data",
      [node(false), { data: data("cc", "aa"), tls, now: NOW }],
      "the data is that of member cc of cluster aa",
    ],
    [
      "on another cluster's data",
      [node(false), { data: data("bb", "ff"), tls, now: NOW }],
      "the data is that of member bb of cluster ff",
    ],
    [
      "on data of nobody knows whom",
      [node(false), { data: data(null, null), tls, now: NOW }],
      "the data is that of member null of cluster null",
    ],
    [
      "without a certificate",
      [node(true), { data: OWN, tls: null, now: NOW }],
      "no certificate of the last container is left",
    ],
    [
      "with a certificate that ends within the hour",
      [node(true), { data: OWN, tls: { ...tls, notAfter: NOW + HOUR_MS - 1 }, now: NOW }],
      "no certificate of the last container is left",
    ],
    [
      "of nobody",
      [
        { ...node(false), resume: undefined },
        { data: OWN, tls, now: NOW },
      ],
      "there is no order",
    ],
  ])("%s leaves the node waiting", (_, [config, facts], why) => {
    expect(standingCommand(config, facts)).toBe(why);
  });
});

describe("what is kept of a certificate", () => {
  async function readBack(token: string, change: (text: string) => string = (text) => text) {
    let text: string | null = null;
    const files: Pick<Files, "read" | "write"> = {
      read: async () => text,
      write: async (_path, written, { mode }) => {
        expect(mode).toBe(0o600);
        text = change(written);
      },
    };
    await keepTls(files, TOKEN, tls);
    return readKeptTls(files, token);
  }

  test("is read by the slot's next container", async () => {
    expect(await readBack(TOKEN)).toEqual(tls);
  });

  test("is nothing to a node of a cluster that was made anew", async () => {
    expect(await readBack("1".repeat(64))).toBeNull();
  });

  test.each<[string, (text: string) => string]>([
    ["cut short", (text) => text.slice(0, 40)],
    ["empty", () => ""],
    ["of another shape", () => "[]"],
    ["with words around the key", (text) => text.replace('"key":"', '"key":"x')],
  ])("is nothing when it is %s", async (_, change) => {
    expect(await readBack(TOKEN, change)).toBeNull();
  });
});
