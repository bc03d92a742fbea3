/** `kubeconfig`: what kubectl needs to reach the controller's API. */
import { Command } from "commander";
import { stringify } from "yaml";
import { addConnectionOptions } from "../options/connection.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions } from "../options/connection.ts";

const NAME = "jupyter-cluster";

export function kubeconfigCommand(context: CliContext): Command {
  const command = new Command("kubeconfig")
    .summary("print a kubeconfig for kubectl")
    .description(
      "Print a kubeconfig with the API's address, its authority and this user's token. Whoever has it " +
        "may do all that the controller can: write it to a file that only you can read.",
    )
    .addHelpText(
      "after",
      `
Examples:
  (umask 077; jupyter-cluster kubeconfig > lab.kubeconfig)
  kubectl --kubeconfig lab.kubeconfig get jupyterclusters,pods -o wide
  kubectl --kubeconfig lab.kubeconfig logs lab-0 -c etcd -f`,
    )
    .action(async ({ api, stateDir }: ConnectionOptions) => {
      const { apiAuthority } = await import("../../certificates/api-certificates.ts");
      const { readApiAuthorityKey } = await import("../../store/api-authority.ts");
      const { readControlToken } = await import("../../store/control-token.ts");
      const authority = apiAuthority(await readApiAuthorityKey(stateDir), Date.now());
      const token = await readControlToken(stateDir);
      context.stdout.write(kubeconfig(api, authority, token));
    });
  return addConnectionOptions(command, context);
}

/** @param authority PEM */
function kubeconfig(api: string, authority: string, token: string): string {
  const server = api.replace(/^http:/, "https:");
  const data = Buffer.from(authority).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: NAME, cluster: { server, "certificate-authority-data": data } }],
    users: [{ name: NAME, user: { token } }],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace: "default" } }],
    "current-context": NAME,
  });
}
