"""`meson install`, and a program built against what it put in place.

The example is compiled as a user would, with pkg-config alone, out of a
DESTDIR; then it runs against the installed shared library.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from embedded import build_folder, public_headers
from server import ROOT, Server


def output_of(*command, **more):
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        **more,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def option(name):
    """A built-in or project option of the build under test."""
    text = output_of("meson", "introspect", "--buildoptions", build_folder())
    return next(row["value"] for row in json.loads(text) if row["name"] == name)


class Installed:
    """A DESTDIR, and where things lie in it."""

    def __init__(self, root):
        self.root = root
        self.prefix = root / option("prefix").lstrip("/")
        self.libdir = self.prefix / option("libdir")

    def pkg_config(self, *words):
        env = dict(
            os.environ,
            PKG_CONFIG_PATH=str(self.libdir / "pkgconfig"),
            PKG_CONFIG_SYSROOT_DIR=str(self.root),
        )
        return output_of("pkg-config", *words, "verbatim", env=env).split()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    root = tmp_path_factory.mktemp("destdir")
    output_of(
        "meson", "install", "-C", build_folder(), "--no-rebuild", "--quiet",
        "--destdir", root,
    )  # fmt: skip
    return Installed(root)


def compiler_of_the_build():
    """The compiler, with the sanitizers that the library was built with."""
    sanitizers = option("b_sanitize")
    words = shlex.split(os.environ.get("CC", "gcc"))
    return words + ([f"-fsanitize={sanitizers}"] if sanitizers != "none" else [])


@pytest.fixture(scope="module")
def compile_clock(installed, tmp_path_factory):
    """Compiles examples/clock.c with these flags of pkg-config."""

    def compile_it(*flags):
        program = tmp_path_factory.mktemp("clock") / "clock"
        output_of(
            *compiler_of_the_build(), ROOT / "examples/clock.c",
            *installed.pkg_config(*flags), "-o", program,
        )  # fmt: skip
        return program

    return compile_it


# --- what is in place


def test_program_library_headers_and_pkg_config_file_are_in_place(installed):
    assert os.access(installed.prefix / "bin/verbatim", os.X_OK)
    assert (installed.libdir / "libverbatim.a").is_file()
    assert (installed.libdir / "libverbatim.so").is_symlink()
    assert (installed.libdir / "libverbatim.so").exists()
    headers = {path.name for path in (installed.prefix / "include/verbatim").iterdir()}
    assert headers == {path.name for path in public_headers()}


def test_only_the_library_and_not_its_rooms_is_installed(installed):
    libraries = {path.name for path in installed.libdir.rglob("lib*")}
    assert {name.split(".")[0] for name in libraries} == {"libverbatim"}


def test_the_manual_page_is_in_place_if_it_is_in_the_source(installed):
    for page in ROOT.glob("man/*.1"):
        mandir = installed.prefix / option("mandir")
        assert (mandir / "man1" / page.name).is_file()


def test_pkg_config_knows_version_and_what_a_static_link_needs(installed):
    version = json.loads(
        output_of("meson", "introspect", "--projectinfo", build_folder())
    )["version"]
    assert installed.pkg_config("--modversion") == [version]
    assert "-lverbatim" in installed.pkg_config("--libs")
    assert "-luv" not in installed.pkg_config("--libs")
    static = installed.pkg_config("--static", "--libs")
    for library in ("-luv", "-lsqlite3", "-lsodium", "-lpcre2-8", "-lfyaml"):
        assert library in static


def exported_by(path):
    text = output_of("nm", "-D", "--defined-only", path)
    return {line.split()[-1].split("@")[0] for line in text.splitlines()}


@pytest.mark.parametrize("name", ["lib/libverbatim.so", "bin/verbatim"])
def test_library_and_program_export_what_the_headers_declare(installed, name):
    declared = set()
    for path in public_headers():
        for declaration in re.findall(r"VB_API\b[^;]*?;", path.read_text()):
            declared.update(re.findall(r"\b(vb_\w+)\s*\(", declaration)[:1])
    folder, file = name.split("/")
    folder = installed.libdir if folder == "lib" else installed.prefix / folder
    # A sanitizer, and the C library in a program, add what they need themselves.
    exported = {
        name for name in exported_by(folder / file)
        if not re.match(r"_|asan|tsan|(environ|data_start)$", name)
    }  # fmt: skip
    assert declared and exported == declared


# --- a plugin


@pytest.fixture(scope="module")
def distances(installed, tmp_path_factory):
    """The example's description, with its plugin compiled as its comment says."""
    folder = tmp_path_factory.mktemp("plugin")
    source = ROOT / "examples/plugin.c"
    output_of(
        *shlex.split(os.environ.get("CC", "gcc")), "-shared", "-fPIC",
        *installed.pkg_config("--cflags"), source, "-lm", "-o", folder / "plugin.so",
    )  # fmt: skip
    return shutil.copy(ROOT / "examples/plugin.yaml", folder)


