/** The page for browsers at `ui/`: its files, its login, and the one stream that it lives on. */
import type { ApiExchange } from "../exchange.ts";
import { sendJson } from "../exchange.ts";
import type { TokenGuard } from "../guard.ts";
import { readJsonObject } from "../requests.ts";
import type { Route } from "../router.ts";
import { StatusError } from "../status-error.ts";
import type { ChangeStream } from "./change-stream.ts";
import { PAGE_FILES, type PageFileName, type PageFiles, sendPageFile } from "./page-files.ts";
import { clearCookie, isOwnPage, sessionCredential, setCookie } from "./session-credential.ts";
import type { Sessions } from "./sessions.ts";

export interface PageParts {
  /** Null: this process has no page. */
  readonly files: PageFiles | null;
  readonly sessions: Sessions;
  readonly tokens: TokenGuard;
  readonly changes: ChangeStream;
}

const SECRET = { "Cache-Control": "no-store" };

export function pageRoutes({ files, sessions, tokens, changes }: PageParts): Route[] {
  const logIn = (exchange: ApiExchange) => beginSession(exchange, sessions, tokens);
  return [
    { method: "GET", path: "/ui", handler: (x) => sendIndex(x, files) },
    ...PAGE_FILES.filter((name) => name !== "index.html").map((name): Route => {
      return { method: "GET", path: `/ui/${name}`, handler: (x) => send(x, files, name) };
    }),
    { method: "GET", path: "/ui/changes", handler: (x) => changes.open(x) },
    {
      method: "GET",
      path: "/ui/session",
      handler: (x) => sendJson(x, { active: tokens.isLoggedIn(x.request) }, { headers: SECRET }),
    },
    { method: "POST", path: "/ui/session", handler: logIn },
    {
      method: "DELETE",
      path: "/ui/session",
      authorized: true,
      handler: (x) => endSession(x, sessions),
    },
    {
      method: "POST",
      path: "/ui/logins",
      authorized: true,
      handler: (x) => sendLogin(x, sessions),
    },
  ];
}

/** Whoever opens the address in a browser means the page; scripts get the paths. */
export function wantsPage({ request }: ApiExchange): boolean {
  return /\btext\/html\b/.test(request.headers.accept ?? "");
}

/** A relative one: in front of us there may be a prefix. */
export function redirect({ response }: ApiExchange, to: string): void {
  response.writeHead(302, { Location: to, "Content-Length": 0, Vary: "Accept" }).end();
}

/** The page's own paths are relative to `ui/`, so it is not served as `ui`. */
function sendIndex(exchange: ApiExchange, files: PageFiles | null): void {
  const path = new URL(exchange.request.url ?? "/", "http://controller").pathname;
  if (path.endsWith("/")) send(exchange, files, "index.html");
  else redirect(exchange, "ui/");
}

function send(exchange: ApiExchange, files: PageFiles | null, name: PageFileName): void {
  const file = files?.get(name);
  if (file === undefined) throw new StatusError("NotFound", "This controller has no page.");
  sendPageFile(exchange, file);
}

function sendLogin(exchange: ApiExchange, sessions: Sessions): void {
  exchange.request.resume();
  const { token, endsAt } = sessions.newLogin();
  const told = { token, expiresAt: new Date(endsAt).toISOString() };
  sendJson(exchange, told, { status: 201, headers: SECRET });
}

/** With a token that logs in once, or with the control token. */
async function beginSession(
  exchange: ApiExchange,
  sessions: Sessions,
  tokens: TokenGuard,
): Promise<void> {
  const { request, response } = exchange;
  const { token, ...others } = await readJsonObject(request);
  if (typeof token !== "string" || Object.keys(others).length > 0) {
    throw new StatusError("BadRequest", 'The body is {"token": "…"}, and nothing else.');
  }
  if (!isOwnPage(request)) {
    throw new StatusError("Forbidden", "Only the controller's own page may log in.");
  }
  if (!sessions.useLogin(token) && !tokens.isToken(token)) {
    const message =
      "This token does not log in: it was used, its time is up, or it is a wrong one. " +
      "`jupyter-cluster page` prints a new address.";
    throw new StatusError("Unauthorized", message, { headers: SECRET });
  }
  const { id, key, endsAt } = sessions.begin();
  setCookie(request, response, id);
  const told = { key, expiresAt: new Date(endsAt).toISOString() };
  sendJson(exchange, told, { status: 201, headers: SECRET });
}

function endSession(exchange: ApiExchange, sessions: Sessions): void {
  const { request, response } = exchange;
  const session = sessionCredential(request);
  if (session !== null) sessions.end(session.id);
  clearCookie(request, response);
  sendJson(exchange, { active: false }, { headers: SECRET });
}
