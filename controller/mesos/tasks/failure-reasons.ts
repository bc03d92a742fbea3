/**
 * Why a launch failed, fetched from its sandbox before the failure is told: the status of a launch
 * that failed is held until then, for seconds at most. It is not acknowledged meanwhile, so that
 * nothing is lost with this process.
 */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { Logger } from "../../model/ports.ts";
import type { AgentAddresses } from "../http/agent-addresses.ts";
import type { SandboxReader } from "../http/sandbox-reader.ts";
import type { TaskStatus } from "../wire.ts";
import { isBareLaunchFailure, reasonIn } from "./launch-failure.ts";

export interface FailureReasonsDeps {
  readonly addresses: Pick<AgentAddresses, "of">;
  readonly reader: Pick<SandboxReader, "stderr">;
  readonly log: Logger;
  frameworkId(): string | null;
}

/** More at once are told without their reasons. */
const HELD_MAX = 64;

export class FailureReasons {
  private held = 0;

  constructor(private readonly deps: FailureReasonsDeps) {}

  /** Null: there is nothing to look for. Never rejects for what an agent does. */
  explain(status: TaskStatus): Promise<TaskStatus> | null {
    if (!isBareLaunchFailure(status) || this.held >= HELD_MAX) return null;
    this.held += 1;
    return this.look(status).finally(() => {
      this.held -= 1;
    });
  }

  private async look(status: TaskStatus): Promise<TaskStatus> {
    const { message } = status;
    try {
      const reason = await this.reasonOf(status);
      if (reason !== null) return { ...status, message: `${message}: ${reason}` };
      return { ...status, message: `${message} (its sandbox's stderr says no reason)` };
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      const taskId = status.task_id.value;
      this.deps.log.warn({ taskId, error: error.message }, "sandbox of a failed launch not read");
      const why = `the reason is in its sandbox's stderr, which can't be read: ${error.message}`;
      return { ...status, message: `${message} (${why})` };
    }
  }

  private async reasonOf({ agent_id, executor_id, task_id }: TaskStatus): Promise<string | null> {
    const { addresses, reader } = this.deps;
    const agentId = agent_id?.value;
    const agent = agentId === undefined ? undefined : addresses.of(agentId);
    const frameworkId = this.deps.frameworkId();
    if (agent === undefined || frameworkId === null) {
      throw new OperationError(
        ERROR_CODES.MESOS_UNREACHABLE,
        "read a sandbox",
        "the master has not named the agent's address since this controller began.",
      );
    }
    // A task without an executor of its own has one of its own id.
    const executorId = executor_id?.value ?? task_id.value;
    return reasonIn(await reader.stderr(agent, frameworkId, executorId));
  }
}
