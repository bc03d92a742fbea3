/** What clients do with a proxy; each says how much was done. */
import { execFile } from "node:child_process";
import { get } from "node:http";
import { promisify } from "node:util";
import { WebSocket } from "ws";
import {
  CONNECTIONS,
  IDLE_SOCKETS,
  LARGE_BYTES,
  LARGE_PATH,
  MESSAGES,
  REQUESTS_SECONDS,
  SMALL_BYTES,
  TALKING_SOCKETS,
} from "./what.ts";

const run = promisify(execFile);
/** Handshakes at a time. */
const OPENING = 50;

/** @returns how many requests were answered @throws Error when one was not, or not with 200 */
export async function requests(port: number): Promise<number> {
  const options = ["-t", "1", "-c", String(CONNECTIONS), "-d", `${REQUESTS_SECONDS}s`];
  const { stdout } = await run("wrk", [...options, `http://127.0.0.1:${port}/`]);
  const count = /^\s*(\d+) requests in/m.exec(stdout)?.[1];
  if (count === undefined || /Socket errors|Non-2xx/.test(stdout)) {
    throw new Error(`not every request was answered:\n${stdout}`);
  }
  return Number(count);
}

/** @returns how many messages came back */
export async function messages(port: number): Promise<number> {
  const sockets = await openWebSockets(port, TALKING_SOCKETS);
  const each = MESSAGES / TALKING_SOCKETS;
  const payload = Buffer.alloc(SMALL_BYTES, "z");
  const talk = (socket: WebSocket) =>
    new Promise<void>((resolve, reject) => {
      let left = each;
      socket.on("close", (code) => reject(new Error(`a WebSocket was closed: ${code}`)));
      socket.on("message", (data: Buffer) => {
        if (data.length !== payload.length) return reject(new Error("not what was sent"));
        left -= 1;
        return left === 0 ? resolve() : socket.send(payload);
      });
      socket.send(payload);
    });
  await Promise.all(sockets.map(talk));
  closeAll(sockets);
  return MESSAGES;
}

/** @returns how many downloads there were: one */
export function download(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = get({ host: "127.0.0.1", port, path: LARGE_PATH, agent: false }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.once("close", () => {
        if (bytes === LARGE_BYTES) resolve(1);
        else reject(new Error(`${bytes} of ${LARGE_BYTES} bytes came`));
      });
    });
    asked.once("error", reject);
  });
}

/** Opens as many as stay idle, and closes them when `then` is done. */
export async function withIdleSockets(port: number, then: () => Promise<void>): Promise<void> {
  const sockets: WebSocket[] = [];
  while (sockets.length < IDLE_SOCKETS) sockets.push(...(await openWebSockets(port, OPENING)));
  await then();
  const closed = sockets.filter(({ readyState }) => readyState !== WebSocket.OPEN).length;
  closeAll(sockets);
  if (closed > 0) throw new Error(`${closed} idle WebSockets were closed`);
}

function openWebSockets(port: number, count: number): Promise<WebSocket[]> {
  const opened = Array.from({ length: count }, () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, { perMessageDeflate: false });
    return new Promise<WebSocket>((resolve, reject) => {
      socket.once("open", () => resolve(socket));
      socket.on("error", reject);
    });
  });
  return Promise.all(opened);
}

function closeAll(sockets: readonly WebSocket[]): void {
  for (const socket of sockets) {
    socket.removeAllListeners("close");
    socket.terminate();
  }
}
