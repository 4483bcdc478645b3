/* The page: what is typed, run and answered. */

const at = (id) => document.getElementById(id);
const editor = at("document"), variables = at("variables"), headers = at("headers"), answer = at("answer");
const choices = at("choices");

const HISTORY_KEPT = 30;

const EXAMPLES = {
  "Who am I": "{\n  viewer { subject scopes expiresAt }\n}",
  "Customers": "{\n  customers(first: 10) {\n    totalCount\n    edges { node { id name status contactMedia { kind value } } }\n" +
    "    pageInfo { hasNextPage endCursor }\n  }\n}",
  "One customer's view": "query View($email: String!) {\n  customer(by: {email: $email}) {\n    id name\n" +
    "    contactMedia { id kind value source asOf }\n    orders(first: 5) { edges { node { number total currency state } } }\n" +
    "    requests(running: true) { totalCount }\n    sources { system state asOf cadence stale }\n  }\n}",
  "Follow a customer": "subscription Follow($id: ID!) {\n  customerUpdates(id: $id) {\n    cursor event\n" +
    "    customer { name version contactMedia { value } }\n  }\n}",
  "Flows": "{\n  flows {\n    name title planned lagSeconds quarantined\n    lanes { cadence mode nextRunAt }\n  }\n}",
};

const INTROSPECTION = `{ __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  directives { name description args { ...I } }
  types { name kind description enumValues { name description }
    fields { name description type { ...T } args { ...I } }
    inputFields { ...I } possibleTypes { name } } } }
fragment I on __InputValue { name description defaultValue type { ...T } }
fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }`;

let schema = new Schema({ types: [] }), running = null;

function send(body, accept, signal) {
  const given = { "content-type": "application/json", accept, ...json(headers, "headers") };
  if (at("token").value) given.authorization = `Bearer ${at("token").value.trim()}`;
  return fetch("/graphql", { method: "POST", headers: given, body: JSON.stringify(body), signal });
}

async function loadSchema() {
  try {
    const response = await send({ query: INTROSPECTION }, "application/json");
    const { data, errors } = await response.json();
    if (!data) throw new Error(errors[0].message);
    schema = new Schema(data.__schema);
    showRoots();
    tellProblems();
  } catch (error) {
    at("docs").textContent = error.message;
  }
}

/* What a field of the page holds; an error that names the field for what is no JSON object. */
function json(area, what) {
  try {
    return area.value.trim() ? JSON.parse(area.value) : {};
  } catch (error) {
    throw new Error(`the ${what} are no JSON: ${error.message}`);
  }
}

async function run() {
  stop();
  const own = new AbortController(), started = performance.now();
  const operation = operationAt(editor.value, editor.selectionStart);
  const streams = operation?.kind === "subscription";
  running = own;
  at("stop").disabled = false;
  answer.textContent = "";
  try {
    const body = { query: editor.value, variables: json(variables, "variables"), operationName: operation?.name };
    const response = await send(body, streams ? "text/event-stream" : "application/json", own.signal);
    remember();
    if (streams && response.ok) await follow(response, own.signal);
    else answer.textContent = pretty(await response.text());
    at("status").textContent = `${response.status} in ${Math.round(performance.now() - started)} ms`;
  } catch (error) {
    at("status").textContent = error.name === "AbortError" ? "stopped" : `no answer: ${error.message}`;
  } finally {
    if (running === own) at("stop").disabled = true;
  }
}

async function follow(response, signal) {
  at("status").textContent = "following";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (!signal.aborted) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + value).split("\r\n\r\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\r\n").find((line) => line.startsWith("data: "));
      if (event.startsWith("event: next") && data)
        answer.textContent = `${new Date().toLocaleTimeString()}\n${pretty(data.slice(6))}\n\n${answer.textContent}`;
    }
  }
}

