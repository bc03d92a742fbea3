/** Every server of ours, as the fuzzer finds it: what it would answer, and how one sees that it is well. */
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { dial } from "../../../../controller/agents/agent-http.ts";
import { agent, controllerApi, type Door, embeddedMesos } from "../../../unit/doors/doors.ts";
import { BASE, LAB, TOKEN } from "../../../unit/api/harness.ts";
import { at, startProxy } from "../../../unit/proxy/harness.ts";
import { CALLS, COMMANDS } from "../parsers/examples.ts";
import type { Attack, Seed } from "./attacks.ts";
import { FickleJupyter } from "./fickle-jupyter.ts";

export interface FuzzedServer {
  readonly port: number;
  readonly seeds: readonly Seed[];
  readonly authorization: string;
  /** For an attacker; `inside`: within TLS, where the server has it. */
  connect(inside: boolean): Socket;
  /** @throws Error when it does not answer as it should */
  requireWell(): Promise<void>;
  /** Of the proxy: what its target answers from now on; null: as Jupyter would. */
  readonly answer?: (answer: Attack | null) => void;
  close(): Promise<void>;
}

const JSON_LINES = ["Content-Type: application/json", "Accept: application/json"];
const withJson = (method: string, path: string, body: object): Seed => ({
  ...{ method, path, headers: JSON_LINES, body: JSON.stringify(body) },
});
const get = (path: string): Seed => ({ method: "GET", path });

const API_SEEDS: readonly Seed[] = [
  ...["/", "/status", "/healthz", "/readyz", "/metrics", `${BASE}/jupyterclusters`, LAB].map(get),
  ...[`${LAB}/events`, `${LAB}/access`, `${LAB}/snapshots`, `${LAB}?watch=true`].map(get),
  ...[`${LAB}/nodes/lab-0/log?tail=5`, `${LAB}/nodes/slot-0/log?follow=true`].map(get),
  withJson("POST", `${LAB}/snapshots`, {}),
  withJson("POST", `${LAB}/restore`, { snapshot: "20260102T030405678Z-r7" }),
  withJson("POST", "/shutdown", { teardown: false }),
];

const MESOS_SEEDS: readonly Seed[] = [
  ...["/state", "/version", "/health", "/master/state"].map(get),
  ...CALLS.map((call) => withJson("POST", "/api/v1/scheduler", call)),
];

const AGENT_SEEDS: readonly Seed[] = [
  ...["/v1/status", "/v1/watch", "/v1/logs/etcd?tail=5", "/v1/snapshot"].map(get),
  ...COMMANDS.map((command) => withJson("PUT", "/v1/start", command)),
  { method: "PUT", path: `/v1/snapshot?sha256=${"a".repeat(64)}`, body: "x".repeat(600) },
  { method: "POST", path: "/v1/defragment" },
];

const PROXY_SEEDS: readonly Seed[] = [
  ...["/lab", "/api/status", "/static/a.js", "/api/kernels/1/channels?token=t"].map(get),
  withJson("POST", "/api/sessions", { path: "x.ipynb" }),
  { method: "PUT", path: "/api/contents/x", body: "y".repeat(3000) },
];

export const SERVERS: readonly (readonly [string, () => Promise<FuzzedServer>])[] = [
  ["the controller's API", async () => fuzzed(await controllerApi(), API_SEEDS)],
  ["the embedded Mesos", async () => fuzzed(await embeddedMesos(), MESOS_SEEDS)],
  ["the agent", async () => fuzzed(await agent(false), AGENT_SEEDS)],
  ["the agent within TLS", async () => fuzzed(await agent(true), AGENT_SEEDS)],
  ["the proxy", proxy],
];

function fuzzed(door: Door, seeds: readonly Seed[]): FuzzedServer {
  const { port, tls, authorization, normal } = door;
  const plain = () => connect(port, "127.0.0.1");
  const inTls = () => dial("127.0.0.1", port, { token: TOKEN, tls: true });
  const headers = { Authorization: authorization.replace(/^Authorization: |\r\n$/g, "") };
  return {
    ...{ port, seeds, authorization: authorization.trim() },
    connect: (inside) => (tls && inside ? inTls() : plain()),
    requireWell: async () => {
      const { status, body } = await ask(tls ? inTls : plain, normal, headers);
      if (status !== 200) throw new Error(`${normal} was answered ${status}: ${body}`);
      JSON.parse(body);
    },
    close: () => door.close(),
  };
}

async function proxy(): Promise<FuzzedServer> {
  const jupyter = await FickleJupyter.start();
  const server = await startProxy();
  server.setTarget(at(jupyter, 1));
  const { port } = server.status();
  const dialled = () => connect(port, "127.0.0.1");
  return {
    ...{ port, seeds: PROXY_SEEDS, authorization: "Authorization: token t", connect: dialled },
    requireWell: async () => {
      const { status, body } = await ask(dialled, "/api/status", {});
      if (status !== 200 || body !== "well") throw new Error(`answered ${status}: ${body}`);
      if (server.stats().active !== 0) await drained(() => server.stats().active);
    },
    answer: (answer) => jupyter.answerWith(answer),
    close: async () => {
      await server.close();
      await jupyter.close();
    },
  };
}

/** Longer than every time-out of the proxy that ends what its client has left. */
const DRAIN_MS_MAX = 5_000;

/** A request that a hostile target left open ends with its client, some turns later. */
async function drained(active: () => number): Promise<void> {
  const end = performance.now() + DRAIN_MS_MAX;
  while (active() > 0) {
    if (performance.now() > end)
      throw new Error(`${active()} requests without a client are under way still`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function ask(dialled: () => Socket, path: string, headers: Record<string, string>) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const asked = request({ path, headers, createConnection: dialled });
    asked.once("error", reject);
    asked.once("response", (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asked.end();
  });
}
