/** Tab in zsh and in fish, with what `completion` prints for them; bash is in test/unit/cli/completion.test.ts. */
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SCRIPTS } from "../../controller/cli/completion/scripts.ts";
import { ensureShell } from "../support/shells/ensure-shell.ts";

let directory: string;

/** It completes whatever begins with `t`, writes down what it was asked, and says what it was run with. */
const PROGRAM = `#!/bin/sh
if [ "$1" != completion ]; then echo "ran: $*"; exit; fi
echo "$#:$*" >>"$ASKED"
for last; do :; done
case "$last" in t*) echo team;; "") printf 'lab\\nteam\\n';; esac
`;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-shells-"));
  const program = join(directory, "jupyter-cluster");
  await writeFile(program, PROGRAM);
  await chmod(program, 0o755);
});

afterEach(() => rm(directory, { recursive: true }));

function run(shell: string, args: readonly string[]): string {
  const env = {
    ...process.env,
    PATH: `${directory}:${process.env["PATH"]}`,
    HOME: directory,
    ASKED: join(directory, "asked"),
    SCRIPT: join(directory, "script"),
    TERM: "xterm",
  };
  return execFileSync(shell, args, { env, cwd: directory, encoding: "utf8", timeout: 60_000 });
}

const asked = async () =>
  (await readFile(join(directory, "asked"), "utf8")).split("\n").filter((line) => line !== "");

/** A terminal of its own, in which the keys are typed. */
const TYPED_IN_ZSH = String.raw`
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; source $SCRIPT; echo be''gun'
zpty -r shell seen '*begun*'
zpty -w -n shell $'jupyter-cluster describe t\t\n'
zpty -r shell seen '*ran: *
'
zpty -d shell
print -r -- "$seen"
`;

it("zsh completes the word that is typed, and runs the line", async () => {
  const zsh = await ensureShell("zsh");
  await writeFile(join(directory, "script"), SCRIPTS.zsh);
  expect(run(zsh, ["-f", "-c", TYPED_IN_ZSH])).toContain("ran: describe team");
  expect(await asked()).toEqual(["5:completion candidates -- describe t"]);
});

it("fish completes the word that is typed, and offers what may come", async () => {
  const fish = await ensureShell("fish");
  await writeFile(join(directory, "script"), SCRIPTS.fish);
  const offered = (line: string) =>
    run(fish, ["--no-config", "-c", `source $SCRIPT; complete -C '${line}'`])
      .trim()
      .split("\n");
  expect(offered("jupyter-cluster describe t")).toEqual(["team"]);
  expect(offered("jupyter-cluster describe ")).toEqual(["lab", "team"]);
  expect(await asked()).toEqual([
    "5:completion candidates -- describe t",
    "5:completion candidates -- describe ",
  ]);
});
