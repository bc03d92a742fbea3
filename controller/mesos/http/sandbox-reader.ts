/**
 * Reads from an executor's sandbox over its agent's `/files/read`, with the credentials and the TLS
 * of the masters. The path is the one that an agent gives each executor besides the real one
 * (Mesos's slave.cpp: `/frameworks/FID/executors/EID/runs/latest`).
 */
import { ERROR_CODES, messageOf, OperationError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports.ts";
import type { Connection, MasterConnections } from "./connections.ts";
import { addressText, type MasterPlace } from "./master-address.ts";

export const READ_DEADLINE_MS = 5_000;
/** From the end of the file. Bytes. */
const TAIL_BYTES = 16 * 1024;
/** Asked at this offset, an agent tells the file's size. */
const SIZE = -1;

interface FilePart {
  readonly data: string;
  readonly offset: number;
}

export class SandboxReader {
  constructor(
    private readonly transport: MasterConnections,
    private readonly clock: Clock,
  ) {}

  /**
   * The end of what it wrote to stderr, 16 KiB at most.
   *
   * @throws OperationError ERR_MESOS_UNREACHABLE, ERR_MESOS_REFUSED, ERR_TIMEOUT
   */
  async stderr(agent: MasterPlace, frameworkId: string, executorId: string): Promise<string> {
    const ids = [frameworkId, executorId].map(encodeURIComponent);
    const path = `/frameworks/${ids[0]}/executors/${ids[1]}/runs/latest/stderr`;
    const deadline = new AbortController();
    const cancel = this.clock.after(READ_DEADLINE_MS, () => deadline.abort());
    const pool = this.transport.callPool({ ...agent, path });
    const read = (offset: number) => readPart(pool, { path, offset, signal: deadline.signal });
    const readPart = async (connection: Connection, what: PartWanted) =>
      partOf(await this.request(connection, agent, what), agent);
    try {
      const { offset: size } = await read(SIZE);
      return (await read(Math.max(0, size - TAIL_BYTES))).data;
    } catch (error) {
      throw deadline.signal.aborted ? timeout(agent) : unreachable(agent, error);
    } finally {
      cancel();
      await pool.destroy();
    }
  }

  private async request(
    pool: Connection,
    agent: MasterPlace,
    { path, offset, signal }: PartWanted,
  ): Promise<string> {
    const query = new URLSearchParams({
      path,
      offset: String(offset),
      length: String(TAIL_BYTES),
    });
    const { statusCode, body } = await pool.request({
      method: "GET",
      path: `/files/read?${query.toString()}`,
      headers: this.transport.headers(),
      body: "",
      signal,
    });
    const text = await body.text();
    if (statusCode === 200) return text;
    throw refused(agent, `answers ${statusCode}: ${text.trim().slice(0, 200) || "no reason"}`);
  }
}

interface PartWanted {
  readonly path: string;
  readonly offset: number;
  readonly signal: AbortSignal;
}

function partOf(text: string, agent: MasterPlace): FilePart {
  const part = parsed(text);
  if (typeof part?.data === "string" && Number.isSafeInteger(part.offset)) return part as FilePart;
  throw refused(agent, "answers something else than a part of a file.");
}

function parsed(text: string): Partial<FilePart> | null {
  try {
    return JSON.parse(text) as Partial<FilePart> | null;
  } catch {
    return null;
  }
}

const OPERATION = "read a sandbox";

function refused(agent: MasterPlace, what: string): OperationError {
  const message = `The Mesos agent at ${addressText(agent)} ${what}`;
  return new OperationError(ERROR_CODES.MESOS_REFUSED, OPERATION, message);
}

function timeout(agent: MasterPlace): OperationError {
  const message = `The Mesos agent at ${addressText(agent)} did not answer within ${READ_DEADLINE_MS} ms.`;
  return new OperationError(ERROR_CODES.TIMEOUT, OPERATION, message);
}

function unreachable(agent: MasterPlace, error: unknown): OperationError {
  if (error instanceof OperationError) return error;
  const message = `The Mesos agent at ${addressText(agent)} does not answer: ${messageOf(error)}.`;
  return new OperationError(ERROR_CODES.MESOS_UNREACHABLE, OPERATION, message, { cause: error });
}
