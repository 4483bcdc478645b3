"use strict";

/* What stands at a place of a GraphQL document or of its variables, and what may stand there: names with their types. */

const TOKEN = /#[^\n]*|"""[\s\S]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?|\.\.\.|[$@{}()[\]:!=|&,]|-?\d[\w.+-]*|[A-Za-z_]\w*/g;
const OPERATIONS = ["query", "mutation", "subscription"];
const COMPOSITE = ["OBJECT", "INTERFACE", "UNION"];

function tokens(text) {
  return [...text.matchAll(TOKEN)].filter(([word]) => !word.startsWith("#"))
    .map((match) => ({ word: match[0], at: match.index, end: match.index + match[0].length }));
}

const named = (type) => (type.ofType ? named(type.ofType) : type.name);
const written = (type) =>
  type.kind === "NON_NULL" ? written(type.ofType) + "!" : type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;
const inner = (type) =>
  !type ? null : type.kind === "NON_NULL" ? inner(type.ofType) : type.kind === "LIST" ? type.ofType : type;
const isName = (word) => /^[A-Za-z_]/.test(word ?? "");

/* Goes through a document with a stack of what is open; `problems` are names that the schema does not have. */
class Walk {
  constructor(schema) {
    this.schema = schema;
    this.stack = [{ kind: "document" }];
    this.problems = [];
    this.variables = new Map();
    this.fragments = new Map();
    this.before = [];
  }

  get top() { return this.stack.at(-1); }

  over(text) {
    for (const token of tokens(text)) this.step(token);
    return this;
  }

  step(token, taken = false) {
    if (token.word === ",") return;
    if (!taken) this.take(token);
    this.before.push(token.word);
  }

  take(token) {
    const { word } = token, top = this.top;
    if (word === "}" || word === ")" || word === "]") return this.close();
    if (word === "(") return this.stack.push(this.parenthesis());
    if (top.kind === "document") return this.inDocument(word);
    if (top.kind === "fields") return this.inFields(token);
    if (top.kind === "variables") return this.inVariables(word);
    return this.inValues(token);
  }

  close() {
    if (this.stack.length > 1) this.stack.pop();
    if (this.top.kind === "document") this.top.root = this.top.field = null;
  }

  parenthesis() {
    if (this.top.kind === "document") return { kind: "variables" };
    const directive = this.before.at(-2) === "@" ? this.schema.directives.get(this.before.at(-1)) : null;
    const given = directive ?? this.top.field;
    return { kind: "arguments", of: given?.args, owner: given?.name, given: new Set(), type: null };
  }

  inDocument(word) {
    const top = this.top;
    if (word === "{") return this.stack.push({ kind: "fields", type: top.root ?? this.schema.root("query") });
    if (OPERATIONS.includes(word) && !top.root) top.root = this.schema.root(word);
    else if (this.before.at(-1) === "on") {
      top.root = this.schema.type(word);
      this.fragments.set(this.before.at(-2), word);
    }
  }

  inFields(token) {
    const { word } = token, top = this.top, last = this.before.at(-1);
    if (word === "{") {
      const type = top.on ?? (top.field ? this.schema.type(named(top.field.type)) : top.unknown ? null : top.type);
      top.on = null;
      return this.stack.push({ kind: "fields", type });
    }
    if (word === "...") top.field = top.on = top.unknown = null;
    else if (last === "on" && this.before.at(-2) === "...") top.on = this.schema.type(word);
    else if (isName(word) && last !== "..." && last !== "@") {
      top.field = word === "__typename" ? null : this.schema.field(top.type, word);
      top.unknown = !top.field && top.type && !word.startsWith("__") ? { ...token, type: top.type.name } : null;
      if (top.unknown) this.problems.push(top.unknown);
    } else if (word === ":" && this.problems.length && this.problems.at(-1) === top.unknown) this.problems.pop();
  }

