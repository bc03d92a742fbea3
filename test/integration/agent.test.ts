/** Agents in three real containers, ordered by hand as the controller does. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { memberNameOf, peerUrl } from "../../controller/model/ids.ts";
import {
  eventually,
  expectedSshAnswers,
  leaderOf,
  leads,
  resolvedNames,
  sshFromEachToEach,
  startAgents,
  whole,
} from "../support/agent/agent-checks.ts";
import { manySessions, sshToItself } from "../support/agent/ssh-checks.ts";
import { AgentCluster } from "../support/agent/agent-cluster.ts";
import type { AgentNode } from "../support/agent/agent-node.ts";
import { until } from "../support/poll.ts";
import { TLS } from "../support/etcd/transport.ts";

const cluster = new AgentCluster({
  image: inject("agentImage"),
  cluster: "nb",
  subnet: "172.31.20.0/24",
  firstAddress: "172.31.20.10",
  size: 3,
});

beforeAll(() => startAgents(cluster));

afterAll(() => cluster.remove());

async function expectSshFromEachToEach(): Promise<void> {
  const expected = await expectedSshAnswers(cluster.nodes);
  expect(expected).toHaveLength(cluster.nodes.length ** 2);
  expect(await sshFromEachToEach(cluster.nodes)).toEqual(expected);
}

async function jupyterCode(node: AgentNode, token: string): Promise<number> {
  const url = `http://${node.ip}:8888/api/contents?token=${token}`;
  return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).status;
}

describe("before the first command", () => {
  test("nobody is answered without the token", async () => {
    const node = cluster.node(0);
    for (const path of ["/v1/status", "/v1/watch", "/v1/logs/etcd"]) {
      expect((await node.call("GET", path, "", "wrong")).code).toBe(401);
    }
    expect((await node.call("PUT", "/v1/start", "{}", "wrong")).code).toBe(401);
  });

  test("a malformed command is told which field is wrong", async () => {
    const { code, text } = await cluster.node(0).call("PUT", "/v1/start", '{"jupyter":{}}');
    expect(code).toBe(400);
    expect(text).toContain("command.etcd must be an object");
  });

  test("a resume without data is refused", async () => {
    const node = cluster.node(0);
    const command = { mode: "resume", memberName: "slot-0", clusterId: null } as const;
    const { code, text } = await node.command(cluster.command(node, command));
    expect([code, JSON.parse(text).code]).toEqual([409, "DataMissing"]);
  });
});

describe("after the bootstrap", () => {
  beforeAll(async () => {
    const answers = await Promise.all(
      cluster.nodes.map((node) => node.command(cluster.bootstrapCommand(node))),
    );
    expect(answers.map((a) => a.code)).toEqual([202, 202, 202]);
    await eventually(cluster.nodes, "a quorum", (s) => s.etcd?.members?.length === 3);
    await cluster.putDesired(cluster.node(0));
    await whole(cluster);
  });

  test("all agree on the leader, and the leader is XXX-0 in every hosts table", async () => {
    const leader = await leaderOf(cluster.nodes);
    for (const node of cluster.nodes) {
      const names = await resolvedNames(node, 3);
      expect(names["nb-0"]).toBe(leader.ip);
      expect(Object.keys(names).sort()).toEqual(["nb-0", "nb-1", "nb-2"]);
      expect((await node.status()).hosts).toEqual((await leader.status()).hosts);
    }
    const says = await leader.exec(["etcdctl", "endpoint", "status", "-w", "fields"]);
    const [, member] = /"MemberID" : (\d+)/.exec(says) ?? [];
    expect(says).toContain(`"Leader" : ${member}`);
  });

  test("the same command again changes nothing, and another one is refused", async () => {
    const node = cluster.node(1);
    const before = await node.status();
    expect((await node.command(cluster.bootstrapCommand(node))).code).toBe(202);
    const join = {
      mode: "join",
      memberName: "slot-1",
      memberId: "1",
      clusterId: "1",
      initialCluster: cluster.initialCluster(),
    } as const;
    const { code, text } = await node.command(cluster.command(node, join));
    expect([code, JSON.parse(text).code]).toEqual([409, "EtcdRunning"]);
    expect((await node.status()).units.etcd.pid).toBe(before.units.etcd.pid);
  });

  test("ssh from every node to every name needs no prompt", expectSshFromEachToEach);

  test("a node reaches itself by all its own names, without a prompt", async () => {
    for (const node of cluster.nodes) {
      const [answers, expected] = await sshToItself(node);
      expect(answers).toEqual(expected);
    }
  });

  test("more than ten sessions share a connection, and more than ten come at once", async () => {
    expect(await manySessions(cluster.node(0), "nb-1", 25)).toBe("50 in");
  });

  test("sshd lets no root in and takes no password", async () => {
    const argv = ["ssh", "-o", "User=root", "nb-1", "true"];
    await expect(cluster.node(0).exec(argv)).rejects.toThrow(/Permission denied \(publickey\)/);
  });

  test("Jupyter answers on every node, to the token only", async () => {
    for (const node of cluster.nodes) {
      expect(await jupyterCode(node, cluster.jupyterToken)).toBe(200);
      expect(await jupyterCode(node, "wrong")).toBe(403);
    }
  });

  test("the token is in no command line, no environment and no log", async () => {
    const { ip } = cluster.node(0);
    const query = `token=${cluster.jupyterToken}`;
    const bad = await fetch(`http://${ip}:8888/api/contents?type=none&${query}`);
    const worse = await fetch(`http://${ip}:8888/api/sessions?${query}`, {
      method: "POST",
      headers: { authorization: `token ${cluster.jupyterToken}` },
      body: "{",
    });
    expect([bad.status, worse.status]).toEqual([400, 400]);
    const log = ["cat", "/var/lib/jupyter-cluster/logs/jupyter.log"];
    await until("Jupyter has logged what it refused", async () =>
      / 400 POST \/api\/sessions/.test(await cluster.node(0).exec(log)),
    );
    const script =
      "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ /var/lib/jupyter-cluster/logs/*.log";
    const text = await cluster.node(0).exec(["sh", "-c", `${script} | tr "\\0" "\\n"`]);
    expect(text).toContain("jupyter-lab");
    expect(text).not.toContain(cluster.jupyterToken);
  });

  test("a file written by one is read by all", async () => {
    const file = "/home/shared/hello.txt";
    await cluster.node(0).exec(["sh", "-c", `echo hello >${file}`], "admin");
    for (const node of cluster.nodes) {
      expect(await node.exec(["cat", file], "admin")).toBe("hello\n");
      expect((await node.status()).storage.ready).toBe(true);
    }
  });

  test("logs are told from the end", async () => {
    const { code, text } = await cluster.node(0).call("GET", "/v1/logs/etcd?tail=3");
    expect(code).toBe(200);
    const lines = text.trim().split("\n");
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0] ?? "")).toHaveProperty("msg");
    expect((await cluster.node(0).call("GET", "/v1/logs/passwd")).code).toBe(404);
  });

  test("a unit that dies is started again", async () => {
    const node = cluster.node(2);
    await node.exec([
      "sh",
      "-c",
      "kill -9 $(cat /proc/[0-9]*/stat | awk '/\\(sshd\\)/{print $1}')",
    ]);
    const [status] = await eventually([node], "sshd again", (s) => {
      return s.units.sshd.restarts === 1 && s.units.sshd.ready;
    });
    expect(status?.units.sshd.lastExit).toEqual({ code: null, signal: "SIGKILL" });
  });
});

