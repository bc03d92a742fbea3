/** Files and directories as they are found on a disk. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadManifests } from "../../../crd-schema/load.ts";
import { withSpec } from "../../support/crd-schema/manifest-text.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-load-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, content);
  return path;
}

function names(clusters: Awaited<ReturnType<typeof loadManifests>>["clusters"]): string[] {
  return clusters.map(({ metadata }) => metadata.name);
}

describe("a directory", () => {
  it("gives the manifests in it, by name, and nothing else", async () => {
    await write("b.yaml", withSpec("network: {subnet: 10.0.1.0/24}\nproxy: {port: 1}", "b"));
    await write("a.yml", withSpec("", "a"));
    const json = {
      apiVersion: "jupytercluster.dev/v1alpha1",
      kind: "JupyterCluster",
      metadata: { name: "c" },
      spec: { network: { subnet: "10.0.2.0/24" }, proxy: { port: 2 } },
    };
    await write("c.JSON", JSON.stringify(json));
    await write(".a.yaml.swp", "not: yaml: at all");
    await write(".#a.yaml", "an editor's lock");
    await write("a.yaml~", "an editor's copy");
    await write("README.md", "# no manifest");
    await mkdir(join(dir, "d.yaml"));
    const { clusters, problems, files, complete } = await loadManifests(dir);
    expect(problems).toEqual([]);
    expect(names(clusters)).toEqual(["a", "b", "c"]);
    expect(files).toEqual(["a.yml", "b.yaml", "c.JSON"].map((name) => join(dir, name)));
    expect(complete).toBe(true);
  });

  it("follows symbolic links, as a mounted ConfigMap has them", async () => {
    await mkdir(join(dir, "..data"));
    await write("..data/a.yaml", withSpec("", "a"));
    await symlink("..data/a.yaml", join(dir, "a.yaml"));
    expect(names((await loadManifests(dir)).clusters)).toEqual(["a"]);
  });

  it("with a broken link tells it as an unreadable file, not as none", async () => {
    const link = join(dir, "a.yaml");
    await symlink("nowhere", link);
    const { problems, files } = await loadManifests(dir);
    expect(files).toEqual([link]);
    expect(problems).toMatchObject([{ severity: "error", file: link, line: null }]);
  });

  it("without manifests is a warning", async () => {
    const { problems, complete } = await loadManifests(dir);
    expect(problems).toMatchObject([{ severity: "warning", file: dir }]);
    expect(complete).toBe(true);
  });

  it("that is gone says nothing about the files that were in it", async () => {
    const { problems, complete, files } = await loadManifests(join(dir, "gone"));
    expect(problems).toMatchObject([{ severity: "error" }]);
    expect({ complete, files }).toEqual({ complete: false, files: [] });
  });
});

describe("a file", () => {
  it("that is not there is a removed file, and a problem that says what to do", async () => {
    const file = join(dir, "cluster.yaml");
    const { problems, complete, files } = await loadManifests(file);
    expect(problems.map((p) => p.message)).toEqual([
      "The file does not exist: check the path, or write one as manifests/cluster.yaml shows.",
    ]);
    expect({ complete, files }).toEqual({ complete: true, files: [] });
  });

  it.each<readonly [string, string | Uint8Array, RegExp]>([
    ["larger than 1 MiB", Buffer.alloc(1024 * 1024 + 1, "#"), /^The file is larger than 1 MiB/],
    ["in Latin-1", Uint8Array.of(0x61, 0x3a, 0x20, 0xe9), /^The file is not UTF-8 text/],
    ["in UTF-16", Uint8Array.of(0xff, 0xfe, 0x61, 0), /^The file is UTF-16; allowed: UTF-8/],
    ["that is empty", "", /^The file holds no document/],
  ])("%s is refused", async (_, content, says) => {
    const file = await write("cluster.yaml", content);
    const { clusters, problems, files } = await loadManifests(file);
    expect(clusters).toEqual([]);
    expect(files).toEqual([file]);
    expect(problems).toMatchObject([{ severity: "error", file, line: null, field: "" }]);
    expect(problems[0]?.message).toMatch(says);
  });

  it("of exactly 1 MiB is read", async () => {
    const text = withSpec("");
    const file = await write("cluster.yaml", text + "#".repeat(1024 * 1024 - text.length));
    expect(names((await loadManifests(file)).clusters)).toEqual(["lab"]);
  });

  it("that is a device is refused without opening it", async () => {
    const { problems } = await loadManifests("/dev/zero");
    expect(problems.map((p) => p.message)).toEqual([
      "This is neither a file nor a directory; give standard input as `-`.",
    ]);
  });

  it("given twice, also by its directory, is read once", async () => {
    const file = await write("cluster.yaml", withSpec(""));
    const { clusters, problems } = await loadManifests([file, dir, file]);
    expect(problems).toEqual([]);
    expect(names(clusters)).toEqual(["lab"]);
  });
});

it("conflicts are found over files, and name the other file", async () => {
  const a = await write("a.yaml", withSpec(""));
  const b = await write("b.yaml", withSpec(""));
  const { clusters, problems } = await loadManifests([a, b]);
  expect(clusters).toEqual([]);
  expect(problems.map((p) => [p.file, p.message.includes(p.file === a ? b : a)])).toEqual([
    [a, true],
    [b, true],
  ]);
});
