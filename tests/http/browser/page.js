/* Asks for what a page asks for, and keeps what it saw in window.seen. */

const seen = [];

/* One exchange: its status, and those of its fields that are asked about. */
async function ask(method, url, { fields = {}, content } = {}) {
    const response = await fetch(url, {
        method,
        cache: "no-store",
        headers: fields,
        body: typeof content === "object" ? JSON.stringify(content) : content,
    });
    const text = await response.text();

    seen.push({
        method,
        status: response.status,
        fields: Object.fromEntries(response.headers),
        length: text.length,
    });
    return { response, text };
}

const json = { "Content-Type": "application/json" };

async function walk() {
    const { response } = await ask("POST", "/books", {
        fields: json,
        content: { title: "Verbatim", pages: 2026 },
    });
    const book = response.headers.get("Location");
    const got = await ask("GET", book);
    const tag = got.response.headers.get("ETag");

    await ask("HEAD", book);
    await ask("OPTIONS", book);
    await ask("GET", book, { fields: { "If-None-Match": tag } });
    await ask("PUT", book, {
        fields: { ...json, "If-Match": tag },
        content: { title: "Verbatim, again", pages: 2026 },
    });
    await ask("PUT", book, {
        fields: { ...json, "If-Match": tag },
        content: { title: "Too late", pages: 2026 },
    });
    await ask("PATCH", book, {
        fields: { "Content-Type": "application/merge-patch+json" },
        content: { pages: 2027 },
    });
    await ask("QUERY", "/books", {
        fields: { "Content-Type": "application/x-www-form-urlencoded" },
        content: "pages=2027",
    });
    await ask("GET", "/large.txt");
    await ask("GET", "/large.txt", { fields: { Range: "bytes=10-19" } });
    await ask("DELETE", book);
    await ask("GET", book);
}

/* Many at once: streams side by side where the protocol has them. */
async function crowd(count) {
    const all = Array.from({ length: count }, () =>
        fetch("/large.txt", { cache: "no-store" }).then((r) => r.text()));

    return (await Promise.all(all)).map((text) => text.length);
}

const protocols = () => [
    performance.getEntriesByType("navigation")[0].nextHopProtocol,
    ...performance.getEntriesByType("resource").map((e) => e.nextHopProtocol),
];

try {
    await walk();
    window.seen = { asked: seen, crowd: await crowd(50), protocols: protocols() };
} catch (error) {
    window.seen = { asked: seen, error: String(error) };
}
document.getElementById("state").textContent = "done";
