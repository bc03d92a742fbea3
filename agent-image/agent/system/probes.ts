/** Whether a service answers its own protocol, within a deadline. */
import { Agent, request } from "node:http";
import { connect } from "node:net";
import type { ProbeAnswer } from "../ports/processes.ts";

/** @returns `ready` when an SSH banner came within `timeoutMs` */
export function probeSshBanner(host: string, port: number, timeoutMs: number) {
  return new Promise<ProbeAnswer>((resolve) => {
    let text = "";
    const socket = connect({ host, port });
    const end = (answer: ProbeAnswer) => {
      cancel();
      socket.destroy();
      resolve(answer);
    };
    const cancel = deadline(timeoutMs, () => end("unanswered"));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.length >= 4) end(text.startsWith("SSH-") ? "ready" : "wrong");
    });
    socket.once("error", () => end("refused"));
    socket.once("close", () => end("refused"));
  });
}

/** A standing connection costs the server and us less than a new one each time. */
const keptAlive = new Agent({ keepAlive: true, maxSockets: 1 });

/** @returns `ready` when GET answered 200 within `timeoutMs` */
export function probeHttp(host: string, port: number, path: string, timeoutMs: number) {
  return new Promise<ProbeAnswer>((resolve) => {
    const probe = request({ host, port, path, agent: keptAlive });
    const cancel = deadline(timeoutMs, () => {
      resolve("unanswered");
      probe.destroy();
    });
    probe.once("response", (response) => {
      response.resume();
      response.once("error", () => resolve("refused"));
      response.once("end", () => resolve(response.statusCode === 200 ? "ready" : "wrong"));
    });
    probe.once("error", () => resolve("refused"));
    probe.once("close", () => {
      cancel();
      resolve("refused");
    });
    probe.end();
  });
}

/**
 * Who stood still itself finds its timers due before it has read what came meanwhile: that is read
 * first.
 */
function deadline(ms: number, onOver: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    immediate = setImmediate(onOver);
  }, ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}
