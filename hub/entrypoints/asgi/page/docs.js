/* The documentation beside it, as the schema describes itself. */

function link(text, open) {
  const made = element("a", text);
  made.onclick = open;
  made.onkeydown = (event) => event.key === "Enter" && open();
  made.tabIndex = 0;
  return made;
}

function showRoots() {
  at("trail").replaceChildren("Schema");
  const names = Object.values(schema.roots).filter(Boolean);
  at("docs").replaceChildren(element("dl", ...names.flatMap((name) => [
    element("dt", link(name, () => showType(name))), element("dd", schema.type(name).description ?? ""),
  ])));
}

function showType(name) {
  const type = schema.type(name);
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
  const found = [...schema.types.values()].filter((type) => !type.name.startsWith("__")).flatMap((type) => [
    ...(type.name.toLowerCase().includes(wanted) ? [[type.name, type.name]] : []),
    ...(type.fields ?? []).filter((field) => field.name.toLowerCase().includes(wanted))
      .map((field) => [`${type.name}.${field.name}`, type.name]),
  ]);
  at("trail").replaceChildren(`${found.length} found`);
  at("docs").replaceChildren(element("dl", ...found.slice(0, 80).map(
    ([text, name]) => element("dt", link(text, () => showType(name))))));
});
