/** `events`: what happened to the clusters, oldest first. */
import { Command } from "commander";
import { ageOf } from "../render/units.ts";
import { eventsTable } from "../render/describe-text.ts";
import { EventLog } from "../render/event-log.ts";
import { addConnectionOptions, addNamespaceOption, withClient } from "../options/connection.ts";
import { formatObject, outputOption } from "../options/output.ts";
import { clusterKey } from "../../model/ids.ts";
import type { ApiClient } from "../client/api-client.ts";
import type { CliContext } from "../context.ts";
import type { ConnectionOptions, NamespaceOptions } from "../options/connection.ts";
import type { StructuredFormat } from "../options/output.ts";
import type { ClusterRef } from "../../model/ids.ts";
import type { ClusterEvent } from "../../model/resource.ts";

interface EventsOptions extends ConnectionOptions, NamespaceOptions {
  readonly watch?: boolean;
  readonly output?: StructuredFormat;
}

export function eventsCommand(context: CliContext): Command {
  const command = new Command("events")
    .summary("what happened to the clusters")
    .description("List what happened to the clusters of a namespace, oldest first.")
    .argument("[name]", "name of one cluster; all of the namespace when absent")
    .option("-w, --watch", "go on and print what happens next")
    .addOption(outputOption(["json", "yaml"] as const))
    .addHelpText(
      "after",
      `
Examples:
  jupyter-cluster events lab -w            kill a node in another window and read along`,
    )
    .action((name: string | undefined, options: EventsOptions) =>
      withClient(options, (client) =>
        options.watch
          ? watchEvents(context, client, name, options)
          : printEvents(context, client, name, options),
      ),
    );
  return addNamespaceOption(addConnectionOptions(command, context));
}

async function printEvents(
  context: CliContext,
  client: ApiClient,
  name: string | undefined,
  options: EventsOptions,
): Promise<void> {
  const refs = await refsOf(client, name, options.namespace);
  const events = (await Promise.all(refs.map((ref) => client.events(ref)))).flat();
  events.sort((a, b) => Date.parse(a.lastTimestamp) - Date.parse(b.lastTimestamp));
  const { output } = options;
  if (output !== undefined) context.stdout.write(formatObject({ items: events }, output));
  else if (events.length === 0) context.stderr.write("No events.\n");
  else context.stdout.write(eventsTable(events, context.now()));
}

/** The object stream says when to look again: every event comes with a publication. */
async function watchEvents(
  context: CliContext,
  client: ApiClient,
  name: string | undefined,
  options: EventsOptions,
): Promise<void> {
  const { namespace, output } = options;
  const log = new EventLog();
  if (name !== undefined) await client.get({ namespace, name });
  for await (const { type, object } of client.watch(namespace)) {
    const ref: ClusterRef = object.metadata;
    if (type === "DELETED" || (name !== undefined && ref.name !== name)) continue;
    for (const event of log.news(clusterKey(ref), await client.events(ref))) {
      context.stdout.write(
        output === undefined ? eventLine(ref, event, context.now()) : structured(event, output),
      );
    }
  }
  context.stderr.write("The controller has ended the watch.\n");
}

function structured(event: ClusterEvent, output: StructuredFormat): string {
  return output === "yaml" ? `---\n${formatObject(event, output)}` : `${JSON.stringify(event)}\n`;
}

function eventLine(ref: ClusterRef, event: ClusterEvent, now: number): string {
  const age = ageOf(event.lastTimestamp, now);
  return `${age.padEnd(6)} ${event.type.padEnd(8)} ${ref.name}  ${event.reason}: ${event.message}\n`;
}

async function refsOf(
  client: ApiClient,
  name: string | undefined,
  namespace: string,
): Promise<ClusterRef[]> {
  if (name !== undefined) return [{ namespace, name }];
  return (await client.list(namespace)).map((cluster) => cluster.metadata);
}
