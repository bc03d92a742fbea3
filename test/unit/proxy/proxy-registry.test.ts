/** The clusters' proxies: what of them is news for whom. */
import { expect, it, onTestFinished } from "vitest";
import { ProxyRegistry } from "../../../controller/proxy/proxy-registry.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { JupyterProxy } from "../../../controller/proxy/jupyter-proxy.ts";
import { freePort } from "../../support/free-port.ts";
import { silentLog } from "../../support/silent-log.ts";

it("a proxy that was opened or changed is news for its cluster alone, and is seen as wanted", async () => {
  const woken: string[] = [];
  const registry = new ProxyRegistry({
    newProxy: (options) => new JupyterProxy(options),
    clock: systemClock,
    log: silentLog,
    onChange: (key) => woken.push(key),
  });
  onTestFinished(() => registry.closeAll());
  const where = { address: "127.0.0.1", port: await freePort() };
  const wanted = { ...where, holdSeconds: 30, hostNames: null };
  await registry.ensure("default/a", wanted);
  expect(woken).toEqual(["default/a"]);
  const changed = { ...wanted, holdSeconds: 5, hostNames: ["lab.example"] };
  await registry.ensure("default/a", changed);
  expect(woken).toEqual(["default/a", "default/a"]);
  expect(registry.observe("default/a")).toMatchObject({ listening: true, ...changed });
  expect(registry.observe("default/b")).toBeNull();
});
