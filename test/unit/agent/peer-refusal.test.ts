/** What etcd logs of a peer that it does not let in, and what a person reads of it. */
import { describe, expect, test } from "vitest";
import { etcdProblem } from "../../../agent-image/agent/etcd/etcd-problem.ts";
import { parseLogLine } from "../../../agent-image/agent/etcd/log-line.ts";
import { refusalText } from "../../../agent-image/agent/etcd/peer-refusal.ts";
import { eventsOf } from "./etcd-log.ts";

/** Logged by a real etcd behind a firewall's rule that gave its peer the bridge's address. */
const TRANSLATED = {
  level: "warn",
  ts: "2026-12-01T02:50:57.637884Z",
  caller: "embed/config_logging.go:161",
  msg: "rejected connection on peer endpoint",
  "remote-addr": "172.31.86.1:58634",
  "server-name": "",
  "ip-addresses": ["172.31.86.11", "127.0.0.1"],
  "dns-names": ["localhost", "e2e-fa-slot-1", "etcd-member"],
  error:
    'tls: "172.31.86.1" does not match any of DNSNames ["localhost" "e2e-fa-slot-1" "etcd-member"]',
};

function textOf(fields: object): string | null {
  const [event] = eventsOf([JSON.stringify(fields)]);
  if (event?.type !== "peer-refused") throw new Error(`read as ${JSON.stringify(event)}`);
  return refusalText(event);
}

describe("a peer that etcd does not let in", () => {
  test("is told to come from an address that is not its own", () => {
    expect(textOf(TRANSLATED)).toBe(
      "connections of its peer 172.31.86.11 come from 172.31.86.1: addresses are translated (NAT) between the nodes",
    );
  });

  test("is told with etcd's own words when its address is right, or nobody knows whose it is", () => {
    const error = "tls: failed to verify client's certificate: x509: certificate has expired";
    const own = { ...TRANSLATED, "remote-addr": "172.31.86.11:58634", error };
    expect(textOf(own)).toBe(`it refuses its peer 172.31.86.11: ${error}`);
    const clear = { ...own, "ip-addresses": [], error: "tls: first record does not look like TLS" };
    expect(textOf(clear)).toBe(`it refuses its peer 172.31.86.11: ${clear.error}`);
  });

  test("is not told when it was the peer that gave the connection up", () => {
    for (const error of ["EOF", "read tcp 10.0.0.1:2380: connection reset by peer"]) {
      expect(textOf({ ...TRANSLATED, error })).toBeNull();
    }
  });

  test("may be logged with fields of any type", () => {
    const odd = { ...TRANSLATED, "remote-addr": 1, "ip-addresses": { 0: "x" }, error: ["y"] };
    expect(parseLogLine(JSON.stringify(odd), 0)?.event).toEqual({
      ...{ type: "peer-refused", from: "", certified: [], error: "" },
    });
  });
});

describe("why etcd does not work", () => {
  const unit = { ready: false, pid: 7, restarts: 0, lastExit: null, silent: null, wedged: null };
  const facts = {
    ...{ ordered: true, withoutQuorum: true, lastWords: null, etcd: null },
    data: { state: "empty" },
    refusal: "it refuses its peers",
  } as const;

  test("has its peers' refusal while it waits for a quorum, and not before it has waited for long", () => {
    const starting = { ...facts, unit: { ...unit, state: "starting" } } as const;
    expect(etcdProblem(starting)).toBe("etcd waits for a quorum: it refuses its peers");
    expect(etcdProblem({ ...starting, refusal: null })).toBe("etcd waits for a quorum");
    expect(etcdProblem({ ...starting, withoutQuorum: false })).toBeNull();
  });
});
