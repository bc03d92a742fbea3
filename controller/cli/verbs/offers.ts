/** `offers`: the latest offers of Mesos, and why each was used or was not. */
import { Command } from "commander";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { offerTable } from "../render/offer-table.ts";
import type { CliContext } from "../context.ts";
import type { OfferRecord } from "../../model/offer.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";

const FORMATS = ["json", "yaml", "wide"] as const;

interface OffersOptions extends ConnectionOptions, NamespaceOptions {
  readonly output?: (typeof FORMATS)[number];
}

export function offersCommand(context: CliContext): Command {
  const command = new Command("offers")
    .summary("the latest offers of Mesos, and why each was used or not")
    .description(
      "List the latest offers of Mesos, the newest last, and what each cluster made of them. CPUS, " +
        "MEMORY and DISK are what a node may have of an offer; ports are of no use to nodes, which " +
        "have addresses of their own. Offers come only while a cluster waits for one.",
    )
    .argument("[name]", "what one cluster made of them; all clusters when absent")
    .addOption(outputOption(FORMATS))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster offers lab               why a node of lab is not launched
  jupyter-cluster offers -o wide           with agents, roles and attributes
  jupyter-cluster offers -o json           as the HTTP API serves them`,
    )
    .action((name: string | undefined, options: OffersOptions) =>
      withClient(options, async (client) => {
        const ref = name === undefined ? null : { namespace: options.namespace, name };
        tell(context, await client.offers(ref), name, options);
      }),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

function tell(
  { stdout, stderr, now }: CliContext,
  offers: readonly OfferRecord[],
  cluster: string | undefined,
  { output }: OffersOptions,
): void {
  if (output === "json" || output === "yaml") stdout.write(formatObject({ items: offers }, output));
  else if (offers.length === 0) stderr.write("No offers: none was asked for, or none has come.\n");
  else stdout.write(offerTable(offers, { wide: output === "wide", now: now(), cluster }));
}