describe("when the leader is killed", () => {
  test("another leads, takes the name XXX-0, and the dead node's keys vanish", async () => {
    const old = await leaderOf(cluster.nodes);
    const before = (await old.status()).hosts;
    const survivors = cluster.nodes.filter((node) => node !== old);
    await old.kill();
    await eventually(survivors, "a new leader in the hosts table", (s) => {
      const { etcd, hosts } = s;
      if (etcd?.leaderId == null || hosts === null || before === null) return false;
      return hosts.term > before.term && hosts.term === etcd.raftTerm;
    });
    const leader = await leaderOf(survivors);
    const after = (await leader.status()).hosts;
    const indexOf = (table: typeof after, slot: number) =>
      table?.names.find((n) => n.slot === slot)?.index;
    expect(indexOf(after, leader.slot)).toBe(0);
    expect(indexOf(after, old.slot)).toBe(indexOf(before, leader.slot));
    await eventually(survivors, "two known nodes", (s) => s.sshKnownSlots.length === 2);
    const known = await leader.exec(["cat", "/etc/ssh/ssh_known_hosts"]);
    expect(known).not.toContain(old.ip);
    const election = (await leader.status()).elections.at(-1);
    expect(election?.votes).toHaveLength(2);

    const node = cluster.replace(old.slot);
    await node.run();
    const [status] = await eventually([node], "an agent", (s) => s.phase === "awaiting-start");
    expect(status?.data).toMatchObject({ state: "present", clusterId: expect.any(String) });
    const clusterId = status?.data.state === "present" ? status.data.clusterId : null;
    const wrong = { mode: "resume", memberName: memberNameOf(node.slot), clusterId: "1" } as const;
    const refused = await node.command(cluster.command(node, wrong));
    expect(JSON.parse(refused.text).code).toBe("ClusterIDMismatch");
    expect((await node.command(cluster.command(node, { ...wrong, clusterId }))).code).toBe(202);
    const statuses = await whole(cluster);
    expect(new Set(statuses.map((s) => JSON.stringify(s.hosts))).size).toBe(1);
    expect(indexOf(statuses[0]?.hosts ?? null, node.slot)).toBe(indexOf(after, node.slot));
    await expectSshFromEachToEach();
  });
});

