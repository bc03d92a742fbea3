/** The page's files, its login and what a login opens. */
import { afterEach, describe, expect, test } from "vitest";
import { type PageFiles, PAGE_FILES } from "../../../controller/api/page/page-files.ts";
import type { ApiServer, ApiServerOptions } from "../../../controller/api/server.ts";
import {
  type Ask,
  ask,
  AUTHORIZED,
  failure,
  json,
  LAB,
  NO_OPERATIONS,
  NO_SPECS,
  startApi,
  TOKEN,
} from "./harness.ts";

const open: ApiServer[] = [];
afterEach(async () => {
  for (const api of open.splice(0)) await api.close();
});

const FILES: PageFiles = new Map(
  PAGE_FILES.map((name) => {
    const [plain, zipped] = [Buffer.from(`plain ${name}`), Buffer.from("zipped")];
    return [name, { type: "text/css", plain, zipped, tag: "t1" }] as const;
  }),
);

async function started(overrides: Partial<ApiServerOptions> = {}) {
  const all = await startApi({ page: FILES, ...overrides });
  open.push(all.api);
  const at = (path: string, options: Ask = {}) => ask(all.api.url, path, options);
  const logIn = (token: string, headers: Record<string, string> = {}) =>
    at("/ui/session", {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ token }),
    });
  return { ...all, at, logIn };
}

/** Of an answer that logged in. */
function credentials(answer: Awaited<ReturnType<typeof ask>>): Record<string, string> {
  const [cookie = ""] = answer.headers["set-cookie"] as string[];
  const { key } = json(answer) as { key: string };
  return { cookie: cookie.split(";")[0] as string, "jupyter-cluster-key": key };
}

