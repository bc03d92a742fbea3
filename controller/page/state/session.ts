/** Logging in and out, and every request that may need it. */
import { signal } from "@preact/signals";

/** In storage that other ports of this host cannot read, unlike its cookies. */
const KEY = "jupyter-cluster-key";
const LOGIN = /^#login=([A-Za-z0-9_-]+)$/;
const HEADER = "Jupyter-Cluster-Key";

export const loggedIn = signal(false);
/** Shown once, where a login of the address did not work. */
export const loginProblem = signal<string | null>(null);
/** The dialog that asks for a token is open. */
export const askingLogin = signal(false);

/** With the address's own token, else with what an earlier visit has left. */
export async function startSession(): Promise<void> {
  const [, token] = LOGIN.exec(location.hash) ?? [];
  if (token !== undefined) {
    // Out of the address at once, so that it is in no history and no screenshot.
    history.replaceState(null, "", "#/");
    dispatchEvent(new HashChangeEvent("hashchange"));
    loginProblem.value = await logIn(token);
    askingLogin.value = loginProblem.value !== null;
    return;
  }
  if (localStorage.getItem(KEY) === null) return;
  try {
    const { active } = (await call("GET", "session")) as { active: boolean };
    loggedIn.value = active;
  } catch {
    // The stream says already that the controller is not there.
    loggedIn.value = false;
  }
}

/** @returns what was wrong; null: it is logged in */
export async function logIn(token: string): Promise<string | null> {
  try {
    const { key } = (await call("POST", "session", { token })) as { key: string };
    localStorage.setItem(KEY, key);
    loggedIn.value = true;
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export async function logOut(): Promise<void> {
  try {
    await call("DELETE", "session");
  } finally {
    localStorage.removeItem(KEY);
    loggedIn.value = false;
  }
}

/**
 * @param path relative to the page
 * @throws Error with what the controller says of it
 */
export async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const response = await fetchAs(method, path, {
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "Content-Type": type } }),
  });
  return response.json();
}

/** @throws Error with what the controller says of it */
export async function fetchAs(
  method: string,
  path: string,
  init: { body?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const key = localStorage.getItem(KEY);
  const headers = { ...init.headers, ...(key === null ? {} : { [HEADER]: key }) };
  const response = await fetch(path, { ...init, method, headers, credentials: "same-origin" });
  if (response.ok) return response;
  if (response.status === 401 && path !== "session") {
    loggedIn.value = false;
    askingLogin.value = true;
  }
  throw new Error(await messageIn(response));
}

async function messageIn(response: Response): Promise<string> {
  const fallback = `The controller answered ${response.status}.`;
  try {
    const { message } = (await response.json()) as { message?: unknown };
    return typeof message === "string" ? message : fallback;
  } catch {
    return fallback;
  }
}
