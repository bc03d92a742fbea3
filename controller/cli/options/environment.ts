/** Options whose value may come from the environment as well; the command line goes first. */
import { type Command, InvalidArgumentError, type Option } from "commander";
import type { CliContext } from "../context.ts";

/**
 * An environment variable that is empty counts as not set. It is parsed by the option's own parser,
 * only for the verb that takes it, and a wrong one is told as a wrong option is.
 */
export function addEnvironmentOption(
  command: Command,
  context: CliContext,
  option: Option,
  variable: string,
): Command {
  option.description += ` (env ${variable})`;
  const key = option.attributeName();
  return command.addOption(option).hook("preAction", () => {
    const text = context.env[variable] ?? "";
    const given = command.getOptionValueSource(key);
    if (text === "" || (given !== undefined && given !== "default")) return;
    const value = parsed(command, option, text, variable);
    command.setOptionValueWithSource(key, value, "env");
  });
}

function parsed(command: Command, option: Option, text: string, variable: string): unknown {
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    return command.error(
      `error: option '${option.flags}' value '${text}' from env '${variable}' is invalid. ` +
        error.message,
    );
  }
}
