/* The parts that pages are made of. See html_part.h. */
#include "content/html_part.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "content/json.h"
#include "http/percent.h"
#include "http/uri.h"

/* When this changes, so does the hash below: the test prints the new one. */
#define STYLE                                                                  \
    ":root{color-scheme:light dark;--fg:#1c1e21;--bg:#fff;--soft:#f4f5f7;"     \
    "--line:#d3d7dd;--dim:#596069;--link:#0b57d0;--str:#0a5c36;"               \
    "--num:#8a3b00;--word:#7a1fa2}"                                            \
    "@media(prefers-color-scheme:dark){:root{--fg:#e6e8eb;--bg:#15171a;"       \
    "--soft:#1f2227;--line:#3d424a;--dim:#a5acb6;--link:#8ab4f8;"              \
    "--str:#7fd6a4;--num:#f5b07a;--word:#d7a5f0}}"                             \
    "body{margin:0 auto;max-width:70rem;padding:1rem 1.25rem 3rem;"            \
    "background:var(--bg);color:var(--fg);font:1rem/1.5 system-ui,"            \
    "sans-serif;overflow-wrap:break-word}"                                     \
    "h1{margin:.75rem 0 1rem;font-size:1.6rem;line-height:1.25}"               \
    "a{color:var(--link)}"                                                     \
    ":focus-visible{outline:2px solid var(--link);outline-offset:2px}"         \
    "nav ol{display:flex;flex-wrap:wrap;gap:0 .5rem;margin:0;padding:0;"       \
    "list-style:none}"                                                         \
    "nav li+li::before{content:\"/\";margin-right:.5rem;color:var(--dim)}"     \
    "footer a{margin-right:1rem}"                                              \
    "table{border-collapse:collapse}"                                          \
    "th,td{padding:.35rem .7rem;border:1px solid var(--line);"                 \
    "text-align:left;vertical-align:top}"                                      \
    "th{background:var(--soft);font-weight:600}"                               \
    "caption{padding:0 0 .35rem;color:var(--dim);text-align:left}"             \
    ".w{margin-bottom:1rem;overflow-x:auto}"                                   \
    "ol{margin:0;padding-left:2.5rem}li::marker{color:var(--dim)}"             \
    "summary{color:var(--dim);cursor:pointer}"                                 \
    "details>table,details>ol{margin-top:.35rem}"                              \
    "bdi{white-space:pre-wrap}"                                                \
    "td>bdi,td>.n,th>bdi,li>bdi,li>.n{display:inline-block;"                   \
    "max-width:min(40rem,80vw)}"                                               \
    ".s{color:var(--str)}.s a{color:inherit}"                                  \
    ".n{color:var(--num);font-variant-numeric:tabular-nums}"                   \
    ".k{color:var(--word)}.m{color:var(--dim)}"                                \
    "p.d{font-size:1.1rem}"

/* A trail of more segments than this is cut: its links repeat the path. */
#define TRAIL_MOST 12

/* Bytes of a title and of a step in the trail that are shown. */
#define TITLE_MOST 200

/* Longer texts are not made links. */
#define LINK_MOST 2000

static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\t':
    case '\n':
        return NULL;
    default: /* controls have no place in HTML (13.2.3.5 of its standard) */
        return c < 0x20 || c == 0x7F ? "\xEF\xBF\xBD" : NULL;
    }
}

static void write_valid_text(struct vb_buf *buf, struct vb_span s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.len; i++) {
        const char *escape = escape_of((unsigned char)s.ptr[i]);

        if (escape == NULL)
            continue;
        vb_buf_append(buf, vb_span_of(s.ptr + from, i - from));
        vb_buf_str(buf, escape);
        from = i + 1;
    }
    vb_buf_append(buf, vb_span_from(s, from));
}

void vb_html_text(struct vb_buf *buf, struct vb_span s)
{
    for (;;) {
        size_t good = vb_utf8_prefix(s);

        write_valid_text(buf, vb_span_head(s, good));
        if (good == s.len)
            break;
        vb_buf_str(buf, "\xEF\xBF\xBD");
        s = vb_span_from(s, good + 1);
    }
}

void vb__html_cut(struct vb_buf *buf, struct vb_span s, size_t most)
{
    vb_html_text(buf, vb_utf8_head(s, most));
    if (s.len > most)
        vb_buf_printf(buf, "\xE2\x80\xA6 (%zu bytes)", s.len);
}

enum link { LINK_NONE, LINK_LOCAL, LINK_EXTERNAL };

static enum link classify(struct vb_span href)
{
    struct vb_uri uri;

    if (href.len == 0 || href.len > LINK_MOST || !vb_uri_parse(href, &uri))
        return LINK_NONE;
    if (vb_uri_is_absolute(&uri))
        return vb_uri_is_http(&uri) ? LINK_EXTERNAL : LINK_NONE;
    return uri.authority.ptr == NULL ? LINK_LOCAL : LINK_NONE;
}

void vb__html_link(struct vb_buf *buf, struct vb_span href,
                   struct vb_span label, size_t most)
{
    static const char *const ends[] = {
        [LINK_LOCAL] = "\">",
        [LINK_EXTERNAL] = "\" rel=\"external noreferrer\">",
    };
    enum link link = classify(href);

    if (link != LINK_NONE) {
        vb_buf_str(buf, "<a href=\"");
        vb_html_text(buf, href);
        vb_buf_str(buf, ends[link]);
    }
    vb__html_cut(buf, label, most);
    if (link != LINK_NONE)
        vb_buf_str(buf, "</a>");
}

