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
  const typed = words.at(-1) ?? "";
  const { command, place, before } = reached(program, words.slice(0, -1));
  const starting = (all: readonly string[]) => all.filter((one) => one.startsWith(typed));
  if (before !== undefined) return starting(before.argChoices ?? []);
  if (typed.startsWith("-")) return starting(optionNames(command));
  const below = command.commands.map((verb) => verb.name());
  // A verb that there is not has nothing after it.
  if (below.length > 0) return place > 0 ? [] : starting(below.toSorted());
  return starting(await valuesOf(argumentAt(command, place), known));
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
