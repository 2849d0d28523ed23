"use strict";
/* Builds every page of the shop from /api. Text is set with textContent only: the catalogue is not trusted. */
(() => {
  const root = document.getElementById("root");

  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    if (text !== null && text !== undefined) element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const get = async (path) => {
    const answer = await fetch(path, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  const tile = (row) => {
    const box = make("div", null, { class: "tile" });
    const link = make("a", null, { href: row.path });
    link.append(make("img", null, { src: row.picture, width: "120", height: "90", alt: "" }), make("div", row.title));
    box.append(link);
    if (row.price) box.append(make("span", row.price, { class: "tag" }));
    return box;
  };
  const tiles = (rows) => {
    const grid = make("section", null, { class: "tiles" });
    grid.append(...rows.map(tile));
    return grid;
  };
  const paragraphs = (lines) => lines.filter((line) => line.trim()).map((line) => make("p", line));

  const front = async (main, home) => {
    main.append(make("h1", home.tagline), tiles(home.picks));
  };
  const collection = async (main, slug) => {
    const page = new URLSearchParams(location.search).get("page") || "1";
    const data = await get(`/api/collections/${encodeURIComponent(slug)}?page=${encodeURIComponent(page)}`);
    main.append(make("h1", data.name), tiles(data.rows));
    if (data.page < data.last) main.append(make("a", "Next page", { href: `/c/${slug}?page=${data.page + 1}`, rel: "next" }));
  };
  const product = async (main, slug) => {
    const data = await get(`/api/products/${encodeURIComponent(slug)}`);
    document.title = data.title;
    const article = make("article", null, { class: "detail", lang: data.language });
    article.append(make("h1", data.title), make("img", null, { src: data.picture, width: "240", height: "180", alt: data.title }));
    if (data.price) article.append(make("p", data.price, { class: "product-price tag" }));
    if (data.stock) article.append(make("p", data.stock === "in_stock" ? "In stock" : "Sold out", { class: "stock" }));
    if (data.vendor) article.append(make("p", `Sold by ${data.vendor}`, { class: "vendor" }));
    const text = make("div", null, { class: "product-description" });
    text.append(...paragraphs(data.text));
    article.append(text);
    const facts = make("ul", null, { class: "facts" });
    for (const [name, value] of Object.entries(data.facts)) facts.append(make("li", `${name}: ${value}`));
    for (const contact of data.contacts) facts.append(make("li", `${contact.kind}: ${contact.shown}`));
    if (data.sku) facts.append(make("li", `SKU: ${data.sku}`));
    article.append(facts, make("button", "Add to cart"));
    main.append(article);
  };
  const information = async (main, slug) => {
    const data = await get(`/api/pages/${encodeURIComponent(slug)}`);
    document.title = data.title;
    main.append(make("h1", data.title), ...paragraphs(data.text));
  };

  const start = async () => {
    const home = await get("/api/home");
    document.title = home.name;
    const bar = make("nav");
    bar.append(make("a", home.name, { href: "/" }), ...home.collections.map((c) => make("a", c.name, { href: `/c/${c.slug}` })));
    const main = make("main");
    const [, kind, slug] = location.pathname.split("/");
    const views = { c: collection, p: product, info: information };
    try {
      await (views[kind] ? views[kind](main, decodeURIComponent(slug || "")) : front(main, home));
    } catch {
      main.replaceChildren(make("h1", "We could not find that page"));
    }
    const foot = make("footer");
    foot.append(...home.pages.map((page) => make("a", `${page.title} `, { href: page.path })));
    root.replaceChildren(bar, main, foot);
  };
  start();
})();
