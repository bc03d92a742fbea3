/** Where to look, and how to end it, of a controller in the background. */
import type { BackgroundController } from "../machine/pid-file.ts";

/** @param environment what the verbs have to be told first, `NAME=value` each */
export function detachedText(
  { pid, apiUrl }: Pick<BackgroundController, "pid" | "apiUrl">,
  environment: readonly string[],
): string {
  const program = [...environment, "jupyter-cluster"].join(" ");
  return [
    `  API    ${apiUrl} (process ${pid})`,
    `  look   ${program} get -w`,
    `  page   ${program} page`,
    `  end    kill ${pid}    (the containers run on)`,
    `         ${program} down    (removes them; data stays)`,
    "",
  ].join("\n");
}
