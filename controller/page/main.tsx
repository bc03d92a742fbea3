/** The page's beginning in the browser. */
import { render } from "preact";
import { startSession } from "./state/session.ts";
import { startStore } from "./state/store.ts";
import { App } from "./view/app.tsx";

const place = document.getElementById("page");
if (place === null) throw new Error("the document has no place for the page");
startStore();
render(<App />, place);
void startSession();
