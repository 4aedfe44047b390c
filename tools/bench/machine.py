"""What the kernel says of a process: its CPU time, its memory, its machine."""

import os
import platform
import resource
import subprocess
from pathlib import Path

# How those say it that may be missing.
VERSIONS = {"h2o": ["h2o", "--version"], "varnish": ["varnishd", "-V"], "haproxy": ["haproxy", "-v"]}
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")


def cores():
    """(server's core, load's core): the first and the last we may use."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("bench: two cores are needed, one of them for the load")
    return usable[0], usable[-1]


def raise_file_limit(wanted):
    """Lets this process and its children open so many files; what it got."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (OSError, ValueError):  # raising the hard limit is a privilege
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def process_tree(pid):
    """The process and everything below it."""
    pids = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            pids += process_tree(int(child))
    return pids


def cpu_us(pids):
    """utime + stime of the processes, all threads, in microseconds."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * TICK_US


def private_bytes(pids):
    """Resident memory that nobody else shares: what a process costs."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1]) * 1024
    return total


def first_line(command):
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return (done.stdout.strip().splitlines() or ["?"])[0]


def description(root):
    """What the numbers were measured on, for the report."""
    models = {
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    }
    return {
        "cpu": ", ".join(sorted(models)) or platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "nginx": first_line(["nginx", "-v"]),
        **{name: first_line(told) for name, told in VERSIONS.items() if has(told[0])},
        "verbatim": first_line(["git", "-C", root, "describe", "--always", "--dirty"]),
    }


def has(program):
    """Whether a program is there, in the folders of root's PATH too."""
    folders = os.environ.get("PATH", "").split(":") + ["/usr/sbin", "/sbin"]
    return any(os.access(os.path.join(f, program), os.X_OK) for f in folders)
