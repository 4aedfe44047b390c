/* Reading what nobody may see, from a terminal or not. See account.h. */
#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "server/account.h"

/* What ends or stops a program that waits for a password; the terminal must
 * show again what is typed before it does. */
static const int ending[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};

#define ENDING (sizeof(ending) / sizeof(ending[0]))

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    caught = number;
}

enum line { LINE_READ, LINE_NONE, LINE_LONG, LINE_INTERRUPTED, LINE_FAILED };

/* Byte by byte: what follows the line is not ours. */
static enum line read_line(char into[VB__SECRET_SIZE], struct vb_span *ret_line)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = read(STDIN_FILENO, into + len, 1);

        if (n < 0 && errno == EINTR && caught == 0)
            continue;
        if (n < 0)
            return errno == EINTR ? LINE_INTERRUPTED : LINE_FAILED;
        if (n == 0 && len == 0)
            return LINE_NONE;
        if (n == 0 || into[len] == '\n')
            break;
        if (++len == VB__SECRET_SIZE)
            return LINE_LONG;
    }
    *ret_line = vb_span_of(into, len);
    return LINE_READ;
}

static int judge(enum line line, int error)
{
    switch (line) {
    case LINE_READ:
        return 0;
    case LINE_NONE:
        return vb__usage_error("there is no password on standard input");
    case LINE_LONG:
        return vb__usage_error("the password is too long");
    case LINE_INTERRUPTED:
        return vb__usage_error("interrupted");
    case LINE_FAILED:
        break;
    }
    return vb__usage_error("cannot read the password: %s", strerror(error));
}

/* --- the terminal -----------------------------------------------------------
 */

static void say(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));

    (void)n; /* what is typed is read all the same */
}

/* One line that is not shown; an errno in *ret_error. */
static enum line read_hidden(const char *prompt, char into[VB__SECRET_SIZE],
                             struct vb_span *ret_line, int *ret_error)
{
    struct sigaction catching = {.sa_handler = catch_signal}, before[ENDING];
    struct termios shown, hidden;
    enum line line;

    *ret_error = 0;
    if (tcgetattr(STDIN_FILENO, &shown) != 0) {
        *ret_error = errno;
        return LINE_FAILED;
    }
    caught = 0;
    for (size_t i = 0; i < ENDING; i++)
        sigaction(ending[i], &catching, &before[i]);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    say(prompt);
    /* What was typed before it was asked for is no answer. */
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    line = read_line(into, ret_line);
    *ret_error = errno;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    say("\n");
    for (size_t i = 0; i < ENDING; i++)
        sigaction(ending[i], &before[i], NULL);
    if (caught != 0)
        (void)raise(caught);
    return line;
}

static int read_twice(char into[VB__SECRET_SIZE], struct vb_span *ret_secret)
{
    char again[VB__SECRET_SIZE];
    struct vb_span repeated = VB_SPAN("");
    int error;
    enum line line = read_hidden("Password: ", into, ret_secret, &error);
    bool same = false;

    if (line == LINE_READ)
        line = read_hidden("The same again: ", again, &repeated, &error);
    if (line == LINE_READ)
        same = vb_span_eq(*ret_secret, repeated);
    sodium_memzero(again, sizeof(again));
    if (line != LINE_READ)
        return judge(line, error);
    return same ? 0 : vb__usage_error("these are two different passwords");
}

int vb__secret_read(char into[VB__SECRET_SIZE], struct vb_span *ret_secret)
{
    enum line line;

    if (isatty(STDIN_FILENO) == 1)
        return read_twice(into, ret_secret);
    caught = 0;
    line = read_line(into, ret_secret);
    return judge(line, errno);
}
