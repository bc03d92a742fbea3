/** What the HTTP API of one controller process tells and does, in whichever role it is. */
import { apiOperations, type OperatedSite } from "./api-operations.ts";
import type { ControllerEntry, ControllerInfo, HealthChecks } from "./api/controller-status.ts";
import type { ApiServerOptions } from "./api/server.ts";
import { loadPage, type PageFiles } from "./api/page/page-files.ts";
import { apiServerIdentity } from "./certificates/api-certificates.ts";
import { newKey } from "./certificates/certificate.ts";
import { targetText } from "./mesos/target.ts";
import { ERROR_CODES, messageOf, OperationError } from "./model/errors.ts";
import type { Logger } from "./model/ports.ts";
import { RELEASE } from "./model/release.ts";
import { pageReadings } from "./page-readings.ts";
import type { ProcessSite } from "./process-site.ts";
import { processSpecs } from "./process-specs.ts";
import { controllersOf } from "./roles/controllers.ts";
import type { ControllerRecord } from "./store/state-backend.ts";
import type { OpenedState } from "./store/open-state.ts";
import { ensureApiAuthorityKey } from "./store/api-authority.ts";
import { systemClock } from "./support/clock.ts";
import { hostPortText } from "./support/host-port.ts";
import { thisUser } from "./support/users.ts";

const WAITS = "It is taken as soon as it is free: another process listens there.";

export async function processApi(
  site: ProcessSite,
  readSpecs: () => Promise<void>,
  stop: () => Promise<void>,
): Promise<Omit<ApiServerOptions, "metrics">> {
  const { options, state, published } = site;
  const authorityKey = await ensureApiAuthorityKey(state.directory, newKey);
  return {
    ...options.api,
    tls: apiServerIdentity(authorityKey, hostsOf(options.api.host), systemClock.now()),
    clock: systemClock,
    version: RELEASE,
    specs: processSpecs(site, readSpecs),
    published,
    info: () => infoOf(site),
    controllers: () => entriesOf(site),
    health: healthOf(site),
    controlToken: state.controlToken,
    page: await pageIfBuilt(options.log),
    readings: () => pageReadings(site),
    operations: apiOperations(operatedSite(site, stop)),
    log: options.log,
  };
}

/** A controller whose page was not built heals all the same. */
async function pageIfBuilt(log: Logger): Promise<PageFiles | null> {
  try {
    return await loadPage();
  } catch (error) {
    log.warn({ error: messageOf(error) }, "no page is served: its files cannot be read");
    return null;
  }
}

/** All addresses at once have no name of their own. */
function hostsOf(host: string): readonly string[] {
  return ["0.0.0.0", "::"].includes(host) ? [] : [host];
}

function infoOf({ options, state, keeper, serving, sight }: ProcessSite): ControllerInfo {
  const { version, startedAt, pid } = sight.me;
  const { mesos } = options;
  const told = keeper.acting?.core.mesosInfo();
  const master = mesos.kind === "local" ? "local" : (told?.master ?? targetText(mesos));
  return {
    version,
    startedAt,
    process: { pid, user: thisUser(), stateDirectory: state.directory },
    role: keeper.role.is,
    store: state.backend.description,
    proxies: proxiesOf({ keeper, serving }),
    mesos: {
      master,
      frameworkId: told?.frameworkId ?? sight.view?.frameworkId ?? null,
      registered: told?.registered ?? false,
    },
  };
}

function proxiesOf({ keeper, serving }: Pick<ProcessSite, "keeper" | "serving">) {
  return [...keeper.memories().keys()].flatMap((cluster) => {
    const proxy = serving.proxies.observe(cluster);
    if (proxy === null) return [];
    const { address: host, port, listening, error } = proxy;
    // Whoever stands by on the host of the one that acts finds it taken, as it should be.
    const waits = keeper.acting === null && error !== null ? WAITS : error;
    const problem = listening ? null : waits;
    return [{ cluster, address: hostPortText({ host, port }), listening, problem }];
  });
}

/** Whoever asks how it is wants an answer while the store is silent, too. */
const STANDING_BY_MS_MAX = 500;

/** What the store cannot be asked for is left out: this process knows itself. */
async function entriesOf({
  keeper,
  sight,
  state,
}: ProcessSite): Promise<readonly ControllerEntry[]> {
  const { role } = keeper;
  const own =
    role.is === "acting" ? { term: role.term, since: new Date(role.since).toISOString() } : null;
  const acting = sight.view?.acting ?? null;
  return controllersOf(sight.me, own, acting, await standingBy(state.backend));
}

async function standingBy(backend: OpenedState["backend"]): Promise<readonly ControllerRecord[]> {
  try {
    return await backend.standingBy(STANDING_BY_MS_MAX);
  } catch (error) {
    if (error instanceof OperationError) return [];
    throw error;
  }
}

function healthOf({ keeper, sight }: ProcessSite): HealthChecks {
  const core = () => keeper.acting?.core ?? null;
  return {
    live: [{ name: "loop", check: () => null }],
    ready: [
      { name: "role", check: () => null, note: () => roleText({ keeper, sight }) },
      { name: "mesos", check: () => core()?.mesosProblem() ?? null },
      {
        name: "state",
        check: () => core()?.loop.stateProblem() ?? (core() === null ? sight.problem() : null),
      },
    ],
  };
}

function roleText({ keeper, sight }: Pick<ProcessSite, "keeper" | "sight">): string {
  const { role } = keeper;
  if (role.is === "acting") return `acts, term ${role.term}`;
  const why = role.reason === null ? "" : ` It acts no more: ${role.reason}`;
  return `stands by. ${sight.whoActs()}${why}`;
}

function operatedSite(site: ProcessSite, stop: () => Promise<void>): OperatedSite {
  const { keeper, sight } = site;
  const acting: OperatedSite["acting"] = (operation) => {
    if (keeper.acting !== null) return keeper.acting.core;
    const message = `This controller stands by. ${sight.whoActs()}`;
    throw new OperationError(ERROR_CODES.NOT_ACTING, operation, message);
  };
  return {
    memories: () => keeper.memories(),
    published: site.published,
    usages: site.usages,
    acting,
    shutdown: async (teardown) => {
      if (teardown) {
        acting("tear down");
        await requireAlone(site);
      }
      return () => void shutDown(site, teardown, stop);
    },
  };
}

/** Whoever stands by would take over and launch everything again. */
async function requireAlone({ state, sight }: ProcessSite): Promise<void> {
  const others = (await state.backend.standingBy()).filter(({ id }) => id !== sight.me.id);
  if (others.length === 0) return;
  const where = others.map(
    ({ hostname, pid, apiUrl }) => `${hostname} (process ${pid}, ${apiUrl})`,
  );
  const message = `End the controllers that stand by first: ${where.join(", ")}.`;
  throw new OperationError(ERROR_CODES.STATE_LOCKED, "tear down", message);
}

async function shutDown(
  { keeper, options }: ProcessSite,
  teardown: boolean,
  stop: () => Promise<void>,
): Promise<void> {
  try {
    if (teardown) await keeper.acting?.core.teardown();
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    // Whoever asked removes what is left; the controller ends all the same.
    options.log.error({ err: error }, "the framework could not be torn down");
  }
  await stop();
}
