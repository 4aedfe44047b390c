/*
 * From a run to a child process, and back.
 *
 * vfork, since a fork would copy the page tables of a server with large caches;
 * and not posix_spawn, which knows neither limits nor a parent's death. Between
 * vfork and exec the child borrows our memory: it makes system calls, nothing
 * else. The pipe `trouble` brings the errno of what failed there; a successful
 * exec closes it.
 */
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The ends of the four pipes, the child's and ours. */
struct pipes {
    int in[2]; /* [0] is read from, [1] written to */
    int out[2];
    int err[2];
    int trouble[2];
};

/* --- pipes ------------------------------------------------------------------
 */

/* No end is 0, 1 or 2, which the child's standard streams will be, even where
 * the server was started without them. */
static int raise_above_std(int fd)
{
    int raised;

    if (fd > STDERR_FILENO)
        return fd;
    raised = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return raised;
}

static int make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        ends[0] = ends[1] = -1;
        return errno;
    }
    for (int i = 0; i < 2; i++) {
        ends[i] = raise_above_std(ends[i]);
        if (ends[i] < 0)
            return errno;
    }
    return 0;
}

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pipe(int ends[2])
{
    close_end(&ends[0]);
    close_end(&ends[1]);
}

static void close_pipes(struct pipes *pipes)
{
    close_pipe(pipes->in);
    close_pipe(pipes->out);
    close_pipe(pipes->err);
    close_pipe(pipes->trouble);
}

static int make_pipes(struct pipes *pipes)
{
    int *const all[] = {pipes->in, pipes->out, pipes->err, pipes->trouble};
    int err = 0;

    for (int i = 0; i < 4; i++)
        all[i][0] = all[i][1] = -1;
    for (int i = 0; err == 0 && i < 4; i++)
        err = make_pipe(all[i]);
    if (err == 0 && (fcntl(pipes->in[1], F_SETFL, O_NONBLOCK) != 0 ||
                     fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) != 0 ||
                     fcntl(pipes->err[0], F_SETFL, O_NONBLOCK) != 0))
        err = errno;
    if (err != 0)
        close_pipes(pipes);
    return err;
}

/* --- the child, before it becomes the program -------------------------------
 */

/* Handlers are of our program; what we ignore, it shall not. */
static void reset_signals(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        sigaction(i, &usual, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int limit(int resource, rlim_t most)
{
    const struct rlimit limit = {most, most};

    return setrlimit((__rlimit_resource_t)resource, &limit);
}

static int set_limits(const struct vb_run_limits *limits)
{
    if (limit(RLIMIT_CORE, 0) != 0 ||
        (limits->memory > 0 && limit(RLIMIT_AS, limits->memory) != 0))
        return -1;
    return limits->processes > 0 ? limit(RLIMIT_NPROC, limits->processes) : 0;
}

static int connect_streams(const struct pipes *pipes)
{
    if (dup2(pipes->in[0], STDIN_FILENO) < 0 ||
        dup2(pipes->out[1], STDOUT_FILENO) < 0 ||
        dup2(pipes->err[1], STDERR_FILENO) < 0)
        return -1;
    /* All of ours are close-on-exec; those of a program that embeds us may not
     * be. Older kernels cannot: then it is as that program has it. */
    (void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    return 0;
}

/* Dies with the thread that started it, even if that is killed. */
static _Noreturn void become(const struct vb_run *run,
                             const struct pipes *pipes, pid_t parent)
{
    int err;

    if (setsid() >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
        getppid() == parent && connect_streams(pipes) == 0 &&
        chdir(run->directory) == 0 && set_limits(run->limits) == 0) {
        reset_signals();
        execve(run->argv[0], (char *const *)run->argv,
               (char *const *)run->envp);
    }
    err = errno;
    (void)!write(pipes->trouble[1], &err, sizeof(err));
    _exit(127);
}

/* --- the parent -------------------------------------------------------------
 */

static pid_t start(const struct vb_run *run, const struct pipes *pipes)
{
    const pid_t parent = getpid();
    sigset_t all, before;
    pid_t pid;

    /* A handler must not run in the child while it borrows our memory. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* See above for why. NOLINTBEGIN(clang-analyzer-security.insecureAPI.vfork,
     * clang-analyzer-unix.Vfork) */
    pid = vfork();
    if (pid == 0)
        become(run, pipes, parent);
    /* NOLINTEND(clang-analyzer-security.insecureAPI.vfork,
     * clang-analyzer-unix.Vfork) */
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* What went wrong between vfork and exec; 0: nothing. */
static int read_trouble(int fd)
{
    int err = 0;
    ssize_t n;

    do
        n = read(fd, &err, sizeof(err));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(err) ? err : 0;
}

static void forget(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

int vb__spawn(const struct vb_run *run, struct vb__child *ret_child)
{
    struct pipes pipes;
    int err = make_pipes(&pipes);
    int ending = -1;
    pid_t pid;

    if (err != 0)
        return err;
    pid = start(run, &pipes);
    err = pid < 0 ? errno : 0;
    close_end(&pipes.trouble[1]);
    if (pid > 0) {
        err = read_trouble(pipes.trouble[0]);
        ending = (int)syscall(SYS_pidfd_open, pid, 0);
        if (err == 0 && ending < 0) {
            err = errno;
            kill(-pid, SIGKILL);
        }
    }
    if (err == 0) {
        *ret_child = (struct vb__child){pid, ending, pipes.in[1], pipes.out[0],
                                        pipes.err[0]};
        pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
    } else {
        close_end(&ending);
        if (pid > 0)
            forget(pid);
    }
    close_pipes(&pipes);
    return err;
}

/* While it is not waited for, its id is nobody else's. */
void vb__reap(const struct vb__child *child, struct vb_run *run)
{
    siginfo_t info = {.si_status = 0};

    kill(-child->pid, SIGKILL);
    while (waitid(P_PID, (id_t)child->pid, &info, WEXITED) != 0)
        if (errno != EINTR)
            break;
    run->end = info.si_code == CLD_EXITED ? VB_RUN_EXITED : VB_RUN_SIGNALLED;
    run->code = info.si_status;
}