def distance(client):
    return client.get("/distance?from=52.52,13.405&to=48.857,2.352").json()["distance"]


def test_the_installed_program_loads_a_plugin(installed, distances, tmp_path):
    server = Server(tmp_path, Path(distances))
    server.command = lambda: [
        str(installed.prefix / "bin/verbatim"), "serve", str(distances),
        "--listen", "127.0.0.1:0", "--storage", "memory:",
    ]  # fmt: skip
    server.start()
    try:
        assert distance(server.client()) == 877.5
    finally:
        server.stop()


HOST = r"""
#include <stdio.h>
#include <verbatim/server.h>

int main(int argc, char **argv)
{
    struct vb_server *server = vb_server_new();
    int status;

    vb_server_listen(server, argc > 1 ? argv[1] : ":0");
    vb_server_describe(server, DESCRIPTION, "memory:");
    status = vb_server_run(server);
    if (status != 0)
        fprintf(stderr, "%s\n", vb_server_error(server));
    vb_server_free(server);
    return status;
}
"""


def test_a_program_that_embeds_the_library_loads_a_plugin(
    installed, distances, run_program, tmp_path
):
    (tmp_path / "host.c").write_text(HOST)
    output_of(
        *compiler_of_the_build(), f'-DDESCRIPTION="{distances}"', tmp_path / "host.c",
        *installed.pkg_config("--cflags", "--libs"), "-o", tmp_path / "host",
    )  # fmt: skip
    host = run_program(tmp_path / "host", {"LD_LIBRARY_PATH": str(installed.libdir)})
    assert distance(host.client()) == 877.5


# --- a program


@pytest.fixture(scope="module")
def clock(installed, compile_clock, run_program):
    """The example, running against the installed shared library."""
    program = compile_clock("--cflags", "--libs")
    return run_program(program, {"LD_LIBRARY_PATH": str(installed.libdir)})


def test_the_example_is_short_enough_to_read():
    lines = (ROOT / "examples/clock.c").read_text().splitlines()
    assert len(lines) < 60


def test_get_tells_the_time(clock):
    got = clock.client().get("/clock")
    assert got.status == 200
    assert got.headers["Content-Type"] == "application/json"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", got.json()["time"])
    assert got.headers["ETag"].strip('"')


def test_head_is_get_without_content(clock):
    headed = clock.client().head("/clock")
    assert headed.status == 200 and headed.body == b""
    assert int(headed.headers["Content-Length"]) == len(b'{"time":"2000-01-01T00:00:00Z"}\n')


def test_get_with_a_current_tag_is_304(clock):
    client = clock.client()
    for _ in range(20):  # the time may move on in between
        tag = client.get("/clock").headers["ETag"]
        fresh = client.get("/clock", {"If-None-Match": tag})
        if fresh.status == 304:
            break
    assert fresh.status == 304 and fresh.headers["ETag"] == tag


def test_other_methods_are_405_and_options_says_so_before(clock):
    client = clock.client()
    refused = client.put("/clock", {"Content-Type": "application/json"}, "{}")
    assert refused.status == 405
    told = client.options("/clock")
    assert told.status == 204
    for response in (refused, told):
        assert set(response.headers.tokens("Allow")) == {"get", "head", "options"}


def test_what_it_does_not_make_is_406(clock):
    assert clock.client().get("/clock", {"Accept": "text/html"}).status == 406


def test_other_paths_are_404(clock):
    assert clock.client().get("/").status == 404
    assert clock.client().get("/clock/").status in (301, 404)


def test_a_static_program_needs_no_shared_library(installed, compile_clock, run_program):
    static = installed.pkg_config("--static", "--libs")
    assert "-lverbatim" in static
    program = compile_clock("--cflags", "--static", "--libs")
    # The linker takes libverbatim.so when it is there; say which one is meant.
    command = [
        *compiler_of_the_build(), ROOT / "examples/clock.c",
        *installed.pkg_config("--cflags"),
        "-Wl,-Bstatic", "-lverbatim", "-Wl,-Bdynamic",
        *[word for word in static if word != "-lverbatim"], "-o", program,
    ]  # fmt: skip
    at = command.index("-lverbatim")
    command[at:at] = [word for word in static if word.startswith("-L")]
    output_of(*command)
    assert "libverbatim" not in output_of("ldd", program)
    assert run_program(Path(program)).client().get("/clock").status == 200


def test_an_address_that_is_taken_is_one_line_and_exit_2(clock, compile_clock, installed):
    program = compile_clock("--cflags", "--libs")
    done = subprocess.run(
        [program, "nowhere:at:all"],
        env=dict(os.environ, LD_LIBRARY_PATH=str(installed.libdir)),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("clock: ")
    assert done.stderr.count("\n") == 1
