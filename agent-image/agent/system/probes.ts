/** Whether a service answers its own protocol, within a deadline. */
import { Agent, request } from "node:http";
import { connect } from "node:net";

/** @returns whether an SSH banner came within `timeoutMs` */
export function probeSshBanner(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host, port });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.length >= 4) end(text.startsWith("SSH-"));
    });
    socket.once("error", () => end(false));
    socket.once("close", () => end(false));
  });
}

/** A standing connection costs the server and us less than a new one each time. */
const keptAlive = new Agent({ keepAlive: true, maxSockets: 1 });

/** @returns whether GET answered 200 within `timeoutMs` */
export function probeHttp(
  host: string,
  port: number,
  path: string,
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({ host, port, path, agent: keptAlive });
    const timer = setTimeout(() => probe.destroy(new Error("no answer in time")), timeoutMs);
    probe.once("response", (response) => {
      response.resume();
      response.once("error", () => resolve(false));
      response.once("end", () => resolve(response.statusCode === 200));
    });
    probe.once("error", () => resolve(false));
    probe.once("close", () => {
      clearTimeout(timer);
      resolve(false);
    });
    probe.end();
  });
}
