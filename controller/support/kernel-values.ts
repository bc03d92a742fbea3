/** Values of the keys of kernels (model/kernels.ts), checked as all that comes from etcd. Pure. */
import {
  KERNEL_EXIT_REASONS,
  KERNEL_STATES,
  type KernelExit,
  type KernelFront,
  type KernelSession,
  type KernelSpec,
  type KernelStatus,
} from "../model/kernels.ts";
import type { Checker } from "./checker.ts";
import { Z85_KEY } from "./key-values.ts";

const NUMBER_MAX = Number.MAX_SAFE_INTEGER;
/** Milliseconds since the epoch, as far as a date can be. */
const TIME_MAX = 8.64e15;
const SLOT_MAX = 65_535;
const INT_MAX = 2 ** 31 - 1;
/** As Jupyter makes them, and nothing that ends a path of etcd's keys or of a directory. */
export const KERNEL_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,99}$/;
/** A word of a command, a path, a variable: whatever a process takes. */
const WORD = /^[^\0]{0,32768}$/;
const NAME = /^[^\p{Cc}]{1,300}$/u;
const VARIABLE = /^[^\0=]{1,300}$/;
const LINE = /^[^\p{Cc}]{0,1000}$/u;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
/** Linux's signals. */
export const SIGNAL_MAX = 64;

/** What of a kernel's desired state Jupyter gives. @throws CheckError */
export function launchOf(root: Checker): Pick<KernelSpec, "name" | "argv" | "cwd" | "env"> {
  return {
    name: root.string("name", NAME),
    argv: root.strings("argv", WORD),
    cwd: root.string("cwd", WORD),
    env: root.stringMap("env", VARIABLE, WORD),
  };
}

/** @throws CheckError */
export function kernelSpecOf(root: Checker): KernelSpec {
  const signal = root.nullableObject("signal");
  return {
    kernelId: root.string("kernelId", KERNEL_ID),
    ...launchOf(root),
    incarnation: root.integer("incarnation", 1, NUMBER_MAX),
    slot: root.integer("slot", 0, SLOT_MAX),
    taskId: root.string("taskId", LINE),
    createdAt: root.integer("createdAt", 0, TIME_MAX),
    term: root.integer("term", 0, NUMBER_MAX),
    signal: signal && {
      seq: signal.integer("seq", 1, NUMBER_MAX),
      signal: signal.integer("signal", 1, SIGNAL_MAX),
    },
    lastExit: exitOf(root.nullableObject("lastExit")),
  };
}

/** @throws CheckError */
export function kernelStatusOf(root: Checker): KernelStatus {
  return {
    kernelId: root.string("kernelId", KERNEL_ID),
    incarnation: root.integer("incarnation", 1, NUMBER_MAX),
    slot: root.integer("slot", 0, SLOT_MAX),
    taskId: root.string("taskId", LINE),
    state: root.oneOf("state", KERNEL_STATES),
    since: root.integer("since", 0, TIME_MAX),
    memoryBytes: root.integer("memoryBytes", 0, NUMBER_MAX),
    front: frontOf(root.nullableObject("front")),
    done: root.integer("done", 0, NUMBER_MAX),
    exit: exitOf(root.nullableObject("exit")),
    lastExit: exitOf(root.nullableObject("lastExit")),
  };
}

/** @throws CheckError */
export function kernelSessionOf(root: Checker): KernelSession {
  return {
    sessionId: root.string("sessionId", KERNEL_ID),
    path: root.string("path", WORD),
    name: root.string("name", WORD),
    type: root.string("type", NAME),
    kernelId: root.string("kernelId", KERNEL_ID),
  };
}

/** @throws CheckError */
export function frontOf(front: Checker | null): KernelFront | null {
  if (front === null) return null;
  const ports = front.object("ports");
  const port = (name: string) => ports.integer(name, 1, 65_535);
  return {
    term: front.integer("term", 0, NUMBER_MAX),
    ip: front.string("ip", IPV4),
    ports: {
      shell: port("shell"),
      iopub: port("iopub"),
      stdin: port("stdin"),
      control: port("control"),
      hb: port("hb"),
    },
    serverKey: front.string("serverKey", Z85_KEY),
    key: front.string("key", LINE),
  };
}

function exitOf(exit: Checker | null): KernelExit | null {
  return (
    exit && {
      incarnation: exit.integer("incarnation", 1, NUMBER_MAX),
      at: exit.integer("at", 0, TIME_MAX),
      reason: exit.oneOf("reason", KERNEL_EXIT_REASONS),
      message: exit.string("message", LINE),
      code: exit.holds("code", (v) => v === null) ? null : exit.integer("code", -INT_MAX, INT_MAX),
      signal: exit.nullableString("signal", LINE),
    }
  );
}
