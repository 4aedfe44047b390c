/*
 * `verbatim storage`: makes a place ready to keep resources in, and copies what
 * is kept from one place to another (storage/copy.h).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/cli.h"
#include "server/command.h"
#include "server/option.h"
#include "server/usage.h"
#include "storage/copy.h"
#include "storage/make.h"

#define TEXT_MOST ((size_t)64 * 1024)

/* What is wanted, as the command line has it. */
struct request {
    bool copies; /* or makes */
    bool citus;
    struct vb_span from, to;
    char **rest; /* options of `serve` */
    size_t rest_count;
};

void vb__storage_help(struct vb_buf *buf)
{
    vb_buf_str(buf, "What is made:\n");
    vb_usage_row(buf, "--citus",
                 "make tables that Citus distributes over several machines.");
}

void vb__storage_words(struct vb_buf *buf)
{
    vb_buf_str(buf, "--citus ");
}

/* --- the words --------------------------------------------------------------
 */

static int wrong_words(void)
{
    return vb__usage_error("storage takes init, or copy with FROM and TO");
}

/* Another word that is no option. */
static bool take_place(struct request *request, const char *word)
{
    struct vb_span *to =
        request->from.ptr == NULL ? &request->from : &request->to;

    if (to->ptr != NULL)
        return false;
    *to = vb_span_str(word);
    return true;
}

static int take_words(const struct vb_command_line *line,
                      struct request *request)
{
    if (line->count == 0 || (strcmp(line->words[0], "init") != 0 &&
                             strcmp(line->words[0], "copy") != 0))
        return wrong_words();
    request->copies = line->words[0][0] == 'c';
    for (size_t i = 1; i < line->count; i++) {
        char *word = line->words[i];

        if (strcmp(word, "--citus") == 0) {
            request->citus = true;
            continue;
        }
        if (word[0] != '-') {
            if (!request->copies || !take_place(request, word))
                return wrong_words();
            continue;
        }
        request->rest[request->rest_count++] = word;
        if (vb_option_takes_next(vb_span_str(word)) && i + 1 < line->count)
            request->rest[request->rest_count++] = line->words[++i];
    }
    return request->copies && request->to.ptr == NULL ? wrong_words() : 0;
}

/* --- init -------------------------------------------------------------------
 */

static void tell_made(const struct vb_store_made *made, struct vb_buf *to)
{
    if (made->found == 0)
        vb_buf_printf(to, "tables of version %" PRId64 " were made",
                      made->version);
    else if (made->found < made->version)
        vb_buf_printf(to, "brought from version %" PRId64 " to %" PRId64,
                      made->found, made->version);
    else
        vb_buf_printf(
            to, "has tables of version %" PRId64 " already: nothing was done",
            made->version);
    if (made->citus)
        vb_buf_str(to, " (distributed by Citus)");
    vb_buf_char(to, '\n');
}

static int make(const char *url, bool citus)
{
    struct vb_store_made made;
    struct vb_buf text, why;
    int status;

    vb_buf_init(&text, TEXT_MOST);
    vb_buf_init(&why, TEXT_MOST);
    if (vb_store_make(vb_span_str(url), citus, &made, &why) == VB_OK) {
        vb_store_show(vb_span_str(url), &text);
        vb_buf_str(&text, ": ");
        tell_made(&made, &text);
        status = vb__print(&text, 0);
    } else {
        status = vb__usage_error("%.*s", VB_FMT(vb_buf_span(&why)));
    }
    vb_buf_done(&why);
    vb_buf_done(&text);
    return status;
}

static int run_init(const struct vb_command_line *line,
                    const struct request *request)
{
    struct vb_config config;
    int status = vb__command_config(line, request->rest, request->rest_count,
                                    NULL, &config);

    if (status != 0)
        return status;
    status = make(config.storage, request->citus);
    vb_config_done(&config);
    return status;
}

/* --- copy -------------------------------------------------------------------
 */

#define BAR 30 /* columns */

static const char *const beginnings[] = {
    [VB_COPY_BEGINS] = "copying",
    [VB_COPY_GOES_ON] = "going on where it was interrupted",
    [VB_COPY_ANEW] = "beginning anew: it has changed since the interruption",
};

/* On a terminal: one line that fills. */
static void draw(const struct vb_copy *copy)
{
    uint64_t total = copy->total < copy->done ? copy->done : copy->total;
    int full = total == 0 ? BAR : (int)(copy->done * BAR / total);
    char bar[BAR + 1];

    for (int i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    bar[BAR] = '\0';
    (void)fprintf(stderr, "\r%-9s %-10s [%s] %" PRIu64 " of %" PRIu64 "   ",
                  copy->phase == VB_COPY_ROWS ? "copying" : "comparing",
                  copy->table, bar, copy->done, total);
    if (copy->done == total)
        (void)fputc('\n', stderr);
    (void)fflush(stderr);
}

static void tell(struct vb_copy *copy)
{
    const bool *is_terminal = copy->context;

    if (copy->phase < VB_COPY_ROWS)
        (void)fprintf(stderr, "%s\n", beginnings[copy->phase]);
    else if (*is_terminal)
        draw(copy);
    else if (copy->done >= copy->total)
        (void)fprintf(stderr, "%s: %" PRIu64 " rows %s\n", copy->table,
                      copy->done,
                      copy->phase == VB_COPY_ROWS ? "copied" : "compared");
}

static int run_copy(const struct request *request)
{
    bool is_terminal = isatty(STDERR_FILENO) == 1;
    struct vb_copy copy = {.from = request->from,
                           .to = request->to,
                           .citus = request->citus,
                           .tell = tell,
                           .context = &is_terminal};
    struct vb_buf text, why;
    enum vb_err err;
    int status;

    if (request->rest_count > 0)
        return vb__usage_error("storage copy has no option %s",
                               request->rest[0]);
    vb_buf_init(&text, TEXT_MOST);
    vb_buf_init(&why, TEXT_MOST);
    err = vb_store_copy(&copy, &why);
    if (err == VB_OK) {
        vb_store_show(request->to, &text);
        vb_buf_printf(&text, ": has all %" PRIu64 " rows of ", copy.rows);
        vb_store_show(request->from, &text);
        vb_buf_char(&text, '\n');
        status = vb__print(&text, 0);
    } else {
        status = vb__usage_error("%.*s", VB_FMT(vb_buf_span(&why)));
        if (err == VB_ERR_CORRUPT)
            status = VB_EXIT_FINDING;
    }
    vb_buf_done(&why);
    vb_buf_done(&text);
    return status;
}

/* --- all together -----------------------------------------------------------
 */

int vb__command_storage(const struct vb_command_line *line)
{
    struct request request = {.rest = calloc(line->count + 1, sizeof(char *))};
    int status;

    if (request.rest == NULL)
        return vb__usage_error("%s", vb_err_text(VB_ERR_NOMEM));
    status = take_words(line, &request);
    if (status == 0)
        status = request.copies ? run_copy(&request) : run_init(line, &request);
    free((void *)request.rest);
    return status;
}
