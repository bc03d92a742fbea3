/**
 * A Docker image of a few MB, made of this machine's own shell and `sleep` and the libraries they
 * need: nothing is downloaded.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type Docker from "dockerode";

const run = promisify(execFile);
const PROGRAMS = ["/bin/sh", "/bin/sleep", "/bin/cat"];

export const SMALL_IMAGE = "mesos-local-test:1";

export async function ensureSmallImage(docker: Docker): Promise<void> {
  const images = await docker.listImages({ filters: { reference: [SMALL_IMAGE] } });
  if (images.length > 0) return;
  const directory = await mkdtemp(join(tmpdir(), "small-image-"));
  try {
    const tarball = join(directory, "root.tar");
    const files = [...PROGRAMS, ...(await librariesOf(PROGRAMS))];
    // -h: the programs themselves, not the links to them.
    await run("tar", ["-chf", tarball, "-P", "--transform=s,^/,,", ...files]);
    await run("docker", ["import", tarball, SMALL_IMAGE]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const listings = await Promise.all(programs.map((program) => run("ldd", [program])));
  const paths = listings.flatMap(({ stdout }) => stdout.match(/\/\S+(?= \()/g) ?? []);
  return [...new Set(paths)];
}
