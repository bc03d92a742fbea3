/** The border to what agents say: beyond it an AgentStatus is one. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { AgentStatus } from "../model/agent-api.ts";
import {
  agentVersionOf,
  type AgentVersion,
  commonApiVersion,
  unsupportedText,
} from "../model/release.ts";
import { withPresentNames } from "../model/renamed.ts";
import { AGENT_STATUS_SCHEMA } from "./agent-status.schema.ts";

export type ParsedStatus =
  | { readonly ok: true; readonly status: AgentStatus }
  | {
      readonly ok: false;
      readonly problem: string;
      /** The agent speaks no version of the contract that we do, so nothing else of it is judged. */
      readonly unsupported?: UnsupportedAgent;
    };

export interface UnsupportedAgent extends AgentVersion {
  readonly taskId: string;
}

/** Compiled when the first agent speaks: it takes longer than all else before a command's start. */
let compiled: ValidateFunction<AgentStatus> | null = null;

function validator(): ValidateFunction<AgentStatus> {
  const ajv = () => new Ajv2020({ strict: true, allowUnionTypes: true });
  compiled ??= ajv().compile<AgentStatus>(AGENT_STATUS_SCHEMA);
  return compiled;
}

/** One line of `/v1/watch`. What does not fit is a value that says why. */
export function parseStatus(line: string): ParsedStatus {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { ok: false, problem: "the agent's message is no JSON" };
  }
  const unsupported = unsupportedIn(value);
  if (unsupported !== null)
    return { ok: false, problem: unsupportedText(unsupported), unsupported };
  const validate = validator();
  if (validate(value)) return { ok: true, status: value };
  const [first] = validate.errors ?? [];
  const renamed = withPresentNames(value);
  if (validate(renamed)) return { ok: true, status: renamed };
  const where = first?.instancePath || "the message";
  return { ok: false, problem: `the agent's message does not fit: ${where} ${first?.message}` };
}

function unsupportedIn(value: unknown): UnsupportedAgent | null {
  if (typeof value !== "object" || value === null) return null;
  const { taskId } = value as { taskId?: unknown };
  const version = agentVersionOf(value);
  if (typeof taskId !== "string" || commonApiVersion(version.apiVersions) !== null) return null;
  return { ...version, taskId };
}
