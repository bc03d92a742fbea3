/**
 * An address that swallows TCP, as that of a killed container does: a listener that never accepts
 * and whose queue is full, so that the kernel drops every further SYN.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";

const LISTENER = `
const { createServer } = require("node:net");
const { parentPort, workerData } = require("node:worker_threads");
const server = createServer().listen({ ...workerData, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
`;
const FILLERS_MAX = 20;

export interface Swallower {
  readonly ip: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** @param wanted 0: any free port */
export async function startSwallower(ip = "127.0.0.1", wanted = 0): Promise<Swallower> {
  const worker = new Worker(LISTENER, { eval: true, workerData: { host: ip, port: wanted } });
  const [port] = (await once(worker, "message")) as [number];
  const fillers: Socket[] = [];
  while (await accepts(ip, port, fillers)) {
    if (fillers.length > FILLERS_MAX) throw new Error("the queue does not fill");
  }
  return {
    ip,
    port,
    stop: async () => {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}

/** Connecting on loopback takes far less than a millisecond, or it does not happen at all. */
function accepts(ip: string, port: number, fillers: Socket[]): Promise<boolean> {
  const socket = connect({ host: ip, port });
  fillers.push(socket);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 200);
    socket.on("error", () => {});
    socket.once("connect", () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
