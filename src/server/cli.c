/* The table of commands, and finding the one that is meant. See cli.h. */
#include "server/cli.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <verbatim/server.h>

#include "base/log.h"
#include "describe/nearest.h"
#include "server/command.h"
#include "server/usage.h"

#define TEXT_MOST ((size_t)1024 * 1024)

static int run_completion(const struct vb_command_line *line);
static int run_help(const struct vb_command_line *line);

static const struct vb_command commands[] = {
    {
        .name = "serve",
        .usage = "serve [OPTION...] [FILE]",
        .summary = "serve the resources that an OpenAPI file describes",
        .about =
            "Serves what FILE, an OpenAPI description, describes; without "
            "FILE,\nan open tree of resources. Every option can also stand in "
            "the file that\n--config names, as `max-content: 10M`, and in the "
            "environment, as\nVERBATIM_MAX_CONTENT=10M. The command line goes "
            "before the environment,\nand that before the file.\n",
        .more = vb_usage_help,
        .run = vb__command_serve,
    },
    {
        .name = "gateway",
        .usage = "gateway --to SERVER [OPTION...] [FILE]",
        .summary = "stand in front of another server",
        .about =
            "Passes requests on to SERVER, and its answers back, to the letter "
            "of RFC 9110,\nsection 7. FILE, an OpenAPI description, says what "
            "SERVER has: requests are held\nagainst it, and only what fits "
            "goes on. The options are those of serve, whose\n--to is for what "
            "its own FILE does not describe.\n",
        .more = vb_usage_help,
        .run = vb__command_gateway,
    },
    {
        .name = "proxy",
        .usage = "proxy --allow WHITHER [OPTION...]",
        .summary = "lead clients to other servers",
        .about =
            "Asks other servers what clients ask it for by URI, and opens "
            "tunnels to them\n(CONNECT), to the letter of RFC 9110, section "
            "9.3.6: where --allow leads, and\nnowhere else. The options are "
            "those of serve that are about connections.\n",
        .more = vb_usage_help,
        .run = vb__command_proxy,
    },
    {
        .name = "check",
        .usage = "check FILE",
        .summary = "tell what of an OpenAPI file is served, and what not",
        .about = "Tells what FILE, an OpenAPI description, would be served "
                 "as, what would\nnot be, and why. Exits with 1 when "
                 "something would not be served, with 2\nwhen FILE cannot be "
                 "used at all.\n",
        .run = vb__command_check,
    },
    {
        .name = "explain",
        .usage = "explain [OPTION...] [FILE] PATH | URL",
        .summary = "tell why a request gets its reply",
        .about =
            "Tells which questions are asked about a request, what their "
            "answers are and\nwhere the RFC says so; then the status and the "
            "head of the reply.\n\nWith FILE and PATH (or PATH alone, for the "
            "open tree) the request is made of\nwhat FILE describes, in this "
            "process and without a server: of nothing, or of\nwhat is kept, "
            "where --data or --storage is given. Nothing is changed: what "
            "would\nchange something is stopped before it does. The options of "
            "serve count here,\ntoo.\n\nWith URL a running server is asked, "
            "which does what it is asked to, and tells\nwhy if it was started "
            "with --explain and is on this machine.\n\nExits with 1 when the "
            "server does not tell why, with 2 when there is no reply.\n",
        .more = vb__explain_help,
        .run = vb__command_explain,
    },
    {
        .name = "graphql",
        .usage = "graphql FILE",
        .summary = "print the GraphQL schema of an OpenAPI file",
        .about = "Prints what FILE, an OpenAPI description, is as a GraphQL "
                 "schema: types of\nits schemas, queries, relations, "
                 "mutations and subscriptions of its paths. A\nserver answers "
                 "at the path that --graphql names. Exits with 2 when FILE "
                 "cannot\nbe used, or has nothing to ask for.\n",
        .run = vb__command_graphql,
    },
    {
        .name = "account",
        .usage = "account add [OPTION...] [FILE] LOGIN",
        .summary = "make an account, such as the first administrator's",
        .about =
            "Makes an account in the collection of FILE that has "
            "x-verbatim.accounts, as\na POST by an administrator would, and "
            "prints its path. No server may be\nrunning on what is kept "
            "(--data, --storage). The password is asked for on the\nterminal, "
            "twice, or is the first line of what is not a terminal. The "
            "options\nof serve count here, too.\n\nExits with 1 when the "
            "account is refused, with 2 when it could not be tried.\n",
        .more = vb__account_help,
        .run = vb__command_account,
    },
    {
        .name = "user",
        .usage = "user add | remove [OPTION...] FILE NAME",
        .summary = "say who may use a proxy",
        .about =
            "Adds a user of verbatim proxy --users FILE with a password, or "
            "gives one who is\nthere another; or removes one. FILE is made if "
            "it is not there, and a proxy reads\nit again at SIGHUP. The "
            "password is asked for on the terminal, twice, or is the\nfirst "
            "line of what is not a terminal. The options are those of serve "
            "about\npasswords.\n\nExits with 1 when there is no such user to "
            "remove.\n",
        .run = vb__command_user,
    },
    {
        .name = "cache",
        .usage = "cache purge | stats --admin ADDR [OPTION...]",
        .summary = "look at what a gateway keeps, and purge it",
        .about =
            "Asks a running server, at the ADDR that its --admin has, how "
            "what "
            "it keeps of\nother servers fares, which is printed as JSON, or to "
            "forget some of it. The token\nis that of --admin-token.\n\nExits "
            "with 1 when the server refuses, with 2 when it could not be "
            "asked.\n",
        .more = vb__cache_help,
        .run = vb__command_cache,
    },
    {
        .name = "storage",
        .usage = "storage init [OPTION...] | copy FROM TO",
        .summary = "make a place to keep resources in, or copy what is kept",
        .about =
            "init makes the place that --storage names ready, or brings an "
            "older one up: once no\nserver of an older version runs on it. A "
            "server makes an empty one ready by itself, and\nbrings a file up, "
            "but no database. It may be done again at any time.\n\ncopy "
            "copies what is kept at one URL to another where nothing is yet: "
            "sqlite:PATH and\npostgresql://... in either direction. Accounts, "
            "sessions, entity tags and cursors stay\ngood. No server may be "
            "running on either, or what it writes meanwhile is not copied.\n"
            "What was interrupted goes on, and at the end all rows are "
            "compared.\n\nExits with 1 when what arrived is not what was "
            "sent, with 2 when it could not be\ndone.\n",
        .more = vb__storage_help,
        .run = vb__command_storage,
    },
    {
        .name = "completion",
        .usage = "completion bash",
        .summary = "print the completion for a shell",
        .about = "Prints a script that lets the shell complete commands and "
                 "options:\n    source <(verbatim completion bash)\n",
        .run = run_completion,
    },
    {
        .name = "help",
        .usage = "help [COMMAND]",
        .summary = "tell about a command",
        .about = "Tells about a command and its options.\n",
        .run = run_help,
    },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* --- Help -------------------------------------------------------------------
 */

static void overview(struct vb_buf *buf)
{
    vb_buf_str(buf, "Usage: verbatim COMMAND ...\n\n"
                    "Serves REST resources to the letter of HTTP.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        vb_usage_row(buf, commands[i].usage, commands[i].summary);
    vb_usage_row(buf, "--help", "tell about the commands");
    vb_usage_row(buf, "--version", "print the version");
    vb_buf_str(buf, "\nExamples:\n"
                    "  verbatim serve library.yaml\n"
                    "  verbatim serve --listen :80 --data /var/lib/verbatim "
                    "library.yaml\n"
                    "  verbatim check library.yaml\n"
                    "  verbatim explain library.yaml -X PUT /books/7\n");
}

static int print_overview(void)
{
    struct vb_buf text;
    int status;

    vb_buf_init(&text, TEXT_MOST);
    overview(&text);
    status = vb__print(&text, 0);
    vb_buf_done(&text);
    return status;
}

static int print_help(const struct vb_command *command)
{
    struct vb_buf text;
    int status;

    vb_buf_init(&text, TEXT_MOST);
    vb_buf_printf(&text, "Usage: verbatim %s\n\n%s", command->usage,
                  command->about);
    if (command->more != NULL) {
        vb_buf_char(&text, '\n');
        command->more(&text);
    }
    status = vb__print(&text, 0);
    vb_buf_done(&text);
    return status;
}

static int print_version(void)
{
    struct vb_buf text;
    int status;

    vb_buf_init(&text, TEXT_MOST);
    vb_buf_printf(&text, "verbatim %s\n", vb_version());
    status = vb__print(&text, 0);
    vb_buf_done(&text);
    return status;
}

/* --- Commands ---------------------------------------------------------------
 */

static const struct vb_command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static int unknown(const char *word)
{
    const char *names[COMMANDS];
    struct vb_buf shown;
    const char *near;
    int status;

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    near = vb__nearest(vb_span_str(word), names, COMMANDS);
    vb_buf_init(&shown, TEXT_MOST);
    vb_log_quoted(&shown, vb_span_head(vb_span_str(word), 80));
    vb_buf_char(&shown, '\0');
    if (near == NULL && access(word, R_OK) == 0)
        status = vb__usage_error("there is no command %s (did you mean "
                                 "verbatim serve %s?)",
                                 shown.ptr, shown.ptr);
    else if (near == NULL)
        status =
            vb__usage_error("there is no %s %s (see verbatim --help)",
                            word[0] == '-' ? "option" : "command", shown.ptr);
    else
        status = vb__usage_error("there is no command %s (did you mean %s?)",
                                 shown.ptr, near);
    vb_buf_done(&shown);
    return status;
}

static int run_completion(const struct vb_command_line *line)
{
    const char *names[COMMANDS];
    struct vb_buf text;
    int status;

    if (line->count != 1 || strcmp(line->words[0], "bash") != 0)
        return vb__usage_error("completion takes the name of a shell: bash");
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    vb_buf_init(&text, TEXT_MOST);
    vb_usage_bash(&text, names, COMMANDS);
    status = vb__print(&text, 0);
    vb_buf_done(&text);
    return status;
}

static int run_help(const struct vb_command_line *line)
{
    const struct vb_command *command;

    if (line->count == 0)
        return print_overview();
    if (line->count > 1)
        return vb__usage_error("help takes one COMMAND");
    command = find(line->words[0]);
    return command != NULL ? print_help(command) : unknown(line->words[0]);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* `verbatim COMMAND ... --help` helps instead of doing it. */
static bool wants_help(const struct vb_command_line *line)
{
    for (size_t i = 0; i < line->count; i++) {
        if (strcmp(line->words[i], "--") == 0)
            return false;
        if (is_help(line->words[i]))
            return true;
    }
    return false;
}

int vb_cli_run(int argc, char *const *argv, char *const *environment)
{
    const struct vb_command_line line = {
        .words = argv + 2,
        .count = argc > 2 ? (size_t)argc - 2 : 0,
        .environment = environment,
    };
    const struct vb_command *command;

    /* A write to who has gone must fail, not kill. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return vb__usage_error("a command is missing (see verbatim --help)");
    if (is_help(argv[1]))
        return print_overview();
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return print_version();
    command = find(argv[1]);
    if (command == NULL)
        return unknown(argv[1]);
    return wants_help(&line) ? print_help(command) : command->run(&line);
}
