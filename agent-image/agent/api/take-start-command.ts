/** `PUT /v1/start`, whatever it came over. */
import type { NodeConfig, StartCommand } from "../../../controller/model/agent-api.ts";
import type { AgentRefusal } from "../../../controller/model/agent-refusal.ts";
import { CheckError } from "../../../controller/support/checker.ts";
import { UnknownVersionError } from "./api-version.ts";
import { parseStartCommand } from "./parse-start-command.ts";

/** As HTTP says it: 202 accepted, 400 malformed, 409 the data directory forbids it. */
export type OrderAnswer =
  | { readonly status: 202; readonly answer: { readonly commandId: string } }
  | { readonly status: 400; readonly answer: { readonly message: string } }
  | { readonly status: 409; readonly answer: AgentRefusal };

/** @param config this node's */
export function takeCommand(
  value: unknown,
  config: Pick<NodeConfig, "slot" | "etcd">,
  accept: (command: StartCommand) => AgentRefusal | null,
): OrderAnswer {
  let command: StartCommand;
  try {
    command = parseStartCommand(value, config);
  } catch (error) {
    if (error instanceof UnknownVersionError) {
      return { status: 409, answer: { code: "UnsupportedVersion", message: error.message } };
    }
    if (!(error instanceof CheckError)) throw error;
    return { status: 400, answer: { message: error.message } };
  }
  const refusal = accept(command);
  if (refusal !== null) return { status: 409, answer: refusal };
  return { status: 202, answer: { commandId: command.commandId } };
}
