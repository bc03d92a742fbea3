/** Whoever has lost its term can do nothing, through whichever port. */
import { createServer, type Server } from "node:http";
import Docker from "dockerode";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { AgentRequest } from "../../../controller/agents/connection.ts";
import type { CorePorts } from "../../../controller/core-ports.ts";
import type { MemberRpc } from "../../../controller/etcd/member-client.ts";
import { TERM_HEADER } from "../../../controller/model/agent-api.ts";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import type { JupyterClusterObject } from "../../../controller/model/resource.ts";
import { fenced } from "../../../controller/roles/fence.ts";
import type { Delivery } from "../../../controller/webhook/delivery.ts";
import { freePort } from "../../support/free-port.ts";
import { fakeCluster } from "../../support/planner/fixtures.ts";

const REFUSED = { code: ERROR_CODES.NOT_ACTING };
const DEADLINES = { headersMs: 1, bodyMs: 1 };
const TARGET = { ip: "172.30.0.10", token: "t", tls: false };

let held: boolean;
/** What got through. */
let sent: string[];
let ports: CorePorts;

beforeEach(() => {
  held = true;
  sent = [];
  ports = fenced(openPorts(null), { number: 12, isHeld: () => held });
});

/** Ports of which every call is noted. */
function openPorts(docker: Docker | null): CorePorts {
  const note = <T>(what: string, value: T): Promise<T> => {
    sent.push(what);
    return Promise.resolve(value);
  };
  const master = {
    destroyed: false,
    request: () => note("mesos", {}),
    destroy: () => note("", {}),
  };
  const kinds = {
    kv: ["range", "txn", "compact"],
    cluster: ["memberAdd", "memberRemove", "memberPromote", "memberList"],
    auth: ["authenticate", "authDisable"],
    maintenance: ["moveLeader", "alarm", "status"],
  };
  const member = Object.fromEntries(
    Object.entries(kinds).map(([kind, names]) => [
      kind,
      Object.fromEntries(names.map((name) => [name, () => note(name, {})])),
    ]),
  );
  return {
    mesos: {
      transport: {
        scheme: "http",
        streamClient: () => master,
        callPool: () => master,
        headers: () => ({}),
      },
    },
    connectAgent: () => ({
      request: ({ method, path, headers }: AgentRequest) =>
        note(`${method} ${path} ${headers[TERM_HEADER] ?? "-"}`, {}),
      destroy: () => Promise.resolve(),
    }),
    connectMember: () => member,
    snapshots: {
      of: () => ({
        list: () => note("list", []),
        openVerified: () => note("open", {}),
        save: () => note("save", {}),
        remove: () => note("remove", undefined),
      }),
    },
    publisher: {
      publish: (object: JupyterClusterObject) => {
        sent.push("publish");
        return object;
      },
      remove: () => sent.push("unpublish"),
    },
    webhook: {
      counted: () => undefined,
      deliverer: { attempt: () => note("webhook", { is: "delivered" }), close: () => undefined },
    },
    docker,
  } as unknown as CorePorts;
}

describe("in its term", () => {
  it("an order to an agent says which term it is of, and a look says nothing", async () => {
    const agent = ports.connectAgent(TARGET, DEADLINES);
    await agent.request({ method: "PUT", path: "/v1/start", headers: {} });
    await agent.request({ method: "GET", path: "/v1/watch", headers: {} });
    expect(sent).toEqual(["PUT /v1/start 12", "GET /v1/watch -"]);
  });

  it("everything else passes as it is", async () => {
    await everything(ports);
    expect(sent).toHaveLength(21);
  });
});

const tellWebhook = () => ports.webhook?.deliverer.attempt({} as Delivery);

describe("a webhook", () => {
  it("is told by who acts alone; what it is to be told stays to be told", async () => {
    expect(await tellWebhook()).toEqual({ is: "delivered" });
    held = false;
    expect(await tellWebhook()).toMatchObject({ is: "failed" });
    expect(sent).toEqual(["webhook"]);
  });
});

describe("after its term", () => {
  beforeEach(() => {
    held = false;
  });

  it("no call leaves but those that look", async () => {
    const outcomes = await everything(ports);
    expect(sent).toEqual(["GET /v1/watch -", "list", "open"]);
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(19 - 3);
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toMatchObject(REFUSED);
  });

  it("Docker is looked at, and changes nothing", async () => {
    const { docker, asked } = await dockerEngine();
    const own = fenced(openPorts(docker), { number: 1, isHeld: () => held }).docker;
    expect(await own?.listVolumes()).toEqual({});
    await expect(own?.createVolume({ Name: "v" })).rejects.toMatchObject(REFUSED);
    held = true;
    await own?.createVolume({ Name: "v" });
    expect(asked).toEqual(["GET /volumes", "POST /volumes/create"]);
  });
});

/** One of each. */
function everything(through: CorePorts): Promise<PromiseSettledResult<unknown>[]> {
  const { transport } = through.mesos;
  const address = { host: "m", port: 5050, path: "/" };
  const request = { method: "POST", path: "/", headers: {}, body: "" } as const;
  const { signal } = new AbortController();
  const agent = through.connectAgent(TARGET, DEADLINES);
  const snapshots = through.snapshots.of(fakeCluster());
  through.publisher.publish({} as JupyterClusterObject, []);
  through.publisher.remove("default/lab");
  return Promise.allSettled([
    transport?.streamClient(address).request({ ...request, signal }),
    transport?.callPool(address).request({ ...request, signal }),
    agent.request({ method: "PUT", path: "/v1/start", headers: {} }),
    agent.request({ method: "GET", path: "/v1/watch", headers: {} }),
    ...memberCalls(through.connectMember("https://172.30.0.10:2379", null)),
    snapshots.list(),
    snapshots.openVerified({} as never),
    snapshots.remove([]),
  ]);
}

function memberCalls({ kv, cluster, auth, maintenance }: MemberRpc): Promise<unknown>[] {
  const none = {};
  return [
    kv.range({}, none),
    kv.txn({}, none),
    kv.compact({ revision: 1 }, none),
    cluster.memberAdd({ isLearner: true, peerURLs: [] }, none),
    cluster.memberRemove({ ID: "1" }, none),
    cluster.memberPromote({ ID: "1" }, none),
    cluster.memberList({ linearizable: true }, none),
    auth.authenticate({ name: "", password: "" }, none),
    auth.authDisable(none),
    maintenance.moveLeader({ targetID: "1" }, none),
    maintenance.alarm({}, none),
    maintenance.status(none),
  ];
}

async function dockerEngine(): Promise<{ docker: Docker; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split("?")[0]}`);
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { docker: new Docker({ protocol: "http", host: "127.0.0.1", port }), asked };
}
