/** The border to what agents say: beyond it an AgentStatus is one. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { AgentStatus } from "../model/agent-api.ts";
import { withPresentNames } from "../model/renamed.ts";
import { AGENT_STATUS_SCHEMA } from "./agent-status.schema.ts";

export type ParsedStatus =
  | { readonly ok: true; readonly status: AgentStatus }
  | { readonly ok: false; readonly problem: string };

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
  const validate = validator();
  if (validate(value)) return { ok: true, status: value };
  const [first] = validate.errors ?? [];
  const renamed = withPresentNames(value);
  if (validate(renamed)) return { ok: true, status: renamed };
  const where = first?.instancePath || "the message";
  return { ok: false, problem: `the agent's message does not fit: ${where} ${first?.message}` };
}
