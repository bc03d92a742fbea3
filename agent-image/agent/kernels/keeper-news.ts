/** What a keeper says on its control socket: one JSON object a line. Pure. */
import type { KernelFront } from "../../../controller/model/kernels.ts";
import { Checker, CheckError } from "../../../controller/support/checker.ts";
import { frontOf } from "../../../controller/support/kernel-values.ts";

export type KeeperNews =
  | { readonly type: "started"; readonly pid: number }
  | { readonly type: "front"; readonly front: KernelFront }
  | { readonly type: "state"; readonly state: "starting" | "idle" | "busy" }
  | { readonly type: "exit"; readonly code: number | null; readonly signal: string | null }
  | { readonly type: "refused"; readonly message: string };

const TEXT = /^[^\p{Cc}]{0,1000}$/u;

/** @returns null for what is not understood, or need not be: a keeper runs as the user, who may say anything */
export function readNews(line: string): KeeperNews | null {
  try {
    const root = new Checker(JSON.parse(line), "news");
    const told = (name: string) => !root.holds(name, (v) => v === undefined);
    if (told("started")) {
      return { type: "started", pid: root.object("started").integer("pid", 2, 2 ** 22) };
    }
    if (told("front")) {
      const front = frontOf(root.object("front"));
      return front && { type: "front", front };
    }
    if (told("exit")) {
      const exit = root.object("exit");
      const none = exit.holds("code", (v) => v === null);
      const code = none ? null : exit.integer("code", -(2 ** 31), 2 ** 31);
      return { type: "exit", code, signal: exit.nullableString("signal", TEXT) };
    }
    if (told("refused")) {
      return { type: "refused", message: root.object("refused").string("message", TEXT) };
    }
    if (root.holds("state", (v) => v === "dead")) return null;
    return { type: "state", state: root.oneOf("state", ["starting", "idle", "busy"]) };
  } catch (error) {
    if (error instanceof CheckError || error instanceof SyntaxError) return null;
    throw error;
  }
}
