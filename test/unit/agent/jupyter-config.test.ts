import { describe, expect, test } from "vitest";
import { jupyterConfig } from "../../../agent-image/agent/jupyter/jupyter-config.ts";
import type { NodeConfig } from "../../../controller/model/agent-api.ts";
import { LIMITS } from "../../../controller/proxy/limits.ts";

const config: NodeConfig = {
  namespace: "default",
  cluster: "nb",
  slot: 0,
  taskId: "t",
  ip: "172.30.0.10",
  tokenSha256: "00",
  etcd: { tls: false, heartbeatMs: 20, electionMs: 200, quotaMiB: 64 },
  jupyter: { port: 8888, auth: "token", standby: "warm" },
  ssh: { user: "admin", authorizedKeys: [] },
  storage: { mountPath: "/home/shared" },
};

describe("jupyterConfig", () => {
  test("pings each WebSocket well before a silent connection is cut off, in seconds", () => {
    const files = { configFile: "c", cookieSecretFile: "s", kernelsSocket: null };
    const text = jupyterConfig(config, { token: "t", cookieSecret: "c" }, files);
    const { ServerApp } = JSON.parse(text) as { ServerApp: { websocket_ping_interval: number } };
    expect(ServerApp.websocket_ping_interval).toBe(30);
    expect(ServerApp.websocket_ping_interval * 1000).toBeLessThan(LIMITS.idleMs / 2);
  });
});
