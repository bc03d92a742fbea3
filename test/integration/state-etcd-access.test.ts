/** Who is let in to a real etcd of a site, and what is said to those who are not. */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import type { Etcd3 } from "etcd3";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import type { EtcdBackend } from "../../controller/store/etcd/etcd-backend.ts";
import { openEtcd } from "../../controller/store/etcd/open-etcd.ts";
import type { EtcdAuth, StoreTls } from "../../controller/store/state-target.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { findLabelled, removeFound, TEST_LABEL } from "../support/docker-remains.ts";
import { TestAuthority } from "../support/etcd/test-authority.ts";
import { silentLog } from "../support/silent-log.ts";
import { controllerOn, memoryOf } from "../support/store/fixtures.ts";
import { SiteEtcd } from "../support/store/site-etcd.ts";

const KEY = "default/lab";
const PASSWORD = "hunter2:@/ é";
const docker = new Docker();
const run = `state-access-${randomBytes(3).toString("hex")}`;
const authority = new TestAuthority();
const ours = authority.ofClient();
const never = new AbortController().signal;
const backends: EtcdBackend[] = [];
let secure: SiteEtcd;
let guarded: SiteEtcd;

beforeAll(async () => {
  const common = { docker, image: inject("agentImage"), run };
  secure = await SiteEtcd.start({ ...common, tls: authority.ofNode("127.0.0.1") });
  guarded = await SiteEtcd.start(common);
  await enableAuth(guarded.hand);
});

afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.close();
});

afterAll(async () => {
  await secure.close();
  await guarded.close();
  await removeFound(docker, await findLabelled(docker, `${TEST_LABEL}=${run}`));
});

async function enableAuth(hand: Etcd3): Promise<void> {
  const root = hand.user("root");
  await root.create("root-password");
  await hand.role("root").create();
  await root.addRole("root");
  await hand.role("site").create();
  await hand.role("site").grant({
    permission: "Readwrite",
    range: { start: Buffer.from("/site/"), end: Buffer.from("/site0") } as never,
  });
  const user = hand.user("controller");
  await user.create(PASSWORD);
  await user.addRole("site");
  await hand.auth.authEnable();
}

interface Access {
  readonly tls?: StoreTls | null;
  readonly auth?: EtcdAuth | null;
  readonly prefix?: string;
}

function open(of: SiteEtcd, { tls = null, auth = null, prefix = "/site" }: Access): EtcdBackend {
  const target = { kind: "etcd", servers: of.addresses, prefix, auth, tls } as const;
  const options = { ttlSeconds: 10, masters: "local", clock: systemClock, log: silentLog };
  const backend = openEtcd(target, { ...options, waits: true });
  backends.push(backend);
  return backend;
}

async function storesWith(backend: EtcdBackend): Promise<void> {
  const term = await backend.campaign(controllerOn("a"), never);
  await term.state.memories.save(KEY, memoryOf(KEY));
  await term.resign();
}

async function refusal(backend: EtcdBackend): Promise<string> {
  const error = await backend.campaign(controllerOn("a"), never).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: "ERR_STATE_REFUSED" });
  expect(String(error)).not.toContain(PASSWORD);
  return String(error);
}

describe("an etcd that speaks TLS", () => {
  it("lets in who has a certificate of its authority", async () => {
    await storesWith(open(secure, { tls: { authority: ours.authority, client: ours } }));
  });

  it("is not believed when its certificate is of another authority", async () => {
    const { authority: another } = new TestAuthority().ofClient();
    const tls = { authority: another, client: ours };
    expect(await refusal(open(secure, { tls }))).toMatch(/certificate/i);
  });

  it("is not believed when nobody said whose certificates count", async () => {
    const tls = { authority: null, client: ours };
    expect(await refusal(open(secure, { tls }))).toMatch(/certificate/i);
  });

  it("refuses who has no certificate", async () => {
    const tls = { authority: ours.authority, client: null };
    expect(await refusal(open(secure, { tls }))).toMatch(/certificate/i);
  });
});

describe("an etcd that asks for a password", () => {
  const auth = { user: "controller", password: PASSWORD };

  it("lets in who knows it, and goes on after a restart that forgets all tokens", async () => {
    const backend = open(guarded, { auth });
    const term = await backend.campaign(controllerOn("a"), never);
    await term.state.memories.save(KEY, memoryOf(KEY, 1));
    await guarded.one.kill();
    await guarded.one.start();
    await expect
      .poll(() => term.state.memories.save(KEY, memoryOf(KEY, 2)).then(() => true, String), {
        timeout: 20_000,
      })
      .toBe(true);
    await term.resign();
  });

  it("refuses a wrong one", async () => {
    const wrong = { user: "controller", password: "wrong" };
    expect(await refusal(open(guarded, { auth: wrong }))).toContain("invalid user ID or password");
  });

  it("refuses who says none", async () => {
    expect(await refusal(open(guarded, {}))).toContain("user name is empty");
  });

  it("refuses another prefix than the user's", async () => {
    expect(await refusal(open(guarded, { auth, prefix: "/other" }))).toContain("permission denied");
  });

  it("is no obstacle where etcd asks for none", async () => {
    const tls = { authority: ours.authority, client: ours };
    await storesWith(open(secure, { tls, auth }));
  });
});
