import { describe, expect, test } from "vitest";
import {
  nodesInForce,
  renderAuthorizedKeys,
  renderKnownHosts,
  renderSshConfig,
  renderSshdConfig,
} from "../../../agent-image/agent/ssh/ssh-text.ts";
import type { HostsTable, MemberRecord } from "../../../controller/model/naming.ts";

function member(slot: number, key = `AAAA${slot}`): MemberRecord {
  return {
    slot,
    ip: `172.31.20.${10 + slot}`,
    taskId: `t${slot}`,
    memberId: "1",
    ssh: { user: "admin", userKey: `ssh-ed25519 U${key}`, hostKey: `ssh-ed25519 H${key}` },
  };
}

const HOSTS: HostsTable = {
  clusterId: "c1",
  term: 2,
  leaderSlot: 1,
  names: [
    { slot: 1, index: 0, ip: "172.31.20.11" },
    { slot: 0, index: 1, ip: "172.31.20.10" },
  ],
};

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("who is in force", () => {
  test("a live record with a place in the table", () => {
    const nodes = nodesInForce([member(0), member(1)], HOSTS);
    expect(nodes.map((n) => [n.slot, n.index])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  test("nobody before there is a table", () => {
    expect(nodesInForce([member(0)], null)).toEqual([]);
  });

  test("no slot that was scaled away, and none under another address", () => {
    const moved = { ...member(0), ip: "172.31.20.99" };
    expect(nodesInForce([moved, member(2)], HOSTS)).toEqual([]);
  });

  test("no record whose key would bring another line or an option into the file", () => {
    expect(nodesInForce([member(0, "AAAA\nssh-ed25519 EVIL")], HOSTS)).toEqual([]);
    const option = member(1);
    const ssh = { ...option.ssh, userKey: 'command="x" ssh-ed25519 AAAA' };
    expect(nodesInForce([{ ...option, ssh }], HOSTS)).toEqual([]);
  });
});

describe("OpenSSH's files", () => {
  const nodes = nodesInForce([member(0), member(1)], HOSTS);

  test("known hosts have the role, the slot's name and the address", () => {
    expect(linesOf(renderKnownHosts("nb", nodes, 2))).toEqual([
      "nb-1,nb-slot-0,172.31.20.10 ssh-ed25519 HAAAA0",
      "nb-0,nb-slot-1,172.31.20.11 ssh-ed25519 HAAAA1",
    ]);
  });

  test("known hosts have what a node calls itself, for itself alone", () => {
    expect(linesOf(renderKnownHosts("nb", nodes, 1))).toEqual([
      "nb-1,nb-slot-0,172.31.20.10 ssh-ed25519 HAAAA0",
      "nb-0,nb-slot-1,172.31.20.11,localhost,localhost.localdomain,127.0.0.1,::1 ssh-ed25519 HAAAA1",
    ]);
  });

  test.each([
    [true, ["ListenAddress 0.0.0.0", "ListenAddress ::1", "HostKey /h"]],
    [false, ["ListenAddress 0.0.0.0", "HostKey /h"]],
  ])("sshd listens on ::1 where there is one (%s), for many sessions", (loopback6, lines) => {
    const text = renderSshdConfig({
      loopback6,
      user: "admin",
      hostKeyFile: "/h",
      authorizedKeysDir: "/a",
    });
    expect(linesOf(text).slice(1, 1 + lines.length)).toEqual(lines);
    expect(text).toContain("\nMaxSessions 200\n");
  });

  test("authorized are the nodes' users and whom the spec names", () => {
    expect(linesOf(renderAuthorizedKeys(nodes, ["ssh-rsa AAAA me@home"]))).toEqual([
      "ssh-ed25519 UAAAA0 slot-0",
      "ssh-ed25519 UAAAA1 slot-1",
      "ssh-rsa AAAA me@home",
    ]);
  });

  test("the strict rules are for this cluster's names and addresses only", () => {
    const text = renderSshConfig({
      cluster: "nb",
      user: "admin",
      identityFile: "/k",
      knownHostsFile: "/h",
      addresses: ["172.31.20.10"],
    });
    expect(linesOf(text)[0]).toBe(
      "Host nb-* localhost localhost.localdomain 127.0.0.1 ::1 172.31.20.10",
    );
    expect(text).toContain("StrictHostKeyChecking yes");
  });
});
