/** A server is killed, or ends, or does not lead any more: its kernels and what they say go on. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Page } from "../../support/kernels/page.ts";
import { Servers, type KernelModel, type SessionModel } from "../../support/kernels/servers.ts";
import { until } from "../../support/poll.ts";

const LINES = 60;
const COUNT = `
x = 41
import time
for i in range(${LINES}):
    print(i, flush=True); time.sleep(0.05)
x += 1`;
const REPLACE = `
import time
from IPython.display import clear_output
for i in range(${LINES}):
    clear_output(wait=True); print(i, flush=True); time.sleep(0.05)`;
const counted = `${Array.from({ length: LINES }, (_, i) => i).join("\n")}\n`;

let servers: Servers;
let term = 0;
let leader = "b";
const other = () => (leader === "a" ? "b" : "a");

/** The other server leads from now on. */
async function change(): Promise<void> {
  leader = other();
  term += 1;
  await servers.lead(leader, term);
}

beforeAll(async () => {
  servers = await Servers.start(["a", "b"]);
  await change();
});

afterAll(async () => {
  await servers.remove();
});

afterEach(async ({ task }) => {
  if (task.result?.state === "fail") process.stderr.write(`${await servers.describe()}\n`);
});

/** A notebook with a page, whose cell has said some of its lines. */
async function counting(path: string) {
  const session = await servers.notebook(leader, path);
  const page = new Page();
  await page.open(servers.address(leader), session.kernel.id);
  const cell = page.run(COUNT);
  await until("some lines are there", () => cell.text.split("\n").length > 5);
  return { session, page, cell };
}

describe("a notebook whose cell prints", () => {
  it("loses and doubles no line when its server is killed, and keeps kernel, session and variables", async () => {
    const { session, page, cell } = await counting("killed.ipynb");
    const before = leader;
    await servers.signalServer(before, "KILL");
    await until("the page notices", () => page.closed !== null);
    await change();
    await page.open(servers.address(leader), session.kernel.id);
    await until("the cell ends", () => cell.done);
    expect(cell).toMatchObject({ text: counted, reply: "ok", cleared: 1 });
    expect(await page.result("print(x)")).toBe("42");
    const sessions = await servers.api<SessionModel[]>(leader, "GET", "/api/sessions");
    expect(sessions.find(({ id }) => id === session.id)).toMatchObject({
      path: "killed.ipynb",
      kernel: { id: session.kernel.id },
    });
    await servers.startServer(before);
  });

  it("gets exactly what came after, where it is told what the page has", async () => {
    const { session, page, cell } = await counting("joined.ipynb");
    const before = leader;
    await servers.signalServer(before, "KILL");
    await until("the page notices", () => page.closed !== null);
    const had = page.heard.length;
    await change();
    await page.open(servers.address(leader), session.kernel.id, page.last());
    expect(page.joined).toBe("true");
    page.resend(cell, COUNT);
    await until("the cell ends", () => cell.done);
    expect(cell).toMatchObject({ text: counted, reply: "ok", cleared: 0 });
    const ids = page.heard.slice(had).map(({ header }) => header.msg_id);
    expect(new Set(ids).size).toBe(ids.length);
    // The request that came twice has run once.
    expect(await page.result("print(x)")).toBe("42");
    await servers.startServer(before);
  });

  it.each([
    // Twice: after a `clear_output` alone nobody knows what it has.
    ["all again", { iopub: "unknown" }, 2],
    ["what came after", null, 0],
  ])(
    "gets each line once, whichever message was its last while it is told %s",
    async (_, known, cleared) => {
      const { session, page, cell } = await counting(`moment-${cleared}.ipynb`);
      page.lose();
      let join = known ?? page.last();
      for (let messages = 1; messages < 12; messages += 1) {
        await until("the page notices", () => page.closed !== null);
        await page.open(servers.address(leader), session.kernel.id, join, messages);
        await until("its network is gone", () => page.closed !== null);
        join = page.last();
      }
      await page.open(servers.address(leader), session.kernel.id, join);
      await until("the cell ends", () => cell.done);
      expect(cell).toMatchObject({ text: counted, reply: "ok", cleared });
    },
  );

  it("goes on behind an output that has been replaced meanwhile", async () => {
    const session = await servers.notebook(leader, "replaced.ipynb");
    const page = new Page();
    await page.open(servers.address(leader), session.kernel.id);
    const cell = page.run(REPLACE);
    await until("some are there", () => cell.cleared > 3);
    page.lose();
    const had = page.last();
    const cleared = cell.cleared;
    await until("the kernel is idle", async () => {
      return (await servers.known()).kernels[session.kernel.id]?.state === "idle";
    });
    await page.open(servers.address(leader), session.kernel.id, had);
    await until("the cell ends", () => cell.done);
    // Its own, and none of the server's.
    expect(cell).toMatchObject({ text: `${LINES - 1}\n`, cleared: LINES });
    expect(cleared).toBeLessThan(LINES);
  });

  it("is told once that its kernel was lost with its node, and has what it said once", async () => {
    const { session, page, cell } = await counting("lost.ipynb");
    const before = leader;
    await servers.signalServer(before, "KILL");
    await until("the page notices", () => page.closed !== null);
    const said = cell.text;
    const kernel = page.kernel;
    await servers.control({ lose: session.kernel.id });
    await change();
    const parent = page.heard.findLast(({ channel }) => channel === "iopub")?.parent_header;
    await page.open(servers.address(leader), session.kernel.id, { ...page.last(), kernel, parent });
    await until("the page is told to begin anew", () => page.states.includes("restarting"));
    expect(cell.text).toBe(`${said}The kernel was lost with its node.\n`);
    expect(page.kernel).not.toBe(kernel);
    expect(await page.result("print('x' in globals())")).toBe("False");
    await servers.startServer(before);
  });

  it("has the reply of a cell that ended while no server was there", async () => {
    const { session, page, cell } = await counting("gap.ipynb");
    const before = leader;
    await servers.signalServer(before, "KILL");
    await until("the kernel is idle", async () => {
      return (await servers.known()).kernels[session.kernel.id]?.state === "idle";
    });
    await change();
    await page.open(servers.address(leader), session.kernel.id);
    await until("the cell ends", () => cell.done);
    expect(cell).toMatchObject({ text: counted, reply: "ok" });
    await servers.startServer(before);
  });

  it("goes on at the next leader when its own one is deposed, which then answers for no kernel", async () => {
    const { session, page, cell } = await counting("deposed.ipynb");
    await change();
    await until("the page is sent elsewhere", () => page.closed !== null);
    expect(page.closed).toBe(1012);
    const deposed = `http://${servers.address(other())}/api/kernels/${session.kernel.id}`;
    const answer = await fetch(deposed, { headers: { authorization: "token t" } });
    expect(answer.status).toBe(503);
    expect(answer.headers.get("x-jupyter-cluster-leads")).toBe("false");
    await page.open(servers.address(leader), session.kernel.id);
    await until("the cell ends", () => cell.done);
    expect(cell).toMatchObject({ text: counted, reply: "ok" });
  });

  it("goes on when its server is asked to end", async () => {
    const { session, page, cell } = await counting("ended.ipynb");
    const before = leader;
    const { pid } = (await servers.known()).kernels[session.kernel.id] ?? { pid: 0 };
    await servers.signalServer(before, "TERM");
    await until("the server has ended", async () => {
      return (await servers.run(`kill -0 $(cat /tmp/${before}.pid) || echo gone`)).endsWith("gone");
    });
    await change();
    await page.open(servers.address(leader), session.kernel.id);
    await until("the cell ends", () => cell.done);
    expect(cell.text).toBe(counted);
    expect((await servers.known()).kernels[session.kernel.id]?.pid).toBe(pid);
    await servers.startServer(before);
  });
});

