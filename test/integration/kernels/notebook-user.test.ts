/** What a user does with a kernel, while its servers come and go. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Page } from "../../support/kernels/page.ts";
import { ROOT, Servers, type KernelModel } from "../../support/kernels/servers.ts";
import { until } from "../../support/poll.ts";

let servers: Servers;
let term = 0;
let leader = "b";

async function change(): Promise<void> {
  leader = leader === "a" ? "b" : "a";
  term += 1;
  await servers.lead(leader, term);
}

async function open(path: string, kernelName?: string) {
  const { kernel } = await servers.notebook(leader, path, kernelName);
  const page = new Page();
  await page.open(servers.address(leader), kernel.id);
  return { kernel: kernel.id, page };
}

/** A language of a few lines on ipykernel's base class: it says its code back, slowly. */
const ECHO = `
import time
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
class Echo(Kernel):
    implementation = implementation_version = "echo"
    language_info = {"name": "echo", "mimetype": "text/plain", "file_extension": ".txt"}
    banner = "echo"
    def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False):
        for word in code.split():
            self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": word + " "})
            time.sleep(0.05)
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}
IPKernelApp.launch_instance(kernel_class=Echo)
`;

beforeAll(async () => {
  servers = await Servers.start(["a", "b"]);
  const folder = "/home/admin/.local/share/jupyter/kernels/echo";
  const argv = ["python3", `${folder}/echo.py`, "-f", "{connection_file}"];
  const spec = JSON.stringify({ argv, display_name: "Echo", language: "echo" });
  await servers.run(
    `mkdir -p ${folder}; echo '${spec}' > ${folder}/kernel.json; cat > ${folder}/echo.py <<'END'${ECHO}END`,
  );
  await change();
});

afterAll(async () => {
  await servers.remove();
});

