/** Leases and watches of the simulated etcd, by which the agents' records come and go. */
import { beforeEach, describe, expect, it } from "vitest";
import type { EtcdServer } from "../../simulation/etcd/server.ts";
import { ERRORS, type EtcdRequest, type KeyChange } from "../../simulation/etcd/types.ts";
import { EtcdFixture, put } from "../../support/simulation/etcd-fixture.ts";

let etcd: EtcdFixture;

beforeEach(() => {
  etcd = new EtcdFixture();
});

function grant(server: EtcdServer, ttlSeconds = 5): string {
  const { lease } = etcd.done(server, { type: "lease-grant", ttlSeconds });
  if (lease === null) throw new Error("no lease");
  return lease;
}

/** A put of the key `a`. */
function leased(value: string, lease: string): EtcdRequest {
  return { type: "put", key: "a", value, lease };
}

function keepAlive(server: EtcdServer, id: string): boolean {
  return etcd.done(server, { type: "lease-keep-alive", id }).succeeded;
}

describe("a lease of a simulated etcd", () => {
  it("takes its keys with it when nobody keeps it alive, at every member", () => {
    const lease = grant(etcd.follower());
    etcd.done(etcd.follower(), leased("1", lease));
    etcd.pass(4_000);
    expect(etcd.valueAt(etcd.leader(), "a")).toBe("1");
    etcd.pass(1_500);
    for (const server of etcd.cluster.servers()) {
      expect(etcd.valueAt(server, "a")).toBeUndefined();
    }
    expect(keepAlive(etcd.leader(), lease)).toBe(false);
    expect(etcd.ask(etcd.leader(), leased("2", lease))).toEqual({
      ok: false,
      error: ERRORS.leaseNotFound,
    });
  });

  it("lives as long as it is kept alive through any member, and over a change of leaders", () => {
    const lease = grant(etcd.leader());
    etcd.done(etcd.leader(), leased("1", lease));
    for (let i = 0; i < 5; i++) {
      etcd.pass(2_000);
      expect(keepAlive(etcd.follower(), lease)).toBe(true);
    }
    etcd.pass(4_000);
    const { name } = etcd.nodeOf(etcd.leader());
    etcd.cluster.kill(name);
    expect(etcd.cluster.until(() => etcd.cluster.leader() !== null)).toBe(true);
    etcd.pass(4_000);
    expect(etcd.valueAt(etcd.leader(), "a")).toBe("1");
    etcd.pass(2_000);
    expect(etcd.valueAt(etcd.leader(), "a")).toBeUndefined();
  });

  it("goes at once, with its keys, when it is revoked; a key without it stays", () => {
    const lease = grant(etcd.leader());
    etcd.done(etcd.leader(), leased("1", lease));
    etcd.done(etcd.leader(), put("b", "1"));
    etcd.done(etcd.follower(), { type: "lease-revoke", id: lease });
    expect(etcd.valueAt(etcd.leader(), "a")).toBeUndefined();
    expect(etcd.valueAt(etcd.leader(), "b")).toBe("1");
  });
});

describe("a watch of a simulated etcd", () => {
  const range = { start: "k/", end: "k0" };

  function watch(server: EtcdServer, from: number) {
    const seen: KeyChange[] = [];
    let ended = false;
    const opened = server.store.watches.open(from, {
      range,
      onChanges: (changes) => seen.push(...changes),
      onEnd: () => {
        ended = true;
      },
    });
    return { seen, opened, hasEnded: () => ended };
  }

  it("tells what has changed in its range since its revision, and what changes later", () => {
    const server = etcd.leader();
    etcd.done(server, put("k/a", "0"));
    const { revision } = etcd.done(server, put("k/a", "1"));
    const { seen } = watch(server, revision);
    etcd.done(server, put("other", "1"));
    etcd.done(server, { type: "delete", key: "k/a" });
    expect(seen.map(({ key, kv }) => [key, kv?.value])).toEqual([
      ["k/a", "1"],
      ["k/a", undefined],
    ]);
  });

  it("is refused from a revision that is compacted", () => {
    const server = etcd.leader();
    for (let i = 0; i < 450; i++) etcd.done(server, put("k/a", String(i)));
    expect(watch(server, 2).opened).toBeNull();
    expect(watch(server, server.store.revisionNow + 1).opened).not.toBeNull();
  });

  it("ends when the member's state is replaced by its leader's", () => {
    const server = etcd.follower();
    const { hasEnded } = watch(server, server.store.revisionNow + 1);
    server.store.restore(etcd.leader().store.capture());
    expect(hasEnded()).toBe(true);
  });
});
