"""The public headers, as the compilers of users see them."""

import shutil
import subprocess

import pytest
from embedded import public_headers
from server import ROOT

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
# clang comes with C++ but not with its library: the headers need none.
CPLUSPLUS = ["clang", "-x", "c++", "-nostdinc++"]
DIALECTS = {
    "C99": ["cc", "-x", "c", "-std=c99"],
    "C17": ["cc", "-x", "c", "-std=c17"],
    "clang, C11": ["clang", "-x", "c", "-std=c11"],
    "C++11": [*CPLUSPLUS, "-std=c++11"],
    "C++20": [*CPLUSPLUS, "-std=c++20"],
}
# What the headers offer, used as a program would.
USE = r"""
#include <verbatim/plugin.h>
#include <verbatim/server.h>

static int get(void *self, const struct vb_request *request,
               struct vb_response *response)
{
    struct vb_span path = vb_request_path(request);
    struct vb_span other = VB_SPAN("/x");

    (void)self;
    if (path.len == other.len)
        vb_response_write(response, path.ptr, path.len);
    vb_response_printf(response, "%d", (int)vb_request_method(request));
    return VB_STATUS_OK;
}

const struct vb_plugin vb_plugin = {VB_PLUGIN_ABI, NULL, NULL, get, NULL};

struct vb_handler use(void);

struct vb_handler use(void)
{
    static const struct vb_span fixed = VB_SPAN_INIT("fixed");
    struct vb_handler handler = {NULL, NULL, get, NULL, NULL, NULL, NULL};

    handler.media_type = fixed.ptr;
    return handler;
}
"""


def compile_text(dialect, text):
    command = [*DIALECTS[dialect], *STRICT, f"-I{ROOT}/include", "-"]
    return subprocess.run(
        command, input=text, text=True, capture_output=True, check=False
    )


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.replace(" ", ""))
def dialect(request):
    compiler = DIALECTS[request.param][0]
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler} here")
    return request.param


@pytest.mark.parametrize("header", public_headers(), ids=lambda path: path.name)
def test_every_public_header_compiles_alone_and_twice(dialect, header):
    line = f"#include <verbatim/{header.name}>\n"
    done = compile_text(dialect, line + line)
    assert done.returncode == 0, done.stderr


def test_what_the_headers_offer_can_be_used(dialect):
    done = compile_text(dialect, USE)
    assert done.returncode == 0, done.stderr


def test_a_format_that_does_not_fit_is_found_by_the_compiler(dialect):
    done = compile_text(dialect, USE.replace('"%d", (int)', '"%s", (int)'))
    assert done.returncode != 0
    assert "format" in done.stderr