describe("the page", () => {
  test("is where a browser that opens the address gets to, by a relative path", async () => {
    const { at } = await started();
    const page = await at("/", { headers: { accept: "text/html,*/*" } });
    expect([page.status, page.headers.location]).toEqual([302, "ui/"]);
    expect(json(await at("/"))).toEqual({ paths: expect.arrayContaining(["/status", "/ui"]) });
    const bare = await at("/ui");
    expect([bare.status, bare.headers.location]).toEqual([302, "ui/"]);
  });

  test("may do nothing beyond its own origin", async () => {
    const { at } = await started();
    const { headers, text } = await at("/ui/");
    expect(text).toBe("plain index.html");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  test("is sent zipped to whoever takes that, and not twice", async () => {
    const { at } = await started();
    const zipped = await at("/ui/page.js", { headers: { "accept-encoding": "br, gzip" } });
    expect([zipped.text, zipped.headers["content-encoding"]]).toEqual(["zipped", "gzip"]);
    const again = await at("/ui/page.js", {
      headers: { "accept-encoding": "gzip", "if-none-match": String(zipped.headers["etag"]) },
    });
    expect([again.status, again.text]).toEqual([304, ""]);
  });

  test("is not there in a process that has none", async () => {
    const { at } = await started({ page: null });
    expect(json(await at("/ui/"))).toEqual(failure(404, "NotFound"));
  });
});

describe("a login", () => {
  test("by an address works once", async () => {
    const { at, logIn } = await started();
    const made = await at("/ui/logins", { method: "POST", headers: AUTHORIZED });
    const { token } = json(made) as { token: string };
    expect((await logIn(token)).status).toBe(201);
    expect(json(await logIn(token))).toEqual(failure(401, "Unauthorized"));
  });

  test("opens what needs the control token, until it ends", async () => {
    const { at, logIn, publish } = await started();
    publish();
    const entered = await logIn(TOKEN);
    const [cookie] = entered.headers["set-cookie"] as string[];
    expect(cookie).toMatch(/^jupyter-cluster-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const headers = credentials(entered);
    expect(json(await at("/ui/session", { headers }))).toEqual({ active: true });
    expect((await at(`${LAB}/access`, { headers })).status).toBe(200);
    const left = await at("/ui/session", { method: "DELETE", headers });
    expect(String(left.headers["set-cookie"])).toMatch(/=; .*Max-Age=0$/);
    expect(json(await at("/ui/session", { headers }))).toEqual({ active: false });
    expect((await at(`${LAB}/access`, { headers })).status).toBe(401);
  });

  test.each<[string, (own: Record<string, string>) => Record<string, string>]>([
    [
      "the cookie alone, as other ports of the host get it",
      ({ cookie }) => ({ cookie: cookie ?? "" }),
    ],
    ["the key alone", (own) => ({ "jupyter-cluster-key": own["jupyter-cluster-key"] ?? "" })],
    ["a wrong key", ({ cookie }) => ({ cookie: cookie ?? "", "jupyter-cluster-key": "x" })],
    ["a page of another port", (own) => ({ ...own, origin: "http://127.0.0.1:8888" })],
    ["a page of another site", (own) => ({ ...own, origin: "https://example.org" })],
    ["a page that its browser calls foreign", (own) => ({ ...own, "sec-fetch-site": "same-site" })],
    ["a document without an origin", (own) => ({ ...own, origin: "null" })],
  ])("does not let in %s", async (_, headersOf) => {
    const { at, logIn, publish } = await started();
    publish();
    const headers = headersOf(credentials(await logIn(TOKEN)));
    expect((await at(`${LAB}/access`, { headers })).status).toBe(401);
    expect(json(await at("/ui/session", { headers }))).toEqual({ active: false });
  });

  test.each<[string, string, Record<string, string>, number]>([
    ["a wrong token", "wrong-wrong-wrong-wrong", {}, 401],
    ["a foreign page", TOKEN, { origin: "http://example.org" }, 403],
    ["a form", TOKEN, { "content-type": "text/plain" }, 415],
  ])("is refused to %s", async (_, token, headers, status) => {
    const { logIn } = await started();
    const answer = await logIn(token, headers);
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([status, undefined]);
  });

  test("ends when nobody has used it for half a day", async () => {
    let now = Date.parse("2026-01-02T03:00:00Z");
    const clock = { now: () => now, after: () => () => undefined };
    const { at, logIn } = await started({ clock });
    const headers = credentials(await logIn(TOKEN));
    const isActive = async (hours: number) => {
      now += hours * 3600_000;
      return (json(await at("/ui/session", { headers })) as { active: boolean }).active;
    };
    expect([await isActive(11), await isActive(11), await isActive(13)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe("what a page asks before it acts", () => {
  const patch = (token: Record<string, string>) => ({
    method: "POST",
    headers: { ...token, "content-type": "application/json" },
    body: '{"spec":{"suspend":true}}',
  });

  test("is what a change of the spec would do, and whose file that is", async () => {
    const asked: unknown[] = [];
    const { api, publish } = await startApi({
      specs: {
        ...NO_SPECS,
        foreignFile: () => "/home/anna/lab.yaml",
        problems: () => Promise.resolve([]),
        owners: () => Promise.resolve([]),
      },
      operations: {
        ...NO_OPERATIONS,
        preview: (_cluster, wanted) => {
          asked.push(wanted.spec);
          return Promise.resolve({
            namespace: "default",
            name: "lab",
            verdict: "change",
            changes: [],
            kernels: [],
          });
        },
      },
    });
    open.push(api);
    publish();
    expect((await ask(api.url, `${LAB}/preview`, patch({}))).status).toBe(401);
    const answer = await ask(api.url, `${LAB}/preview`, patch(AUTHORIZED));
    expect(json(answer)).toMatchObject({
      kind: "Preview",
      verdict: "change",
      file: "/home/anna/lab.yaml",
    });
    expect(asked).toEqual([{ replicas: 3, suspend: true }]);
  });

  test("a node is killed by slot, for whoever has the token", async () => {
    const killed: number[] = [];
    const { api, publish } = await startApi({
      operations: {
        ...NO_OPERATIONS,
        killNode: (_cluster, { slot }) => Promise.resolve(void killed.push(slot)),
      },
    });
    open.push(api);
    publish();
    const path = `${LAB}/nodes/slot-2/kill`;
    expect((await ask(api.url, path, { method: "POST" })).status).toBe(401);
    expect((await ask(api.url, path, { method: "POST", headers: AUTHORIZED })).status).toBe(202);
    expect(killed).toEqual([2]);
  });
});
