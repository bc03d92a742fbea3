/** What a shell is told once: each asks the program itself, so that no script grows old. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Verb and argument by which a script asks. */
const ASK = "jupyter-cluster completion candidates --";

export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# source <(jupyter-cluster completion bash)
_jupyter_cluster() {
  local IFS=$'\\n'
  COMPREPLY=($(${ASK} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _jupyter_cluster jupyter-cluster
`,
  zsh: `#compdef jupyter-cluster
# source <(jupyter-cluster completion zsh)
_jupyter_cluster() {
  local -a found
  found=("\${(@f)$(${ASK} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[*]}" ]]; then compadd -a found; else _files; fi
}
compdef _jupyter_cluster jupyter-cluster
`,
  fish: `# jupyter-cluster completion fish | source
function __jupyter_cluster
  set -l found (${ASK} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c jupyter-cluster -f -a '(__jupyter_cluster)'
`,
};
