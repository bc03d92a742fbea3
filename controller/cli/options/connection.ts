/** Options that several verbs share, and what they resolve to. */
import { Option } from "commander";
import type { Command } from "commander";
import { ApiClient } from "../client/api-client.ts";
import { addEnvironmentOption } from "./environment.ts";
import { httpUrl } from "./parsers.ts";
import { readControlToken } from "../../store/control-token.ts";
import { stateDirPath } from "../../store/state-dir.ts";
import type { CliContext } from "../context.ts";

/** Of verbs that ask the controller, and, where it listens, of those that run one. */
export const API_VARIABLE = "JUPYTER_CLUSTER_API";
export const DEFAULT_API = "http://127.0.0.1:8001";
export const DEFAULT_NAMESPACE = "default";

export interface ConnectionOptions {
  readonly api: string;
  readonly stateDir: string;
}

export interface NamespaceOptions {
  readonly namespace: string;
}

/** `--api` and `--state-dir`: every verb that talks to the controller. */
export function addConnectionOptions(command: Command, context: CliContext): Command {
  const api = new Option("--api <url>", "address of the controller")
    .argParser(httpUrl)
    .default(httpUrl(DEFAULT_API), DEFAULT_API);
  return addEnvironmentOption(addStateDirOption(command, context), context, api, API_VARIABLE);
}

export function addStateDirOption(command: Command, context: CliContext): Command {
  return command.addOption(
    new Option(
      "--state-dir <dir>",
      "where the controller keeps what it must not forget (env JUPYTER_CLUSTER_STATE_DIR)",
    ).default(stateDirPath(context.env)),
  );
}

export function addNamespaceOption(command: Command): Command {
  return command.option("-n, --namespace <name>", "namespace of the cluster", DEFAULT_NAMESPACE);
}

/** Runs `use` with a client and closes it, whatever happens. */
export async function withClient<T>(
  options: ConnectionOptions,
  use: (client: ApiClient) => Promise<T>,
): Promise<T> {
  const token = () => readControlToken(options.stateDir);
  const client = new ApiClient({ url: options.api, token });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
