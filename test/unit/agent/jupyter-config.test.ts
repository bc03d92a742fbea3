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

/** Its part of this name. */
function part(name: string, idle?: NonNullable<NodeConfig["jupyter"]["idle"]>, socket?: string) {
  const files = { configFile: "c", cookieSecretFile: "s", kernelsSocket: socket ?? null };
  const jupyter = { ...config.jupyter, ...(idle === undefined ? {} : { idle }) };
  const text = jupyterConfig({ ...config, jupyter }, { token: "t", cookieSecret: "c" }, files);
  return (JSON.parse(text) as Record<string, unknown>)[name];
}

describe("jupyterConfig", () => {
  test("ends nothing that is idle unless the spec says so", () => {
    expect(part("MappingKernelManager")).toEqual({});
    expect(part("TerminalManager")).toEqual({});
  });

  test("ends idle kernels, those with a page open too, and silent terminals, each after its own wait", () => {
    const idle = { kernelsAfterSeconds: 3600, terminalsAfterSeconds: 5 };
    expect(part("MappingKernelManager", idle, "/run/x.sock")).toEqual({
      buffer_offline_messages: false,
      ...{ cull_idle_timeout: 3600, cull_interval: 300, cull_connected: true },
    });
    expect(part("TerminalManager", idle)).toEqual({ cull_inactive_timeout: 5, cull_interval: 1 });
  });

  test("pings each WebSocket well before a silent connection is cut off, in seconds", () => {
    const files = { configFile: "c", cookieSecretFile: "s", kernelsSocket: null };
    const text = jupyterConfig(config, { token: "t", cookieSecret: "c" }, files);
    const { ServerApp } = JSON.parse(text) as { ServerApp: { websocket_ping_interval: number } };
    expect(ServerApp.websocket_ping_interval).toBe(30);
    expect(ServerApp.websocket_ping_interval * 1000).toBeLessThan(LIMITS.idleMs / 2);
  });
});
