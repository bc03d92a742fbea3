/** Whether a path is free for our use. Pure. */

export interface DirectoryRules {
  /** Neither these nor what is in them. */
  readonly within: readonly string[];
  /** Not these; what is in them may be. */
  readonly exactly: readonly string[];
  /** As it is shown to a person. */
  readonly example: string;
}

/** @returns what is wrong with an absolute path, as a sentence; null: nothing */
export function directoryProblem(path: string, rules: DirectoryRules): string | null {
  const found = `Found the text ${JSON.stringify(path)}`;
  if (path.split("/").some((part) => part === "." || part === "..")) {
    return `${found}; allowed: a path without \`.\` and \`..\`.`;
  }
  const system = rules.within.find((dir) => path === dir || path.startsWith(`${dir}/`));
  const taken = system ?? rules.exactly.find((dir) => path === dir);
  if (taken === undefined) return null;
  const where = taken === path ? "is" : `is in ${taken},`;
  return (
    `${found}, which ${where} a directory of the system; allowed: one of its own, such as ` +
    `${rules.example}.`
  );
}
