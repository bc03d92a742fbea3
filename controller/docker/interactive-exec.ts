/** A command in a container, joined to the streams of a terminal or of a script. */
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { ERROR_CODES, OperationError } from "../model/errors.ts";
import { CHANGE_MS, dockerCall, LOOK_MS } from "./docker-calls.ts";
import { OutputFrames } from "./output-frames.ts";

/** The output may end a moment before the engine knows the exit code. */
const EXIT_CODE_MS_MAX = 10_000;
const EXIT_CODE_POLL_MS = 20;

export interface ExecRequest {
  readonly command: readonly string[];
  /** Name or id in the container; the image's own when left out. */
  readonly user?: string;
  /** `NAME=value`, besides those of the container. */
  readonly env?: readonly string[];
  /** Aborted: whoever asked has gone, and what the command still says is nobody's. */
  readonly signal?: AbortSignal;
}

/** `process` is one. A terminal is used when stdin and stdout are both terminals. */
export interface ExecStreams {
  readonly stdin: Readable & {
    readonly isTTY?: boolean;
    setRawMode?(raw: boolean): unknown;
  };
  readonly stdout: Writable & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly stderr: Writable;
}

/**
 * @returns the command's exit code
 * @throws OperationError ERR_NOT_FOUND, ERR_DOCKER_REFUSED (it does not run, no such user), …
 */
export async function interactiveExec(
  docker: Docker,
  containerId: string,
  request: ExecRequest,
  streams: ExecStreams,
): Promise<number> {
  const operation = `exec in container ${containerId.slice(0, 12)}`;
  const tty = streams.stdin.isTTY === true && streams.stdout.isTTY === true;
  const exec = await dockerCall(operation, CHANGE_MS, (abortSignal) =>
    docker.getContainer(containerId).exec({
      Cmd: [...request.command],
      Env: [...(request.env ?? [])],
      ...(request.user === undefined ? {} : { User: request.user }),
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: tty,
      abortSignal,
    }),
  );
  const socket = (await dockerCall(operation, CHANGE_MS, () =>
    exec.start({ hijack: true, stdin: true, Tty: tty }),
  )) as Socket;
  const detach = tty ? await useTerminal(exec, streams) : () => undefined;
  const leave = () => socket.destroy();
  request.signal?.addEventListener("abort", leave);
  try {
    await join(socket, streams, tty);
  } finally {
    detach();
    request.signal?.removeEventListener("abort", leave);
    socket.destroy();
  }
  return exitCode(operation, exec);
}

/** Keys go through as they are pressed, and the size follows; undone by the returned function. */
async function useTerminal(exec: Docker.Exec, streams: ExecStreams): Promise<() => void> {
  const { stdin, stdout } = streams;
  const resize = async () => {
    const { columns = 80, rows = 24 } = stdout;
    try {
      await dockerCall("resize", LOOK_MS, (abortSignal) =>
        exec.resize({ w: columns, h: rows, abortSignal }),
      );
    } catch (error) {
      // The command is over already, or the picture is a little off: no reason to end the session.
      if (!(error instanceof OperationError)) throw error;
    }
  };
  const onResize = () => void resize();
  stdin.setRawMode?.(true);
  stdout.on("resize", onResize);
  await resize();
  return () => {
    stdout.off("resize", onResize);
    stdin.setRawMode?.(false);
  };
}

/** Resolves when the command has closed its output; stdin's end is passed on and not waited for. */
function join(socket: Socket, streams: ExecStreams, tty: boolean): Promise<void> {
  const { stdin, stdout, stderr } = streams;
  const frames = new OutputFrames();
  const onInput = (chunk: Buffer) => {
    if (!socket.write(chunk)) {
      stdin.pause();
      socket.once("drain", () => stdin.resume());
    }
  };
  const onInputEnd = () => socket.end();
  return new Promise<void>((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => {
      const parts = tty ? [{ target: "stdout" as const, bytes: chunk }] : frames.push(chunk);
      for (const { target, bytes } of parts) {
        const sink = target === "stderr" ? stderr : stdout;
        if (sink.write(bytes)) continue;
        socket.pause();
        sink.once("drain", () => socket.resume());
      }
    });
    socket.once("error", reject);
    socket.once("end", resolve);
    socket.once("close", () => resolve());
    stdin.on("data", onInput);
    if (stdin.readableEnded) onInputEnd();
    else stdin.once("end", onInputEnd);
  }).finally(() => {
    stdin.off("data", onInput);
    stdin.off("end", onInputEnd);
    // A terminal's stdin never ends: left flowing it would keep the process alive.
    stdin.pause();
  });
}

async function exitCode(operation: string, exec: Docker.Exec): Promise<number> {
  const end = performance.now() + EXIT_CODE_MS_MAX;
  while (performance.now() < end) {
    const state = await dockerCall(operation, LOOK_MS, (abortSignal) =>
      exec.inspect({ abortSignal }),
    );
    if (!state.Running && state.ExitCode !== null) return state.ExitCode;
    await delay(EXIT_CODE_POLL_MS);
  }
  const message = "The command closed its output and still runs; its exit code is not known.";
  throw new OperationError(ERROR_CODES.TIMEOUT, operation, message);
}