it("lets go and leads again, however many pages have come and gone", async () => {
  const session = await servers.notebook(leader, "pages.ipynb");
  for (let round = 0; round < 6; round += 1) {
    const pages = Array.from({ length: 3 }, () => new Page());
    for (const page of pages) await page.open(servers.address(leader), session.kernel.id);
    pages[0]?.lose();
    // Of one that is still being opened, the request is the next leader's.
    const opened = new Page().open(servers.address(leader), session.kernel.id).then(
      () => "101",
      (error: unknown) => String(error),
    );
    const api = `http://${servers.address(leader)}/api`;
    const asked = Array.from({ length: 20 }, async () => {
      const answer = await fetch(`${api}/kernels`, { headers: { authorization: "token t" } });
      const told: unknown = await answer.json();
      return answer.status === 503 ? "refused" : told;
    });
    await change();
    expect(await opened).toMatch(/101|503/);
    // Nobody is told that there are no kernels because they were let go meanwhile.
    for (const told of await Promise.all(asked)) expect(told).not.toEqual([]);
    await until("the pages are sent elsewhere", () => pages.every(({ closed }) => closed !== null));
  }
  for (const server of ["a", "b"]) expect(await servers.log(server)).not.toContain("Traceback");
});

describe("a server that leads no more and does not know it", () => {
  it("reaches no kernel", async () => {
    const { session, page, cell } = await counting("stopped.ipynb");
    const before = leader;
    await servers.signalServer(before, "STOP");
    await change();
    const next = new Page();
    await next.open(servers.address(leader), session.kernel.id);
    await servers.signalServer(before, "CONT");
    // Whatever it still holds of the page is for no kernel any more.
    page.run("x = 'from the server of before'");
    await until("the page is sent elsewhere", () => page.closed !== null);
    expect(await next.result("print(x)")).toBe("42");
    await page.open(servers.address(leader), session.kernel.id);
    await until("the cell ends", () => cell.done);
    expect(cell.text).toBe(counted);
  });
});

describe("a new leader", () => {
  it("knows whether its kernels are busy", async () => {
    const { session, page, cell } = await counting("busy.ipynb");
    await change();
    const state = async () => {
      const path = `/api/kernels/${session.kernel.id}`;
      return (await servers.api<KernelModel>(leader, "GET", path)).execution_state;
    };
    expect(await state()).toBe("busy");
    await page.open(servers.address(leader), session.kernel.id);
    await until("the cell ends", () => cell.done);
    await until("it is idle", async () => (await state()) === "idle");
    await change();
    expect(await state()).toBe("idle");
  });
});

describe("an agent that hangs up on a server", () => {
  it("is asked again, until that leads with all its kernels", async () => {
    // The watches of both, and what the next leader asks first.
    await servers.control({ hangUps: 4 });
    await change();
    const session = await servers.notebook(leader, "after.ipynb");
    const page = new Page();
    await page.open(servers.address(leader), session.kernel.id);
    expect(await page.result("print(6 * 7)")).toBe("42");
  });
});
