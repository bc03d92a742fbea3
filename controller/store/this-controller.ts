/** Who this process is to the others of its site. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { RELEASE } from "../model/release.ts";
import type { ControllerRecord } from "./state-backend.ts";

/** @param apiUrl where its API is reached, or what it does where it has none */
export function thisController(apiUrl: string): ControllerRecord {
  return {
    id: randomUUID(),
    hostname: hostname(),
    pid: process.pid,
    apiUrl,
    version: RELEASE,
    startedAt: new Date().toISOString(),
  };
}
