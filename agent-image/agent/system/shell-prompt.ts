/** Lets interactive shells show the node's present XXX-k name instead of the slot's hostname. */
import { BASHRC_FILE, NAME_FILE } from "../paths.ts";
import type { Files } from "../ports/files.ts";

const MARK = "# jupyter-cluster: the prompt shows the node's present name";

/** The name moves while the shell runs, so the prompt is made anew each time. */
const SNIPPET = `
${MARK}
_node_prompt() {
  local name
  [ "$PS1" = "$_node_ps1" ] || _node_template=$PS1
  { read -r name <${NAME_FILE}; } 2>/dev/null && [ -n "$name" ] || return
  _node_ps1=\${_node_template//\\\\h/$name}
  PS1=$_node_ps1
}
case $- in
  *i*) PROMPT_COMMAND="_node_prompt\${PROMPT_COMMAND:+;$PROMPT_COMMAND}" ;;
esac
`;

export async function installShellPrompt(files: Files): Promise<void> {
  const text = (await files.read(BASHRC_FILE)) ?? "";
  if (!text.includes(MARK)) await files.append(BASHRC_FILE, SNIPPET);
}
