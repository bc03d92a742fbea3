import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { AlarmAction, AlarmType, type Etcd3 } from "etcd3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { EtcdClusterClient } from "../../controller/etcd/cluster-client.ts";
import { memberClient } from "../../controller/etcd/member-client.ts";
import { ERROR_CODES } from "../../controller/model/errors.ts";
import { hexId } from "../../controller/model/ids.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { EtcdNodes } from "../support/etcd/etcd-nodes.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";

const KEY = "/jupytercluster.dev/default/lab/desired";

const docker = new Docker();
const run = `etcd-space-${randomBytes(3).toString("hex")}`;
let cluster: EtcdNodes;
let client: EtcdClusterClient;
let member: Etcd3;

beforeAll(async () => {
  const image = inject("agentImage");
  cluster = new EtcdNodes({ docker, run, subnet: "172.31.51.0/24", image });
  await cluster.createNetwork();
  const nodes = await cluster.bootstrap([0]);
  client = new EtcdClusterClient({
    connect: memberClient,
    identity: null,
    clock: systemClock,
    log: silentLog,
  });
  client.setEndpoints(nodes.map((n) => n.url));
  member = memberClient(nodes[0]?.url ?? "", null);
  await until("the first put", async () => {
    await client.put(KEY, "first");
    return true;
  });
});

afterAll(async () => {
  member.close();
  client.close();
  await cluster.removeAll();
});

describe("space", () => {
  it("is given back by a compaction, which loses no key and can be repeated", async () => {
    await client.put(`${KEY}/old`, "written once");
    for (let i = 0; i < 5; i += 1) await client.put(KEY, `value ${i}`);
    const revision = Number((await member.get(KEY).exec()).header.revision);
    await client.compact(revision);
    await client.compact(revision);
    await client.compact(revision - 2);
    expect(await client.get(KEY)).toBe("value 4");
    expect(await client.get(`${KEY}/old`)).toBe("written once");
    await expect(
      member
        .get(KEY)
        .revision(revision - 1)
        .exec(),
    ).rejects.toThrow("compacted");
  });

  it("is no revision that is still to come", async () => {
    await expect(client.compact(1_000_000)).rejects.toMatchObject({
      code: ERROR_CODES.ETCD_UNAVAILABLE,
      message: expect.stringContaining("future revision"),
    });
  });

  it("is said to be used up until the alarm is disarmed, once and again", async () => {
    const { member_id: memberID } = (await member.maintenance.status()).header;
    await member.maintenance.alarm({
      action: AlarmAction.Activate,
      memberID,
      alarm: AlarmType.Nospace,
    });
    await expect(client.put(KEY, "too much")).rejects.toMatchObject({
      code: ERROR_CODES.ETCD_UNAVAILABLE,
      message: expect.stringContaining("database space exceeded"),
    });
    await client.disarmAlarm(hexId(memberID), "NOSPACE");
    await client.disarmAlarm(hexId(memberID), "NOSPACE");
    await client.put(KEY, "there is room again");
    expect(await client.get(KEY)).toBe("there is room again");
  });
});
