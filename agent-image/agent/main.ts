/** Entry of the agent: the only child of PID 1 in every container. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { messageOf } from "../../controller/model/errors.ts";
import { Agent } from "./agent.ts";
import { readNodeConfig } from "./config.ts";
import { KEEPER_FILE, KERNELS_SOCKET, LOG_DIR, PREVIOUS_LOG_DIR } from "./paths.ts";
import { connectLocalEtcd } from "./etcd/grpc-client.ts";
import { KernelServer } from "./http/kernel-server.ts";
import { lateServer } from "./http/late-server.ts";
import { agentLogger } from "./status/agent-log.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { nodeKernelHost } from "./system/node-kernel-host.ts";
import { nodeDataDisk } from "./system/node-data-disk.ts";
import { nodeFiles } from "./system/node-files.ts";
import { readUsage } from "./system/node-usage.ts";
import { nodeProcesses } from "./system/node-processes.ts";
import { keepLogsBefore } from "./unit/previous-logs.ts";
import { UnitLog } from "./unit/unit-log.ts";

/** Docker and Mesos kill what has not ended by then; so much is left to end by force ourselves. */
const STOP_MS_MAX = 4_000;

async function main(): Promise<void> {
  const unkept = keepLogsBefore(LOG_DIR, PREVIOUS_LOG_DIR);
  const logs = unitLogs(LOG_DIR);
  const log = agentLogger(systemClock, logs.agent);
  if (unkept !== null) log.warn({ error: unkept }, "logs of the container before are not kept");
  const config = readNodeConfig(process.env);
  const agent = new Agent({
    config,
    instanceId: randomUUID(),
    ports: {
      clock: systemClock,
      soon: setImmediate,
      log,
      files: nodeFiles,
      processes: nodeProcesses,
      connectEtcd: () => connectLocalEtcd(config.etcd),
    },
    logs,
    kernels: existsSync(KEEPER_FILE)
      ? {
          host: nodeKernelHost,
          output: logs.kernels,
          serve: (api) => new KernelServer({ path: KERNELS_SOCKET, api, clock: systemClock, log }),
        }
      : null,
    disk: nodeDataDisk,
    preload: () => import("./etcd/etcd3.ts"),
    onStop: () => stop("POST /v1/stop"),
    serve: (api) =>
      lateServer(async () => {
        const { HttpApi } = await import("./http/http-server.ts");
        return new HttpApi({
          ...api,
          config,
          clock: systemClock,
          log,
          logs: new Map(Object.entries(logs)),
          usage: () => readUsage(nodeFiles),
          previousLogs: new Map(Object.entries(unitLogs(PREVIOUS_LOG_DIR))),
        });
      }),
  });

  let stopping = false;
  const stop = (why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, "stopping");
    // With this process PID 1 ends, and with that whatever would not go.
    setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
    agent
      .stop()
      .then(() => logs.agent.flush())
      .then(() => process.exit(0))
      .catch(fail);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await agent.start();
}

function unitLogs(directory: string) {
  const unitLog = (name: string) => new UnitLog(`${directory}/${name}.log`);
  return {
    etcd: unitLog("etcd"),
    sshd: unitLog("sshd"),
    jupyter: unitLog("jupyter"),
    agent: unitLog("agent"),
    kernels: unitLog("kernels"),
  };
}

function fail(error: unknown): never {
  process.stderr.write(`jupyter-cluster agent: ${messageOf(error)}\n`);
  process.exit(1);
}

main().catch(fail);
