"use strict";

const at = (id) => document.getElementById(id);
const editor = at("document"), variables = at("variables"), answer = at("answer"), choices = at("choices");

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
  types { name kind description enumValues { name description }
    fields { name description type { ...T } args { name description defaultValue type { ...T } } }
    inputFields { name description defaultValue type { ...T } } possibleTypes { name } } } }
fragment T on __Type { name kind ofType { name kind ofType { name kind ofType { name kind } } } }`;

let types = new Map(), roots = {}, running = null;

const named = (type) => (type.ofType ? named(type.ofType) : type.name);
const written = (type) =>
  type.kind === "NON_NULL" ? written(type.ofType) + "!" : type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;

function send(body, accept, signal) {
  const headers = { "content-type": "application/json", accept };
  if (at("token").value) headers.authorization = `Bearer ${at("token").value.trim()}`;
  return fetch("/graphql", { method: "POST", headers, body: JSON.stringify(body), signal });
}

async function loadSchema() {
  const response = await send({ query: INTROSPECTION }, "application/json");
  const { data, errors } = await response.json();
  if (!data) {
    at("docs").textContent = errors[0].message;
    return;
  }
  types = new Map(data.__schema.types.map((type) => [type.name, type]));
  roots = {
    query: data.__schema.queryType?.name,
    mutation: data.__schema.mutationType?.name,
    subscription: data.__schema.subscriptionType?.name,
  };
  showRoots();
}

async function run() {
  stop();
  let given = {};
  try {
    given = variables.value.trim() ? JSON.parse(variables.value) : {};
  } catch (error) {
    answer.textContent = `The variables are not JSON: ${error.message}`;
    return;
  }
  const streams = /(^|[^\w$])subscription\b/.test(editor.value.replace(/#.*/g, ""));
  running = new AbortController();
  at("stop").disabled = false;
  answer.textContent = "";
  const started = performance.now();
  try {
    const response = await send({ query: editor.value, variables: given },
      streams ? "text/event-stream" : "application/json", running.signal);
    if (streams && response.ok) await follow(response, running.signal);
    else answer.textContent = pretty(await response.text());
    at("status").textContent = `${response.status} in ${Math.round(performance.now() - started)} ms`;
  } catch (error) {
    at("status").textContent = error.name === "AbortError" ? "stopped" : `no answer: ${error.message}`;
  } finally {
    at("stop").disabled = true;
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

/* The type whose fields may stand at the end of `text`: a walk over its braces, names and fragments. */
function typeAt(text) {
  const tokens = text.replace(/#.*/g, "").replace(/"(\\.|[^"\\])*"?/g, "").match(/\.\.\.|[A-Za-z_]\w*|[{}()[\]:$@!]/g) ?? [];
  const stack = [];
  let name = null, root = roots.query, depth = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (depth > 0) continue;
    else if (token === "{") {
      const inside = stack.at(-1);
      const field = inside && types.get(inside)?.fields?.find((candidate) => candidate.name === name);
      stack.push(stack.length === 0 ? root : field ? named(field.type) : name && types.has(name) ? name : inside);
      name = null;
    } else if (token === "}") {
      stack.pop();
      name = null;
    } else if (stack.length === 0 && roots[token]) root = roots[token];
    else if (token === "on" && (tokens[i - 1] === "..." || stack.length === 0)) {
      name = tokens[++i];
      if (stack.length === 0) root = name;
    } else if (/^\w/.test(token)) name = token;
  }
  return depth > 0 ? null : types.get(stack.at(-1));
}

function complete() {
  const before = editor.value.slice(0, editor.selectionStart);
  const typed = before.match(/\w*$/)[0];
  const type = typeAt(before.slice(0, before.length - typed.length));
  const fitting = (type?.fields ?? []).filter((field) => field.name.toLowerCase().startsWith(typed.toLowerCase()));
  choices.replaceChildren(...fitting.slice(0, 50).map((field, place) => {
    const item = element("li", `${field.name}: ${written(field.type)} `, element("small", field.description ?? ""));
    item.setAttribute("aria-selected", String(place === 0));
    item.onmousedown = (event) => { event.preventDefault(); take(field.name, typed); };
    item.dataset.name = field.name;
    return item;
  }));
  choices.dataset.typed = typed;
  choices.hidden = fitting.length === 0;
}

function take(name, typed) {
  const end = editor.selectionStart;
  editor.setRangeText(name, end - typed.length, end, "end");
  choices.hidden = true;
  editor.focus();
}

function move(by) {
  const items = [...choices.children];
  const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  items[now].setAttribute("aria-selected", "false");
  const next = items[(now + by + items.length) % items.length];
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
}

editor.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.code === "Space") complete();
  else if (!choices.hidden && event.key === "ArrowDown") move(1);
  else if (!choices.hidden && event.key === "ArrowUp") move(-1);
  else if (!choices.hidden && (event.key === "Enter" || event.key === "Tab") && !event.ctrlKey)
    take(choices.querySelector('[aria-selected="true"]').dataset.name, choices.dataset.typed);
  else if (!choices.hidden && event.key === "Escape") choices.hidden = true;
  else if (event.key === "Tab" && !event.shiftKey)
    editor.setRangeText("  ", editor.selectionStart, editor.selectionEnd, "end");
  else return;
  event.preventDefault();
});
editor.addEventListener("input", () => (choices.hidden ? undefined : complete()));
editor.addEventListener("blur", () => (choices.hidden = true));

function element(tag, ...children) {
  const made = document.createElement(tag);
  made.append(...children);
  return made;
}

function link(text, open) {
  const made = element("a", text);
  made.onclick = open;
  made.onkeydown = (event) => event.key === "Enter" && open();
  made.tabIndex = 0;
  return made;
}

function showRoots() {
  at("trail").replaceChildren("Schema");
  const names = [...Object.values(roots).filter(Boolean)];
  at("docs").replaceChildren(element("dl", ...names.flatMap((name) => [
    element("dt", link(name, () => showType(name))), element("dd", types.get(name).description ?? ""),
  ])));
}

function showType(name) {
  const type = types.get(name);
  at("trail").replaceChildren(link("Schema", showRoots), " / ", name);
  const fields = (type.fields ?? type.inputFields ?? []).flatMap((field) => {
    const args = (field.args ?? []).map((arg) => element("div", element("small",
      `${arg.name}: ${written(arg.type)} `, arg.description ?? "")));
    const signature = element("dt", `${field.name}: `, link(written(field.type), () => showType(named(field.type))));
    return [signature, element("dd", field.description ?? "", ...args)];
  });
  const values = (type.enumValues ?? []).flatMap((value) => [element("dt", value.name), element("dd", value.description ?? "")]);
  const kinds = (type.possibleTypes ?? []).map((kind) => element("dt", link(kind.name, () => showType(kind.name))));
  at("docs").replaceChildren(element("p", type.description ?? ""), element("dl", ...fields, ...values, ...kinds));
}

at("search").addEventListener("input", () => {
  const wanted = at("search").value.toLowerCase();
  if (wanted.length < 2) return showRoots();
  const found = [...types.values()].filter((type) => !type.name.startsWith("__")).flatMap((type) => [
    ...(type.name.toLowerCase().includes(wanted) ? [[type.name, type.name]] : []),
    ...(type.fields ?? []).filter((field) => field.name.toLowerCase().includes(wanted))
      .map((field) => [`${type.name}.${field.name}`, type.name]),
  ]);
  at("trail").replaceChildren(`${found.length} found`);
  at("docs").replaceChildren(element("dl", ...found.slice(0, 80).map(
    ([text, name]) => element("dt", link(text, () => showType(name))))));
});

for (const [title, text] of Object.entries(EXAMPLES)) at("examples").append(new Option(title, text));
at("examples").onchange = (event) => { if (event.target.value) editor.value = event.target.value; };
at("run").onclick = run;
at("stop").onclick = stop;
at("token").value = sessionStorage.getItem("token") ?? "";
at("token").onchange = () => { sessionStorage.setItem("token", at("token").value); loadSchema(); };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "Enter") { event.preventDefault(); run(); }
});
editor.value = EXAMPLES["Who am I"];
if (at("token").value) loadSchema();
else at("docs").textContent = "Paste a token above: `hub token agent` prints one.";
