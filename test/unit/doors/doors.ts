/** Every server of ours that asks who comes, as the tests of this folder try it. */
import { createHash } from "node:crypto";
import { HttpApi } from "../../../agent-image/agent/http/http-server.ts";
import { TermGate } from "../../../agent-image/agent/api/term-gate.ts";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { newBoard } from "../../support/agent/status-parts.ts";
import { freePort } from "../../support/free-port.ts";
import { InMemoryMesos, TCP } from "../../support/mesos-local/in-memory-mesos.ts";
import { silentLog } from "../../support/silent-log.ts";
import { AUTHORIZED, LAB, startApi, TOKEN } from "../api/harness.ts";

/** A server of ours, and how somebody gets in who may. */
export interface Door {
  readonly port: number;
  /** Asked after some hostile requests, and answered 200. */
  readonly normal: string;
  /** Paths of its own before a hostile last part. */
  readonly prefixes: readonly string[];
  /** Header line of whoever is let in. */
  readonly authorization: string;
  /** It speaks TLS, with the key that follows from the token. */
  readonly tls: boolean;
  close(): Promise<void>;
}

const BEARER = `Authorization: ${AUTHORIZED.authorization}\r\n`;

export const DOORS: readonly (readonly [string, () => Promise<Door>])[] = [
  ["the embedded Mesos", embeddedMesos],
  ["the controller's API", controllerApi],
  ["the agent", () => agent(false)],
];

export async function embeddedMesos(): Promise<Door> {
  const mesos = await InMemoryMesos.start({ tcp: TCP });
  const { port, username, password } = new URL(mesos.tcpUrl);
  const credential = Buffer.from(`${username}:${password}`).toString("base64");
  return {
    port: Number(port),
    normal: "/state",
    prefixes: ["/", "/master/"],
    authorization: `Authorization: Basic ${credential}\r\n`,
    tls: false,
    close: () => mesos.remove(),
  };
}

export async function controllerApi(): Promise<Door> {
  const { api, publish } = await startApi();
  publish();
  const port = Number(new URL(api.url).port);
  const prefixes = ["/", `${LAB.slice(0, -3)}`, `${LAB}/nodes/`, `${LAB}?watch=`];
  const close = () => api.close();
  return { port, normal: "/status", prefixes, authorization: BEARER, tls: false, close };
}

/** @param tls what it is spoken to in */
export async function agent(tls: boolean): Promise<Door> {
  const port = await freePort();
  const config: NodeConfig = {
    namespace: "default",
    cluster: "nb",
    slot: 0,
    taskId: "t",
    ip: "127.0.0.1",
    tokenSha256: createHash("sha256").update(TOKEN).digest("hex"),
    etcd: { tls, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
    jupyter: { port: 8888, auth: "token", standby: "warm" },
    ssh: { user: "admin", authorizedKeys: [] },
    storage: { mountPath: "/home/shared" },
  };
  const notServing = () => Promise.reject(new TypeError("a bug"));
  const api = new HttpApi({
    config,
    board: newBoard(),
    clock: systemClock,
    log: silentLog,
    logs: new Map(),
    previousLogs: new Map(),
    command: () => null,
    terms: new TermGate(),
    stopTask: () => null,
    usage: () => Promise.resolve(null),
    maintenance: { save: notServing, receive: notServing, defragment: notServing },
  });
  await api.listen(["127.0.0.1"], port);
  const prefixes = ["/", "/v1/", "/v1/logs/"];
  return {
    port,
    normal: "/v1/status",
    prefixes,
    authorization: BEARER,
    tls,
    close: () => api.close(),
  };
}