  inVariables(word) {
    const top = this.top;
    if (this.before.at(-1) === "$") this.variables.set((top.name = word), "");
    else if (top.name && !top.default && /^[\w[\]!]/.test(word))
      this.variables.set(top.name, this.variables.get(top.name) + word);
    if (word === "$") top.name = top.default = null;
    else if (word === "=") top.default = true;
  }

  inValues(token) {
    const { word } = token, top = this.top;
    if (word === "[") return this.stack.push({ kind: "list", type: inner(top.type), given: new Set() });
    if (word === "{") {
      const type = top.type && this.schema.type(named(top.type));
      top.type = top.kind === "list" ? top.type : null;
      return this.stack.push({ kind: "object", of: type?.inputFields, owner: type?.name, given: new Set(), type: null });
    }
    if (top.kind === "list" || word === ":" || word === "$" || word === "@") return;
    if (top.type) top.type = null;
    else if (this.before.at(-1) !== "$" && (isName(word) || word.startsWith('"'))) this.inputName(token, top);
  }

  inputName(token, top) {
    const name = token.word.replace(/"/g, "");
    const input = top.of?.find((candidate) => candidate.name === name);
    top.type = input?.type ?? { kind: "SCALAR", name: "" };
    top.given.add(name);
    if (!input && top.of) this.problems.push({ ...token, word: name, type: top.owner });
  }
}

/* A schema as introspection tells it. */
class Schema {
  constructor({ types, directives, ...roots }) {
    this.types = new Map(types.map((type) => [type.name, type]));
    this.directives = new Map((directives ?? []).map((directive) => [directive.name, directive]));
    this.roots = Object.fromEntries(OPERATIONS.map((kind) => [kind, roots[`${kind}Type`]?.name]));
  }

  type(name) { return this.types.get(name); }
  root(kind) { return this.types.get(this.roots[kind]); }
  field(type, name) { return type?.fields?.find((candidate) => candidate.name === name); }

  problems(text) { return new Walk(this).over(text).problems; }

  /* What may stand at the end of `before` in a document whose whole text is `text`. */
  choices(before, text) {
    const walk = new Walk(this).over(before), whole = new Walk(this).over(text);
    const [second, last] = walk.before.slice(-2), top = walk.top;
    if (last === "@") return [...this.directives.values()].map(({ name, description }) => ({ name, type: "", description }));
    if (last === "$" && top.kind !== "variables") return variablesOf(whole, walk);
    if (top.kind === "fields") return this.inFields(top, second, last, whole);
    if (top.kind === "document") return last === "on" ? this.ofKinds(COMPOSITE) : OPERATIONS.concat("fragment").map(plain);
    if (top.kind === "variables") return last === "$" ? [] : this.ofKinds(["SCALAR", "ENUM", "INPUT_OBJECT"]);
    if (!top.type) return unused(top);
    return last === ":" || top.kind === "list" ? [...this.values(top.type), ...variablesOf(whole, walk)] : [];
  }

  inFields(top, second, last, whole) {
    if (last === "on" && second === "...")
      return [top.type, ...(top.type?.possibleTypes ?? [])].filter(Boolean).map(({ name }) => plain(name));
    if (last === "...") return ["on", ...whole.fragments.keys()].map(plain);
    const fields = (top.type?.fields ?? []).map((field) => ({ ...field, type: written(field.type) }));
    return top.type ? [...fields, { name: "__typename", type: "String!", description: "The type's own name." }] : [];
  }

  /* What may stand at the end of `before` in the variables of a document. */
  variableChoices(before, text) {
    const walk = new Walk(this), declared = new Walk(this).over(text).variables;
    const of = [...declared].map(([name, type]) => ({ name, type: read(type, this) }));
    walk.stack.push({ kind: "list", type: { kind: "INPUT_OBJECT", name: "" } });
    for (const token of tokens(before)) {
      const outermost = token.word === "{" && walk.stack.length === 2;
      if (outermost) walk.stack.push({ kind: "object", of, owner: "the operation", given: new Set(), type: null });
      walk.step(token, outermost);
    }
    const quoted = (choice) => ({ ...choice, name: /^(true|false)$/.test(choice.name) ? choice.name : `"${choice.name}"` });
    if (walk.top.kind === "object" && !walk.top.type) return unused(walk.top).map(quoted);
    return walk.top.type ? this.values(walk.top.type).map(quoted) : [];
  }

