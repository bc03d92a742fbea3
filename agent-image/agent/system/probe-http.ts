/** Whether a service answers HTTP, within a deadline. */
import { Agent, request } from "node:http";
import type { ProbeAnswer } from "../ports/processes.ts";
import { probeDeadline } from "./probe-deadline.ts";

/** A standing connection costs the server and us less than a new one each time. */
const keptAlive = new Agent({ keepAlive: true, maxSockets: 1 });

/** @returns `ready` when GET answered 200 within `timeoutMs` */
export function probeHttp(host: string, port: number, path: string, timeoutMs: number) {
  return new Promise<ProbeAnswer>((resolve) => {
    const probe = request({ host, port, path, agent: keptAlive });
    const cancel = probeDeadline(timeoutMs, () => {
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