function stop() {
  running?.abort();
  running = null;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function complete(area) {
  const before = area.value.slice(0, area.selectionStart);
  const typed = before.match(area === editor ? /\w*$/ : /"?\w*$/)[0];
  const read = before.slice(0, before.length - typed.length);
  const all = area === editor ? schema.choices(read, editor.value) : schema.variableChoices(read, editor.value);
  const wanted = typed.replace('"', "").toLowerCase();
  const fitting = all.filter(({ name }) => name.replace(/["$]/, "").toLowerCase().startsWith(wanted)).slice(0, 60);
  choices.replaceChildren(...fitting.map((choice, place) => {
    const item = element("li", choice.type ? `${choice.name}: ${choice.type} ` : `${choice.name} `,
      element("small", choice.description ?? ""));
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(place === 0));
    item.onmousedown = (event) => { event.preventDefault(); take(area, choice.name, typed); };
    item.dataset.name = choice.name;
    return item;
  }));
  choices.dataset.typed = typed;
  choices.hidden = fitting.length === 0 || (fitting.length === 1 && fitting[0].name === typed);
}

function take(area, name, typed) {
  const end = area.selectionStart;
  area.setRangeText(name, end - typed.length, area.value[end] === '"' && name.endsWith('"') ? end + 1 : end, "end");
  choices.hidden = true;
  area.focus();
  tellProblems();
}

function move(by) {
  const items = [...choices.children];
  const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  items[now].setAttribute("aria-selected", "false");
  const next = items[(now + by + items.length) % items.length];
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
}

/* Names that the schema does not have, as far as it is known: the server is asked about everything else. */
function tellProblems() {
  const found = schema.problems(editor.value).filter(({ end }) => end !== editor.selectionStart);
  at("problems").textContent = found.slice(0, 3).map(({ word, type, at: place }) =>
    `line ${editor.value.slice(0, place).split("\n").length}: ${type} has no ${word}`).join("; ");
}

function pressed(area, event) {
  if (event.ctrlKey && event.code === "Space") complete(area);
  else if (event.ctrlKey && event.shiftKey && event.code === "KeyF") prettify();
  else if (!choices.hidden && event.key === "ArrowDown") move(1);
  else if (!choices.hidden && event.key === "ArrowUp") move(-1);
  else if (!choices.hidden && (event.key === "Enter" || event.key === "Tab") && !event.ctrlKey)
    take(area, choices.querySelector('[aria-selected="true"]').dataset.name, choices.dataset.typed);
  else if (!choices.hidden && event.key === "Escape") choices.hidden = true;
  else if (event.key === "Tab" && !event.shiftKey) area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
  else return;
  event.preventDefault();
}

for (const area of [editor, variables]) {
  area.addEventListener("keydown", (event) => pressed(area, event));
  area.addEventListener("input", (event) => {
    if (!choices.hidden || /^[\w$@"]$/.test(event.data ?? "")) complete(area);
    if (area === editor) tellProblems();
  });
  area.addEventListener("blur", () => (choices.hidden = true));
}

function prettify() {
  editor.value = prettified(editor.value);
  variables.value = variables.value.trim() ? pretty(variables.value) : "";
}

/* What was run in this tab, the last first; for the tab's life only, since variables name people. */
const remembered = () => JSON.parse(sessionStorage.getItem("history") ?? "[]");

function remember() {
  const now = { document: editor.value, variables: variables.value };
  const others = remembered().filter((old) => old.document !== now.document || old.variables !== now.variables);
  sessionStorage.setItem("history", JSON.stringify([now, ...others].slice(0, HISTORY_KEPT)));
  showHistory();
}

function showHistory() {
  const shown = ({ document, variables }) => `${document} ${variables}`.replace(/\s+/g, " ").trim().slice(0, 80);
  at("history").replaceChildren(new Option("History", ""), ...remembered().map((old, place) => new Option(shown(old), place)));
}

function element(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

for (const [title, text] of Object.entries(EXAMPLES)) at("examples").append(new Option(title, text));
at("examples").onchange = (event) => {
  if (event.target.value) editor.value = event.target.value;
  tellProblems();
};
at("history").onchange = (event) => {
  const old = remembered()[event.target.value];
  if (old) [editor.value, variables.value] = [old.document, old.variables];
  event.target.value = "";
  tellProblems();
};
at("prettify").onclick = prettify;
at("run").onclick = run;
at("stop").onclick = stop;
at("token").value = sessionStorage.getItem("token") ?? "";
headers.value = sessionStorage.getItem("headers") ?? "";
headers.onchange = () => sessionStorage.setItem("headers", headers.value);
showHistory();
at("token").onchange = () => { sessionStorage.setItem("token", at("token").value); loadSchema(); };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "Enter") { event.preventDefault(); run(); }
});
editor.value = EXAMPLES["Who am I"];
if (at("token").value) loadSchema();
else at("docs").textContent = "Paste a token above: `hub token agent` prints one.";