  values(type) {
    const kind = this.type(named(type));
    if (kind?.kind === "ENUM") return kind.enumValues.map((value) => ({ ...value, type: kind.name }));
    return kind?.name === "Boolean" ? ["true", "false"].map(plain) : [];
  }

  ofKinds(kinds) {
    return [...this.types.values()].filter(({ kind, name }) => kinds.includes(kind) && !name.startsWith("__"))
      .map(({ name, description }) => ({ name, type: "", description }));
  }
}

const plain = (name) => ({ name, type: "", description: "" });
const unused = ({ of, given }) =>
  (of ?? []).filter(({ name }) => !given.has(name)).map((input) => ({ ...input, type: written(input.type) }));

/* The declared variables; behind `$` without it. */
function variablesOf(whole, walk) {
  const sign = walk.before.at(-1) === "$" ? "" : "$";
  return [...whole.variables].map(([name, type]) => ({ name: sign + name, type, description: "" }));
}

/* A written type, as introspection tells types. */
function read(text, schema) {
  if (text.endsWith("!")) return { kind: "NON_NULL", ofType: read(text.slice(0, -1), schema) };
  if (text.startsWith("[")) return { kind: "LIST", ofType: read(text.slice(1, -1), schema) };
  return { kind: schema.type(text)?.kind ?? "SCALAR", name: text };
}

/* The operations of a document, each to where the next definition begins. */
function operations(text) {
  const found = [];
  let level = 0, starts = true;
  for (const { word, at } of tokens(text)) {
    if (level === 0 && starts) {
      if (found.length) found.at(-1).end ??= at;
      if (word === "{" || OPERATIONS.includes(word)) found.push({ kind: word === "{" ? "query" : word, at });
    } else if (level === 0 && found.length && !found.at(-1).end && !found.at(-1).name && isName(word)) found.at(-1).name = word;
    starts = false;
    if ("{(".includes(word)) level++;
    else if ("})".includes(word)) starts = --level === 0 && word === "}";
  }
  return found;
}

/* The operation at a place; the first where that is in none. */
const operationAt = (text, place) => {
  const all = operations(text);
  return all.find(({ at, end }) => at <= place && place <= (end ?? text.length)) ?? all[0];
};

/* The document with a line for each field, two spaces for each level; one with comments stays as it is. */
function prettified(text) {
  if (/#/.test(text.replace(/"(?:\\.|[^"\\])*"/g, ""))) return text;
  let made = "", level = 0, round = 0, last = "";
  for (const { word } of tokens(text)) {
    if (word === "," && !round) continue;
    const opens = word === "{" && !round, closes = word === "}" && !round;
    if (closes) level--;
    const starts = level > 0 && !round && (isName(word) || word === "...") && !GLUED.includes(last);
    if (closes || starts || (!round && last === "{" && level)) made = `${made.trimEnd()}\n${"  ".repeat(Math.max(0, level))}`;
    else if (made && !made.endsWith("\n") && spaced(last, word)) made += " ";
    made += word;
    if (opens) level++;
    if (word === "(") round++;
    if (word === ")") round--;
    if (closes && level === 0) made += "\n\n";
    last = word;
  }
  return `${made.trim()}\n`;
}

const GLUED = ["...", ":", "@", "$", "on"];
const spaced = (last, word) =>
  (!["(", "[", "$", "@", "..."].includes(last) && ![")", "]", ":", "!", "(", ","].includes(word)) ||
  (last === "..." && ["on", "@", "{"].includes(word));
