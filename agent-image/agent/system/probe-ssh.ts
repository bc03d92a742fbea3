/** Whether a service answers as sshd does, within a deadline. */
import { connect } from "node:net";
import type { ProbeAnswer } from "../ports/processes.ts";
import { probeDeadline } from "./probe-deadline.ts";

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
    const cancel = probeDeadline(timeoutMs, () => end("unanswered"));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.length >= 4) end(text.startsWith("SSH-") ? "ready" : "wrong");
    });
    socket.once("error", () => end("refused"));
    socket.once("close", () => end("refused"));
  });
}