describe("a kernel", () => {
  it("is interrupted, restarted and ended through a server that has not started it", async () => {
    const { kernel, page } = await open("restart.ipynb");
    expect(await page.result("x = 1; print(x)")).toBe("1");
    await change();
    await page.open(servers.address(leader), kernel);
    const sleeping = page.run("import time; print('begun', flush=True); time.sleep(60)");
    await until("it sleeps", () => sleeping.text.includes("begun"));
    await servers.api(leader, "POST", `/api/kernels/${kernel}/interrupt`);
    await until("it is interrupted", () => sleeping.done);
    expect(sleeping.error).toBe("KeyboardInterrupt");
    const restarted = await servers.api<KernelModel>(
      leader,
      "POST",
      `/api/kernels/${kernel}/restart`,
    );
    expect(restarted.id).toBe(kernel);
    expect(await page.result("print('x' in globals())")).toBe("False");
    await servers.api(leader, "DELETE", `/api/kernels/${kernel}`);
    expect((await servers.known()).kernels).not.toHaveProperty(kernel);
  });

  it("that dies is started again, and the page is told why", async () => {
    const { kernel, page } = await open("dies.ipynb");
    const dying = page.run("import os, signal; os.kill(os.getpid(), signal.SIGKILL)");
    await until("the page hears of it", () => page.states.includes("restarting"));
    expect(dying.text).toBe("The kernel was ended by SIGKILL.\n");
    expect(await page.result("print('again')")).toBe("again");
    const model = await servers.api<KernelModel>(leader, "GET", `/api/kernels/${kernel}`);
    expect(model.id).toBe(kernel);
  });

  it("whose node is silent counts as alive, and is reached when the node answers", async () => {
    const { kernel, page } = await open("silent.ipynb");
    expect(await page.result("x = 7; print(x)")).toBe("7");
    await servers.control({ silent: true });
    await change();
    const { id } = await servers.api<KernelModel>(leader, "GET", `/api/kernels/${kernel}`);
    expect(id).toBe(kernel);
    const interrupt = servers.api(leader, "POST", `/api/kernels/${kernel}/interrupt`);
    await expect(interrupt).rejects.toThrow(/: 504 .*the kernel's node does not answer/s);
    await servers.control({ silent: false });
    await until("the page is joined", async () => {
      await page.open(servers.address(leader), kernel);
      return page.closed === null;
    });
    expect(await page.result("print(x)")).toBe("7");
  });

  it("of another language is adopted like any other", async () => {
    const { kernel, page } = await open("echo.ipynb", "echo");
    const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");
    const cell = page.run(words);
    await until("some words are said", () => cell.text.length > 20);
    await change();
    await page.open(servers.address(leader), kernel, page.last());
    await until("the cell ends", () => cell.done);
    expect(cell.text.trim()).toBe(words);
  });
});

describe("a cell", () => {
  it("that asks for input is answered through the next server", async () => {
    const { kernel, page } = await open("input.ipynb");
    const cell = page.run("print(input('name? '))");
    await until("it asks", () => cell.asked !== null);
    await change();
    cell.asked = null;
    await page.open(servers.address(leader), kernel);
    await until("it asks again", () => cell.asked === "name? ");
    page.answer("Ada");
    await until("the cell ends", () => cell.done);
    expect(cell.text).toBe("Ada\n");
  });

  it("of one page is not told to another page of the same kernel a second time", async () => {
    const { kernel, page } = await open("shared.ipynb");
    const second = await servers.api<{ kernel: KernelModel }>(leader, "POST", "/api/sessions", {
      path: "second.ipynb",
      name: "",
      type: "notebook",
      kernel: { id: kernel },
    });
    expect(second.kernel.id).toBe(kernel);
    const other = new Page();
    await other.open(servers.address(leader), kernel);
    const slow = page.run(
      "import time\nfor i in range(40): print(i, flush=True); time.sleep(0.05)",
    );
    const queued = other.run("print('second')");
    await until("it prints", () => slow.text.includes("3"));
    await change();
    await page.open(servers.address(leader), kernel);
    await other.open(servers.address(leader), kernel);
    await until("both end", () => slow.done && queued.done);
    expect(slow.text.trim().split("\n")).toHaveLength(40);
    expect(queued.text).toBe("second\n");
  });

  it("sends its comm messages once and in order to a page that is joined", async () => {
    const { kernel, page } = await open("comm.ipynb");
    const cell = page.run(
      "import time\nfrom ipykernel.comm import Comm\nc = Comm(target_name='t', data={'n': -1})\n" +
        "for n in range(40):\n    c.send({'n': n}); time.sleep(0.05)",
    );
    const numbers = () =>
      page.heard
        .filter(({ header }) => header.msg_type === "comm_msg")
        .map(({ content }) => (content["data"] as { n: number }).n);
    await until("some have come", () => numbers().length > 5);
    await change();
    await page.open(servers.address(leader), kernel, page.last());
    await until("the cell ends", () => cell.done);
    expect(numbers()).toEqual(Array.from({ length: 40 }, (_, n) => n));
  });

  it("that prints 200 MB leaves the keeper small, and says what was left out", async () => {
    const { kernel, page } = await open("much.ipynb");
    const state = async () => (await servers.known()).kernels[kernel]?.state;
    const cell = page.run(
      "line = 'x' * 99\nfor i in range(2_000_000): print(line)\nprint('the end')",
    );
    await until("it prints", async () => (await state()) === "busy");
    page.lose();
    await until("it has printed", async () => (await state()) === "idle", 90_000);
    const { keeper } = (await servers.known()).kernels[kernel] ?? { keeper: 0 };
    const peak = await servers.run(`grep VmHWM /proc/${keeper}/status`);
    expect(Number(/\d+/.exec(peak)?.[0])).toBeLessThan(120 * 1024);
    await page.open(servers.address(leader), kernel);
    await until("the cell ends", () => cell.done, 60_000);
    expect(cell.text).toMatch(/^… \d+ bytes left out\n/);
    expect(cell.text.endsWith("the end\n")).toBe(true);
  });
});

describe("a notebook whose page was closed", () => {
  it("has what its cells said meanwhile when it is opened, also at the next leader", async () => {
    const source =
      "import time\nfor i in range(30): print(i, flush=True); time.sleep(0.05)\n'result'";
    const cellOf = (id: string) => ({
      id,
      cell_type: "code",
      metadata: {},
      source,
      outputs: [],
      execution_count: null,
    });
    const content = {
      cells: [cellOf("one"), cellOf("two")],
      metadata: {},
      nbformat: 4,
      nbformat_minor: 5,
    };
    const path = "/api/contents/closed.ipynb";
    await servers.api(leader, "PUT", path, { type: "notebook", content });
    const { kernel, page } = await open("closed.ipynb");
    const cell = page.run(source, { cellId: "one" });
    await until("it prints", () => cell.text.includes("3"));
    page.lose();
    await until("the kernel is idle", async () => {
      return (await servers.known()).kernels[kernel]?.state === "idle";
    });
    await change();
    const read = async () => {
      const { content: now } = await servers.api<{ content: typeof content }>(leader, "GET", path);
      return now;
    };
    const opened = await read();
    const lines = `${Array.from({ length: 30 }, (_, i) => i).join("\n")}\n`;
    expect(opened.cells[0]).toMatchObject({
      execution_count: 1,
      outputs: [
        { output_type: "stream", name: "stdout", text: lines },
        { output_type: "execute_result", data: { "text/plain": "'result'" } },
      ],
    });
    expect(opened.cells[1]).toMatchObject({ outputs: [], execution_count: null });
    // The page saves what it shows; after that the notebook is as its user left it.
    await servers.api(leader, "PUT", path, { type: "notebook", content: opened });
    await servers.api(leader, "PUT", path, { type: "notebook", content });
    expect((await read()).cells[0]).toMatchObject({ outputs: [] });
    expect(await servers.run(`cat ${ROOT}/closed.ipynb`)).toContain("one");
  });
});
