/** What may come next on a command line that is being typed, from the verbs and options themselves. */
import type { Argument, Command, Option } from "commander";

/** Names of what there is now, asked for only where one is wanted; none when nobody answers. */
export interface KnownNames {
  clusters(): Promise<readonly string[]>;
  nodes(): Promise<readonly string[]>;
}

/** Arguments of this name are of a cluster, or of a node. */
const NAMED: Readonly<Record<string, keyof KnownNames>> = { name: "clusters", node: "nodes" };

/**
 * @param words after the program's name; the last one is being typed and may be empty
 * @returns empty: files, or nothing that is known
 */
export async function candidates(
  program: Command,
  words: readonly string[],
  known: KnownNames,
): Promise<readonly string[]> {
  const { done, typed, prefix } = parted(words);
  const { command, place, before } = reached(program, done);
  const starting = (all: readonly string[]) => all.filter((one) => one.startsWith(typed));
  if (before !== undefined) return starting(before.argChoices ?? []).map((one) => prefix + one);
  if (typed.startsWith("-")) return starting(optionNames(command));
  const below = command.commands.map((verb) => verb.name());
  // A verb that there is not has nothing after it.
  if (below.length > 0) return place > 0 ? [] : starting(below.toSorted());
  return starting(await valuesOf(argumentAt(command, place), known));
}

/**
 * The value of `--option=value` is a word of its own. bash has parted it, with the sign between, and
 * replaces the value alone; the other shells replace all of it.
 *
 * @returns prefix: what a candidate has to begin with beside the value
 */
function parted(words: readonly string[]) {
  const last = words.at(-1) ?? "";
  const [, option, value] = /^(--[^=]+)=(.*)$/s.exec(last) ?? [];
  const sign = last === "=" || words.at(-2) === "=";
  const parts = option === undefined ? words : [...words.slice(0, -1), option, value ?? ""];
  const whole = last === "=" ? [...parts, ""] : parts;
  return {
    done: whole.slice(0, -1).filter((word) => word !== "="),
    typed: whole.at(-1) ?? "",
    prefix: option === undefined || sign ? "" : `${option}=`,
  };
}

/** The verb that the words lead to, which of its arguments is next, and the option that wants its value now. */
function reached(program: Command, words: readonly string[]) {
  let command = program;
  let place = 0;
  let before: Option | undefined;
  for (const word of words) {
    const below = command.commands.find((verb) => verb.name() === word);
    if (before !== undefined) before = undefined;
    else if (word.startsWith("-")) before = optionWithValue(command, word);
    else if (below !== undefined) command = below;
    else place += 1;
  }
  return { command, place, before };
}

function optionWithValue(command: Command, word: string): Option | undefined {
  return command.options.find(
    ({ long, short, required }) => required && (word === long || word === short),
  );
}

function optionNames({ options }: Command): readonly string[] {
  const names = options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []);
  return [...names, "--help"].toSorted();
}

/** The last one may take many. */
function argumentAt({ registeredArguments }: Command, place: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[place] ?? (last?.variadic === true ? last : undefined);
}

async function valuesOf(
  argument: Argument | undefined,
  known: KnownNames,
): Promise<readonly string[]> {
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices;
  const kind = NAMED[argument.name()];
  return kind === undefined ? [] : known[kind]();
}
