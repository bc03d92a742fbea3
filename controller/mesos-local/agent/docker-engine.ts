/** What the embedded agents need of a Docker engine; the tests bring one of their own. */
import type { ContainerInspectInfo } from "dockerode";
import type { ContainerBody } from "./parameters.ts";

export interface DockerEngine {
  /** @returns the container's Docker id */
  create(name: string, body: ContainerBody): Promise<string>;
  start(dockerId: string): Promise<void>;
  /** null: there is no such container. Answered after an end that is under way is complete. */
  inspect(dockerId: string): Promise<ContainerInspectInfo | null>;
  /** Stop signal, then SIGKILL after the grace. A container that is gone or ended is fine. */
  stop(dockerId: string, graceSeconds: number): Promise<void>;
  /** Kills and removes, with anonymous volumes, never named ones. Absent is fine. */
  remove(dockerId: string): Promise<void>;
  pull(image: string): Promise<void>;
  /** The last lines that a container wrote; nothing when there is no such container. */
  logs(dockerId: string): Promise<ContainerOutput>;
  /** All containers of this instance, ended ones included. */
  list(): Promise<readonly OwnContainer[]>;
  ping(): Promise<void>;
  /** The directory in which the engine keeps containers and volumes, as the engine sees it. */
  dataRoot(): Promise<string>;
  /**
   * Opens the stream of container ends. Resolves when the engine has accepted it, so that a list
   * taken afterwards misses nothing.
   */
  watchEnds(onEnd: (end: ContainerEnd) => void, onClosed: (why: string) => void): Promise<Watch>;
}

/**
 * A container of this instance. It is told by its label: whoever works with the engine may give it
 * another name at any time.
 */
export interface OwnContainer {
  readonly dockerId: string;
  /** The name under which it was made. */
  readonly madeAs: string;
  /** Its task as its master wrote it, see recorded-task.ts; null: it does not say. */
  readonly record: string | null;
}

export interface ContainerOutput {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface ContainerEnd extends Pick<OwnContainer, "dockerId" | "madeAs"> {
  readonly exitCode: number;
}

export interface Watch {
  close(): void;
}

export type EngineErrorKind = "no-such-image" | "refused" | "unreachable";

/** A failed call. `message` is Docker's own, without the client's decoration. */
export class EngineError extends Error {
  override readonly name = "EngineError";

  constructor(
    readonly kind: EngineErrorKind,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
