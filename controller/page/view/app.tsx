/** The frame around every view: where one is, whether it is true now, who is logged in. */
import { useEffect } from "preact/hooks";
import { askingLogin, loggedIn, logOut } from "../state/session.ts";
import { live, model, route } from "../state/store.ts";
import { routeTo } from "../words/route.ts";
import { ClusterView } from "./cluster.tsx";
import { ClustersView } from "./clusters.tsx";
import { ActionDialog } from "./dialog.tsx";
import { LoginDialog } from "./login.tsx";

export function App() {
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <TopBar />
      <main id="main" tabIndex={-1}>
        <Main />
      </main>
      <LoginDialog />
      <ActionDialog />
    </>
  );
}

/** The address's fragment is the view's, so the jump is made by hand. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Main() {
  const { clusters, controller } = model.value;
  const at = route.value;
  const [only] = clusters.keys();
  const single = clusters.size === 1 && at.page === "clusters" ? only : undefined;
  useEffect(() => {
    document.title = at.page === "cluster" ? `${at.key} - jupyter-cluster` : "jupyter-cluster";
  }, [at.page === "cluster" ? at.key : ""]);
  if (controller === null) {
    return <p class="waiting">{live.value === "lost" ? LOST : "Asking the controller …"}</p>;
  }
  if (at.page === "clusters") {
    return single === undefined ? (
      <ClustersView />
    ) : (
      <ClusterView key={single} route={{ page: "cluster", key: single, ...OVERVIEW }} />
    );
  }
  return <ClusterView key={at.key} route={at} />;
}

const OVERVIEW = { tab: "overview", node: null, unit: null } as const;
const LOST = "The controller does not answer. The containers go on without it.";

function TopBar() {
  const { controller, clusters } = model.value;
  const at = route.value;
  const others = controller?.controllers.filter(({ self }) => !self).length ?? 0;
  return (
    <header class="top">
      <a class="home" href="#/">
        <img src="icon.svg" alt="" width="24" height="24" />
        <span>jupyter-cluster</span>
      </a>
      {at.page === "cluster" && clusters.size > 1 && (
        <nav aria-label="Clusters">
          <a href="#/">All clusters</a> <span aria-hidden="true">/</span>{" "}
          <a href={routeTo(at.key)} aria-current="page">
            {at.key}
          </a>
        </nav>
      )}
      <span class="space" />
      {controller !== null && (
        <span class="who">
          {controller.role === "acting" ? "Active controller" : "Standby controller"}
          {others > 0 ? `, ${others} more` : ""}
          <span class="version"> {controller.version}</span>
        </span>
      )}
      <span class={`live live-${live.value}`} role="status">
        {LIVE[live.value]}
      </span>
      {loggedIn.value ? (
        <button type="button" onClick={() => void logOut()}>
          Log out
        </button>
      ) : (
        <button type="button" onClick={() => (askingLogin.value = true)}>
          Log in
        </button>
      )}
    </header>
  );
}

const LIVE = { connecting: "connecting", live: "live", lost: "not live" } as const;
