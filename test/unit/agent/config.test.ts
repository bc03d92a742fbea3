import { describe, expect, test } from "vitest";
import { readNodeConfig } from "../../../agent-image/agent/config.ts";
import { parseStartCommand } from "../../../agent-image/agent/api/parse-start-command.ts";
import { bootstrapClusterId } from "../../../controller/model/bootstrap-ids.ts";
import { RELEASE } from "../../../controller/model/release.ts";
import { NODE_CONFIG_ENV, type NodeConfig } from "../../../controller/model/agent-api.ts";

const CONFIG: NodeConfig = {
  namespace: "default",
  cluster: "nb",
  slot: 2,
  taskId: "default.nb.0.2.1",
  ip: "172.31.20.12",
  tokenSha256: "0".repeat(64),
  etcd: { tls: false, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
  jupyter: { port: 8888, auth: "token", standby: "warm" },
  ssh: { user: "admin", authorizedKeys: ["ssh-ed25519 AAAA me"] },
  storage: { mountPath: "/home/shared" },
};

function read(config: object): NodeConfig {
  return readNodeConfig({ [NODE_CONFIG_ENV]: JSON.stringify(config) });
}

describe("what the container was told", () => {
  test("is taken as it is", () => {
    expect(read(CONFIG)).toEqual(CONFIG);
  });

  test.each<[string, object, string]>([
    ["an address that is none", { ip: "172.31.20" }, "ip must be an IPv4 address"],
    ["a negative slot", { slot: -1 }, "slot must be an integer"],
    ["a token hash that is too short", { tokenSha256: "00" }, "tokenSha256 must be"],
    ["a port out of range", { jupyter: { ...CONFIG.jupyter, port: 0 } }, "jupyter.port must be"],
    ["no ssh part", { ssh: null }, "ssh must be an object"],
    ["root as the user", { ssh: { ...CONFIG.ssh, user: "root" } }, "must not be root"],
    ["a key of two lines", { ssh: { user: "u", authorizedKeys: ["a\nb"] } }, "authorizedKeys"],
    ["a relative path", { storage: { mountPath: "shared" } }, "mountPath must be an absolute path"],
  ])("%s is refused by name", (_, change, message) => {
    expect(() => read({ ...CONFIG, ...change })).toThrow(message);
  });

  test("of a version that this agent knows is taken, of a later one it is refused with both", () => {
    expect(read({ ...CONFIG, apiVersion: 2 })).toEqual(CONFIG);
    expect(() => read({ ...CONFIG, apiVersion: 99 })).toThrow(
      `${NODE_CONFIG_ENV} is of version 99 of the agents' API; this agent, of release ${RELEASE}, knows 1, 2`,
    );
  });

  const resume = { commandId: "t:resume", clusterId: "a1", memberId: "b2", notAfter: 1 };

  test("with an order to resume is taken as it is", () => {
    expect(read({ ...CONFIG, resume })).toEqual({ ...CONFIG, resume });
  });

  test.each<[string, object, string]>([
    ["of no member", { memberId: undefined }, "resume.memberId must be"],
    ["with an id in another notation", { clusterId: "0xAB" }, "resume.clusterId must be"],
    ["without an end", { notAfter: null }, "resume.notAfter must be an integer"],
    ["without a name", { commandId: "" }, "resume.commandId must be"],
  ])("with an order to resume %s is refused by name", (_, change, message) => {
    expect(() => read({ ...CONFIG, resume: { ...resume, ...change } })).toThrow(message);
  });

  const glusterfs = {
    type: "glusterfs",
    servers: ["g1", "10.0.0.2"],
    volume: "jup",
    options: ["acl"],
  };
  const nfs = { type: "nfs", server: "n1", path: "/x/y", options: ["vers=4.1"] };

  test.each([glusterfs, nfs])("what is to be mounted is taken as it is", (mount) => {
    const storage = { mountPath: "/shared", mount };
    expect(read({ ...CONFIG, storage })).toEqual({ ...CONFIG, storage });
  });

  test.each<[string, object, string]>([
    ["a server that is an option", { ...glusterfs, servers: ["--log-file=/etc/x"] }, "servers"],
    ["a server with a mount option", { ...nfs, server: "n1,suid" }, "server"],
    ["a volume with a path", { ...glusterfs, volume: "../x" }, "volume"],
    ["an option of two", { ...nfs, options: ["soft,suid"] }, "options"],
    ["an option with a path", { ...glusterfs, options: ["volfile=/etc/passwd"] }, "options"],
    ["another type", { ...nfs, type: "cifs" }, "type must be one of glusterfs, nfs"],
  ])("%s is refused", (_, mount, message) => {
    expect(() => read({ ...CONFIG, storage: { mountPath: "/s", mount } })).toThrow(message);
  });

  test("nothing at all is said so", () => {
    expect(() => readNodeConfig({})).toThrow(`${NODE_CONFIG_ENV} is not set`);
    expect(() => readNodeConfig({ [NODE_CONFIG_ENV]: "{" })).toThrow("is not JSON");
  });
});

const NODE = { slot: 2, etcd: { tls: false, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 } };

describe("commands", () => {
  const jupyter = { token: "t", cookieSecret: "0123456789abcdef" };
  const resume = { mode: "resume", memberName: "slot-2", clusterId: null };

  test("what is not part of the contract is left out", () => {
    const command = {
      commandId: "x:1",
      etcd: { ...resume, extra: 1 },
      jupyter,
      tls: null,
      more: true,
    };
    expect(parseStartCommand(command, NODE)).toEqual({
      commandId: "x:1",
      etcd: resume,
      jupyter,
      tls: null,
    });
  });

  test.each<[string, object, string]>([
    ["an unknown mode", { ...resume, mode: "other" }, "command.etcd.mode must be one of"],
    ["another slot's member", { ...resume, memberName: "slot-1" }, "must be slot-2"],
    ["ids in another notation", { ...resume, clusterId: "0xAB" }, "command.etcd.clusterId must be"],
    [
      "a peer that is no URL",
      { mode: "bootstrap", memberName: "slot-2", token: "t", initialCluster: { "slot-2": "x" } },
      "command.etcd.initialCluster.slot-2 must be",
    ],
  ])("%s is refused by name", (_, etcd, message) => {
    expect(() => parseStartCommand({ commandId: "x:1", etcd, jupyter, tls: null }, NODE)).toThrow(
      message,
    );
  });

  const url = "http://172.31.20.12:2380";
  const restore = {
    mode: "restore",
    memberName: "slot-2",
    clusterId: bootstrapClusterId({ "slot-2": url }, "t"),
    initialCluster: { "slot-2": url },
    token: "t",
    snapshot: { sha256: "ab".repeat(32), revision: 42 },
  };

  test("a restore is taken as it is", () => {
    expect(
      parseStartCommand({ commandId: "x:1", etcd: restore, jupyter, tls: null }, NODE).etcd,
    ).toEqual(restore);
  });

  test.each<[string, object, string]>([
    ["with other members", { initialCluster: { "slot-2": url, "slot-1": url } }, "slot-2 alone"],
    ["into a cluster of another id", { clusterId: "ab" }, "clusterId must be"],
    ["of no snapshot", { snapshot: { sha256: "ab", revision: 1 } }, "snapshot.sha256 must be"],
  ])("a restore %s is refused by name", (_, change, message) => {
    const etcd = { ...restore, ...change };
    expect(() => parseStartCommand({ commandId: "x:1", etcd, jupyter, tls: null }, NODE)).toThrow(
      message,
    );
  });

  describe("with TLS", () => {
    const secure = { ...NODE, etcd: { ...NODE.etcd, tls: true } };
    const pem = (label: string) => `-----BEGIN ${label}-----\nAA+/=\n-----END ${label}-----\n`;
    const [certificate, key] = [pem("CERTIFICATE"), pem("PRIVATE KEY")];
    const command = (tls: unknown) => ({ commandId: "x:1", etcd: resume, jupyter, tls });

    test("say what the node proves itself with", () => {
      const tls = { authority: certificate, certificate, key, notAfter: 1 };
      expect(parseStartCommand(command(tls), secure).tls).toEqual(tls);
    });

    test.each<[string, unknown, typeof NODE, string]>([
      ["nothing where etcd was launched with TLS", null, secure, "command.tls must not be null"],
      ["something where it was not", { authority: "" }, NODE, "command.tls must be null"],
      [
        "more than one certificate",
        { authority: certificate + certificate, certificate, key },
        secure,
        "command.tls.authority must be",
      ],
      [
        "a key for a certificate",
        { authority: certificate, certificate: key, key },
        secure,
        "command.tls.certificate must be",
      ],
      [
        "words around the key",
        { authority: certificate, certificate, key: `x${key}` },
        secure,
        "command.tls.key must be",
      ],
    ])("%s is refused by name", (_, tls, node, message) => {
      expect(() => parseStartCommand(command(tls), node)).toThrow(message);
    });
  });

  test("a list is no command", () => {
    expect(() => parseStartCommand([], NODE)).toThrow("command must be an object");
  });
});
