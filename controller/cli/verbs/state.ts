/** `state`: where the controllers keep what they must not forget. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { EtcdSide } from "../../store/move/etcd-side.ts";
import type { DirectorySide } from "../../store/move/directory-side.ts";
import type { SiteContents } from "../../store/move/move-state.ts";
import { type EtcdTarget, stateTargetText } from "../../store/state-target.ts";
import { thisController } from "../../store/this-controller.ts";
import { systemClock, monotonicMs } from "../../support/clock.ts";
import { createLogger } from "../../support/logger.ts";
import type { CliContext } from "../context.ts";
import {
  addStoreAccessOptions,
  joined,
  stateTarget,
  type StoreAccessOptions,
} from "../options/state.ts";

/** A directory's path, or an etcd of the site. */
type Place = string | EtcdTarget;

interface MoveOptions extends StoreAccessOptions {
  readonly from: Place;
  readonly to: Place;
}

const EXAMPLES = `
Examples:
  jupyter-cluster state move --from ~/.local/state/jupyter-cluster --to etcd://e1,e2,e3/lab
  jupyter-cluster state move --from etcd://e1,e2,e3/lab --to ~/.local/state/jupyter-cluster`;

export function stateCommand(context: CliContext): Command {
  return new Command("state")
    .summary("move what the controllers remember to another store")
    .description(
      "What the controllers must not forget is in the state directory of one host, or in an etcd " +
        "of the site, which several controllers share.",
    )
    .addCommand(moveCommand(context))
    .addHelpText("after", EXAMPLES);
}

function moveCommand(context: CliContext): Command {
  const place = (flag: string, what: string) =>
    new Option(`--${flag} <where>`, `${what}: a directory, or etcd[s]://HOST[:PORT],…/PREFIX`)
      .argParser(placeOf)
      .makeOptionMandatory();
  const command = new Command("move")
    .summary("move it to another store, or back")
    .description(
      "Move what the controllers remember from one store to another, or back. Refuses while a " +
        "controller acts on either; containers run on meanwhile. Where it was, no controller " +
        "starts any more. After an interruption say the same again. Snapshots stay where they are.",
    )
    .addOption(place("from", "where it is"))
    .addOption(place("to", "where it shall be, which is empty or held it before"))
    .addHelpText("after", EXAMPLES);
  addStoreAccessOptions(command, context);
  return command.action((options: MoveOptions) => move(context, command, options));
}

function placeOf(text: string): Place {
  if (/^etcds?:/i.test(text)) {
    const target = stateTarget(text);
    if (target.kind === "etcd") return target;
  }
  if (text.includes("://")) throw new InvalidArgumentError("Neither a directory nor etcd://….");
  if (text.trim() === "") throw new InvalidArgumentError("It is empty.");
  return text;
}

async function move(context: CliContext, command: Command, options: MoveOptions): Promise<void> {
  const [from, to] = [
    complete(command, options.from, options),
    complete(command, options.to, options),
  ];
  const source = await openSide(context, from, options.stateLease);
  try {
    const target = await openSide(context, to, options.stateLease);
    try {
      const { moveState } = await import("../../store/move/move-state.ts");
      const at = new Date().toISOString();
      const moved = await moveState(source, target, { moveId: randomUUID(), at });
      context.stdout.write(
        `${movedText(moved)} from ${source.description} to ${target.description}\n`,
      );
      if (typeof from === "string") {
        context.stderr.write(`Snapshots stay in ${join(source.description, "snapshots")}.\n`);
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function movedText(moved: SiteContents | null): string {
  if (moved === null) return "moved before:";
  const { memories, tasks } = moved;
  return `moved ${memories.size} clusters and ${tasks.size} task statuses`;
}

function complete(command: Command, place: Place, options: StoreAccessOptions): Place {
  if (typeof place === "string") return place;
  const target = joined(command, place, options);
  return target.kind === "etcd" ? target : place;
}

async function openSide(
  context: CliContext,
  place: Place,
  ttlSeconds: number,
): Promise<DirectorySide | EtcdSide> {
  const log = createLogger({ level: "warn", destination: context.stderr });
  if (typeof place === "string") {
    const { DirectorySide } = await import("../../store/move/directory-side.ts");
    return DirectorySide.open(place, log);
  }
  const [{ EtcdSide }, { serversOf }] = await Promise.all([
    import("../../store/move/etcd-side.ts"),
    import("../../store/etcd/open-etcd.ts"),
  ]);
  const { prefix } = place;
  const site = { description: stateTargetText(place), prefix, servers: serversOf(place) };
  const time = { ttlSeconds, clock: systemClock, monotonicMs };
  // A controller that wants to act meanwhile says who holds the store.
  return EtcdSide.open({ ...site, ...time, log }, thisController("state move"));
}