static void write_string(struct vb_buf *buf, struct vb_span s, size_t most)
{
    bool may_link = vb_span_starts(s, VB_SPAN("/")) ||
                    vb_span_starts(s, VB_SPAN("http:")) ||
                    vb_span_starts(s, VB_SPAN("https:"));

    vb_buf_str(buf, "<bdi class=\"s\">");
    if (may_link && s.len <= most)
        vb__html_link(buf, s, s, most);
    else
        vb__html_cut(buf, s, most);
    vb_buf_str(buf, "</bdi>");
}

void vb__html_scalar(struct vb_buf *buf, yyjson_val *value, size_t most)
{
    if (yyjson_is_str(value)) {
        write_string(buf, vb_json_text(value), most);
    } else if (vb_json_is_number(value)) {
        vb_buf_str(buf, "<span class=\"n\">");
        vb__html_cut(buf, vb_json_text(value), most);
        vb_buf_str(buf, "</span>");
    } else {
        vb_buf_str(buf, "<span class=\"k\">");
        vb_json_write(buf, value);
        vb_buf_str(buf, "</span>");
    }
}

void vb__html_count(struct vb_buf *buf, yyjson_val *container)
{
    size_t count = unsafe_yyjson_get_len(container);

    vb_buf_printf(buf, "%zu %s%s", count,
                  yyjson_is_obj(container) ? "member" : "element",
                  count == 1 ? "" : "s");
}

/* A path's segment as people read it; as it came when it cannot be decoded. */
static struct vb_span readable(struct vb_arena *arena, struct vb_span segment)
{
    struct vb_span text = segment;

    vb_percent_decode(arena, segment, &text);
    return text;
}

/* Cuts the first segment off a path that begins with "/"; an empty last one is
 * none. */
static bool next_segment(struct vb_span *path, struct vb_span *ret_segment)
{
    struct vb_span rest = vb_span_from(*path, 1);
    ssize_t slash = vb_span_find(rest, '/', 0);

    if (rest.len == 0)
        return false;
    *ret_segment = slash < 0 ? rest : vb_span_head(rest, (size_t)slash);
    *path = vb_span_from(rest, ret_segment->len);
    return true;
}

static void write_title(struct vb_buf *buf, struct vb_arena *arena,
                        const struct vb_html_page *page)
{
    struct vb_span path = page->path;
    struct vb_span segment = VB_SPAN("/");

    if (page->title.len > 0) {
        vb__html_cut(buf, page->title, TITLE_MOST);
        return;
    }
    while (next_segment(&path, &segment))
        ;
    vb__html_cut(buf, readable(arena, segment), TITLE_MOST);
}

/* One step of the trail. In front of "//" goes "/.": on its own it would be
 * the name of another server (RFC 3986 section 4.2). */
static void write_step(struct vb_buf *buf, struct vb_arena *arena,
                       struct vb_span href, struct vb_span segment)
{
    vb_buf_str(buf, "<li><a href=\"");
    if (vb_span_starts(href, VB_SPAN("//")))
        vb_buf_str(buf, "/.");
    vb_html_text(buf, href);
    vb_buf_str(buf, "\"><bdi>");
    vb__html_cut(buf, readable(arena, segment), TITLE_MOST);
    vb_buf_str(buf, "</bdi></a></li>");
}

static void write_trail(struct vb_buf *buf, struct vb_arena *arena,
                        struct vb_span path)
{
    struct vb_span rest = path;
    struct vb_span segment;
    unsigned steps = 0;

    if (!vb_span_starts(path, VB_SPAN("/")))
        return;
    vb_buf_str(buf, "<nav aria-label=\"Breadcrumb\"><ol>");
    write_step(buf, arena, VB_SPAN("/"), VB_SPAN("root"));
    while (next_segment(&rest, &segment)) {
        if (++steps > TRAIL_MOST) {
            vb_buf_str(buf, "<li>\xE2\x80\xA6</li>");
            break;
        }
        write_step(buf, arena, vb_span_head(path, path.len - rest.len),
                   segment);
    }
    vb_buf_str(buf, "</ol></nav>\n");
}

void vb__html_begin(struct vb_buf *buf, const struct vb_html_page *page)
{
    struct vb_arena arena;

    vb_arena_init(&arena, 1024, 65536);
    vb_buf_str(buf, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                    "<meta charset=\"utf-8\">\n<title>");
    write_title(buf, &arena, page);
    vb_buf_str(buf, "</title>\n<meta name=\"viewport\" "
                    "content=\"width=device-width,initial-scale=1\">\n"
                    "<style>" STYLE "</style>\n</head>\n<body>\n<header>\n");
    write_trail(buf, &arena, page->path);
    vb_buf_str(buf, "</header>\n<main>\n<h1><bdi>");
    write_title(buf, &arena, page);
    vb_buf_str(buf, "</bdi></h1>\n");
    vb_arena_done(&arena);
}

void vb__html_end(struct vb_buf *buf, const struct vb_html_page *page)
{
    const struct {
        struct vb_span href;
        struct vb_span label;
    } links[] = {
        {page->first, VB_SPAN("First")},     {page->prev, VB_SPAN("Previous")},
        {page->next, VB_SPAN("Next")},       {page->json, VB_SPAN("JSON")},
        {page->openapi, VB_SPAN("OpenAPI")},
    };
    bool begun = false;

    vb_buf_str(buf, "</main>\n<footer>\n");
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        if (links[i].href.len == 0)
            continue;
        vb_buf_str(buf, begun ? " " : "<nav aria-label=\"Page\"><p>");
        vb__html_link(buf, links[i].href, links[i].label, TITLE_MOST);
        begun = true;
    }
    if (begun)
        vb_buf_str(buf, "</p></nav>\n");
    vb_buf_str(buf, "</footer>\n</body>\n</html>\n");
}
