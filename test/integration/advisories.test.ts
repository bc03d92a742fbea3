/** `npm run advisories`, against the real image and a database of our own. */
import { execFile } from "node:child_process";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../agent-image/check-advisories.mjs", import.meta.url));

interface Query {
  readonly package: { readonly ecosystem: string; readonly name: string };
  readonly version: string;
}

let server: Server;
let asked: Query[] = [];
/** Ids by the package's name. */
let advisories: Readonly<Record<string, readonly string[]>> = {};

beforeAll(async () => {
  server = createServer((request, response) => {
    void answer(request).then((body) => response.end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server.close();
});

async function answer(request: IncomingMessage): Promise<object> {
  if (request.method !== "POST") {
    const id = decodeURIComponent(request.url?.split("/").at(-1) ?? "");
    return { id, aliases: [`alias-of-${id}`], summary: "something is wrong" };
  }
  const { queries } = JSON.parse(await text(request)) as { queries: Query[] };
  asked.push(...queries);
  return {
    results: queries.map((query) => ({
      vulns: (advisories[query.package.name] ?? []).map((id) => ({ id })),
    })),
  };
}

function check(database: string): Promise<{ code: number; output: string }> {
  asked = [];
  const args = [SCRIPT, "--image", inject("agentImage"), "--database", database];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}

const here = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

describe("the advisories' check", () => {
  it("asks about every package with the version that is in the image", async () => {
    advisories = {};
    const { code, output } = await check(here());
    expect({ code, output }).toMatchObject({ code: 0 });
    const versionOf = (ecosystem: string, name: string) =>
      asked.find((q) => q.package.ecosystem === ecosystem && q.package.name === name)?.version;
    expect(versionOf("Debian:13", "openssh")).toMatch(/^1:10\./);
    expect(versionOf("Go", "go.etcd.io/etcd/server/v3")).toMatch(/^3\.5\.\d+$/);
    expect(versionOf("PyPI", "jupyterlab")).toMatch(/^4\.\d+\.\d+$/);
    expect(asked.length).toBeGreaterThan(100);
  });

  it("tells what the page does not name, and only that", async () => {
    advisories = { "jupyter-server": ["CVE-2026-44727", "CVE-2099-1"] };
    const { code, output } = await check(here());
    expect(code).toBe(1);
    expect(output).toContain("CVE-2099-1, alias-of-CVE-2099-1: something is wrong");
    expect(output).not.toContain("CVE-2026-44727,");
  });

  it("says that it could not ask", async () => {
    const { code, output } = await check("http://127.0.0.1:1");
    expect(code).toBe(2);
    expect(output).toContain("advisories: ");
  });
});
