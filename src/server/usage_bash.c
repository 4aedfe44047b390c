/*
 * A completion for bash from the table of options. It needs nothing but bash:
 * not every machine has the bash-completion package.
 */
#include "server/command.h"
#include "server/option.h"
#include "server/usage.h"

/* What can be completed of a value, by what it is called in the table. */
static const struct {
    const char *value;
    const char *words; /* compgen's, for what is no file */
    const char *files; /* compgen's option, "" for none */
} completions[] = {
    {"FILE", "", "-f"},
    {"DIR", "", "-d"},
    {"PATH", "stderr off", "-f"},
    {"FORMAT", "combined json", ""},
    {"WHEN", "required optional none", ""},
    {"WHOSE", "upstream preserve", ""},
    {"HOW", "round-robin least-busy hash", ""},
    {"SERVER", "http:// https:// unix:", ""},
    {"RULES", "all none all-but: only:", ""},
    {"URL", "memory: sqlite: postgresql://", ""},
    {"TARGET", "/openapi.json off", ""},
    {"PLACE", "/batch off", ""},
    {"ENDPOINT", "/graphql off", ""},
    {"RATE", "off", ""},
};

#define COMPLETIONS (sizeof(completions) / sizeof(completions[0]))

static void value_case(struct vb_buf *buf, size_t index)
{
    bool any = false;

    for (size_t i = 0; i < vb_option_count; i++) {
        if (strcmp(vb_options[i].value, completions[index].value) != 0)
            continue;
        vb_buf_printf(buf, "%s--%s", any ? " | " : "    ", vb_options[i].name);
        any = true;
    }
    if (any)
        vb_buf_printf(buf, ") _verbatim_reply '%s' %s ;;\n",
                      completions[index].words, completions[index].files);
}

/* Options whose values nobody can guess. */
static void other_case(struct vb_buf *buf)
{
    bool any = false;

    for (size_t i = 0; i < vb_option_count; i++) {
        const char *value = vb_options[i].value;
        size_t k = 0;

        while (k < COMPLETIONS && strcmp(value, completions[k].value) != 0)
            k++;
        if (k < COMPLETIONS || value[0] == '\0')
            continue;
        vb_buf_printf(buf, "%s--%s", any ? " | " : "    ", vb_options[i].name);
        any = true;
    }
    if (any)
        vb_buf_str(buf, ") ;;\n");
}

static void option_words(struct vb_buf *buf)
{
    for (size_t i = 0; i < vb_option_count; i++)
        vb_buf_printf(buf, "--%s ", vb_options[i].name);
    vb_buf_str(buf, "--help");
}

static void command_words(struct vb_buf *buf, const char *const *commands,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        vb_buf_printf(buf, "%s%s", i > 0 ? " " : "", commands[i]);
}

static const char head[] =
    "# bash completion for verbatim; made by `verbatim completion bash`.\n"
    "\n"
    "# Offers words, and files where $2 is compgen's option for them.\n"
    "_verbatim_reply()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
    "    [[ $cur == = ]] && cur=\n"
    "    mapfile -t COMPREPLY < <(\n"
    "        compgen -W \"$1\" -- \"$cur\"\n"
    "        [[ -n ${2-} ]] && compgen \"$2\" -- \"$cur\"\n"
    "    )\n"
    "    if [[ -n ${2-} ]]; then compopt -o filenames 2>/dev/null; fi\n"
    "}\n"
    "\n"
    "_verbatim()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - "
    "1]}\n"
    "    local own=\n"
    "    # --name=value is three words to bash.\n"
    "    [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    [[ $cur == = ]] && cur=\n"
    "    COMPREPLY=()\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        _verbatim_reply '";

void vb_usage_bash(struct vb_buf *buf, const char *const *commands,
                   size_t count)
{
    vb_buf_str(buf, head);
    command_words(buf, commands, count);
    vb_buf_str(buf, " --help --version'\n"
                    "        return\n"
                    "    fi\n"
                    "    case ${COMP_WORDS[1]} in\n"
                    "    serve | gateway | proxy) ;;\n"
                    "    explain) own='");
    vb__explain_words(buf);
    vb_buf_str(buf, "' ;;\n"
                    "    account) own='");
    vb__account_words(buf);
    vb_buf_str(buf, "'\n"
                    "        ((COMP_CWORD == 2)) && { _verbatim_reply 'add "
                    "--help'; return; } ;;\n"
                    "    user) ((COMP_CWORD == 2)) && { _verbatim_reply 'add "
                    "remove --help'; return; } ;;\n"
                    "    cache) own='");
    vb__cache_words(buf);
    vb_buf_str(buf, "'\n"
                    "        ((COMP_CWORD == 2)) && { _verbatim_reply 'purge "
                    "stats --help'; return; } ;;\n"
                    "    storage) own='");
    vb__storage_words(buf);
    vb_buf_str(buf,
               "'\n"
               "        ((COMP_CWORD == 2)) && { _verbatim_reply 'init "
               "copy --help'; return; } ;;\n"
               "    check | graphql) _verbatim_reply --help -f; return ;;\n"
               "    completion) _verbatim_reply 'bash --help'; return ;;\n"
               "    help) _verbatim_reply '");
    command_words(buf, commands, count);
    vb_buf_str(buf, "'; return ;;\n"
                    "    *) return ;;\n"
                    "    esac\n"
                    "    case $prev in\n"
                    "    --format) _verbatim_reply 'text json' ;;\n"
                    "    -X | --request)\n"
                    "        _verbatim_reply 'GET HEAD PUT POST PATCH DELETE "
                    "OPTIONS' ;;\n"
                    "    -[Hd] | --header | --content | --json) ;;\n"
                    "    --role | --property) ;;\n");
    for (size_t i = 0; i < COMPLETIONS; i++)
        value_case(buf, i);
    other_case(buf);
    vb_buf_str(buf, "    *)\n"
                    "        if [[ $cur == -* ]]; then\n"
                    "            _verbatim_reply \"$own");
    option_words(buf);
    vb_buf_str(buf, "\"\n"
                    "        else\n"
                    "            _verbatim_reply '' -f\n"
                    "        fi\n"
                    "        ;;\n"
                    "    esac\n"
                    "}\n"
                    "complete -F _verbatim verbatim\n");
}
