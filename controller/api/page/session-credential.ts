/** What a logged-in page sends with a request: a cookie, and a key that no other site can add. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";

/** Asking for it is what a foreign page would need our leave for, and no answer of ours gives it. */
export const KEY_HEADER = "jupyter-cluster-key";

export interface SessionCredential {
  readonly id: string;
  readonly key: string;
}

/** Null: the request has none, or it was not sent by a page of ours. */
export function sessionCredential(request: IncomingMessage): SessionCredential | null {
  const id = cookieOf(request);
  const key = request.headers[KEY_HEADER];
  if (id === null || typeof key !== "string" || !isOwnPage(request)) return null;
  return { id, key };
}

/** What browsers say of the page behind a request; programs say nothing. */
export function isOwnPage({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  const { origin, host } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** Until the browser ends, or the session does. */
export function setCookie(request: IncomingMessage, response: ServerResponse, id: string): void {
  response.setHeader("Set-Cookie", `${cookieName(request)}=${id}; ${attributes(request)}`);
}

export function clearCookie(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("Set-Cookie", `${cookieName(request)}=; ${attributes(request)}; Max-Age=0`);
}

/** `Secure` only where it is true: over plain HTTP a browser would not send it back. */
function attributes({ socket }: IncomingMessage): string {
  const secure = (socket as Partial<TLSSocket>).encrypted === true ? "; Secure" : "";
  return `Path=/; HttpOnly; SameSite=Strict${secure}`;
}

/** Cookies know no ports: controllers of one host would log each other out. */
function cookieName({ socket }: IncomingMessage): string {
  return `jupyter-cluster-${socket.localPort ?? 0}`;
}

function cookieOf(request: IncomingMessage): string | null {
  const wanted = `${cookieName(request)}=`;
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(wanted))?.slice(wanted.length) ?? null;
}
