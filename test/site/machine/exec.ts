/** Commands in the nodes' containers, as the user of JupyterLab. */
import { text } from "node:stream/consumers";
import { PassThrough } from "node:stream";
import type { RunningContainer } from "./agent-host.ts";

const USER = "admin";

/** @returns what it printed. @throws Error with what it said */
export async function execIn(node: RunningContainer, argv: readonly string[]): Promise<string> {
  const output = new PassThrough();
  const errors = new PassThrough();
  const texts = Promise.all([text(output), text(errors)]);
  await follow(node, argv, output, errors);
  const [printed, complaint] = await texts;
  if (complaint !== "") throw new Error(`${argv.join(" ")}: ${complaint}`);
  return printed.trim();
}

/** Resolves at its end, with all that it has printed handed on. */
export async function follow(
  { host, id }: RunningContainer,
  argv: readonly string[],
  output: PassThrough,
  errors: PassThrough,
): Promise<void> {
  const { docker } = host.engine;
  const exec = await docker.getContainer(id).exec({
    ...{ Cmd: [...argv], User: USER, AttachStdout: true, AttachStderr: true },
  });
  const stream = await exec.start({});
  docker.modem.demuxStream(stream, output, errors);
  await new Promise<void>((resolve, reject) => {
    stream.once("error", reject).once("close", resolve).once("end", resolve);
  });
  output.end();
  errors.end();
}