describe("when a member is replaced", () => {
  test("the removed one ends, and its slot joins anew as a learner", async () => {
    const leader = await leaderOf(cluster.nodes);
    const node = cluster.nodes.find((n) => n !== leader) as AgentNode;
    const memberId = (await node.status()).etcd?.memberId ?? "";
    await leader.exec(["etcdctl", "member", "remove", memberId]);
    const [ended] = await eventually([node], "etcd's end", (s) => s.units.etcd.state === "exited");
    expect(ended?.problems.join()).toContain("removed");

    const added = await leader.exec([
      ...["etcdctl", "member", "add", memberNameOf(node.slot), "--learner"],
      `--peer-urls=${peerUrl(node.ip, TLS)}`,
    ]);
    const [, newId = "", clusterId = ""] =
      /Member +(\w+) added to cluster +(\w+)/.exec(added) ?? [];
    const join = {
      mode: "join",
      memberName: memberNameOf(node.slot),
      memberId: newId,
      clusterId,
      initialCluster: cluster.initialCluster(),
    } as const;
    expect((await node.command(cluster.command(node, join))).code).toBe(202);
    const [learner] = await eventually([node], "a learner", (s) => {
      return s.etcd?.isLearner === true && s.hosts !== null;
    });
    expect(learner?.data).toMatchObject({ state: "present", memberId: newId });
    await until("the promotion", () => leader.exec(["etcdctl", "member", "promote", newId]));
    await whole(cluster);
    await expectSshFromEachToEach();
  });
});

describe("when the quorum is lost for good", () => {
  test("the survivor is forced alone on its own data, and leads", async () => {
    const survivor = cluster.node(0);
    await Promise.all([cluster.node(1).kill(), cluster.node(2).kill()]);
    const [lost] = await eventually([survivor], "no quorum", (s) => {
      return s.etcd !== null && s.etcd.leaderId === null && s.etcd.members === null;
    });
    expect(lost?.problems.join()).toContain("etcd has no leader");
    await eventually([survivor], "the end of its log", ({ data, etcd }) => {
      return data.state === "present" && etcd !== null && data.raftIndex >= etcd.raftIndex;
    });
    const clusterId = lost?.etcd?.clusterId ?? "";
    const force = { mode: "force-new-cluster", memberName: "slot-0", clusterId } as const;
    const command = cluster.command(survivor, force);
    expect((await survivor.command(command)).code).toBe(202);
    const [alone] = await eventually([survivor], "a cluster of one", (s) => {
      return leads(s) && s.etcd?.members?.length === 1 && s.hosts?.term === s.etcd.raftTerm;
    });
    expect(alone?.hosts?.leaderSlot).toBe(0);
    const identity = await survivor.exec(["cat", "/var/lib/jupyter-cluster/identity.json"]);
    expect(JSON.parse(identity)).toMatchObject({ clusterId, forcedBy: command.commandId });
  });

  test("it ends cleanly on SIGTERM, and leaves its data to be resumed", async () => {
    expect(await cluster.node(0).stop()).toBe(0);
    const node = cluster.replace(0);
    await node.run();
    const [status] = await eventually([node], "an agent", (s) => s.phase === "awaiting-start");
    const clusterId = status?.data.state === "present" ? status.data.clusterId : null;
    const resume = { mode: "resume", memberName: "slot-0", clusterId } as const;
    expect((await node.command(cluster.command(node, resume))).code).toBe(202);
    await eventually([node], "leads again", (s) => leads(s) && s.hosts !== null);
  });
});
