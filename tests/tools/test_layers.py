"""tools/layers refuses what the table of rooms does not allow."""

import subprocess
from pathlib import Path

import pytest

LAYERS = Path(__file__).resolve().parents[2] / "tools/layers"
TABLE = """
base:
http: base
exchange: http
wire: exchange
loop: base wire/wire.h
"""
FILES = {
    "include/verbatim/span.h": "#include <stddef.h>\n",
    "src/base/a.h": "#include <verbatim/span.h>\n",
    "src/http/h.h": '#include "base/a.h"\n',
    "src/exchange/x.h": '#include "http/h.h"\n',
    "src/wire/wire.h": '#include "exchange/x.h"\n',
    "src/wire/h1/h1.h": '#include "wire/wire.h"\n',
    "src/loop/loop.c": '#include "wire/wire.h"\n#include "exchange/x.h"\n',
}


def layers(root, extra):
    for name, text in {**FILES, **extra}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    tools = root / "tools"
    tools.mkdir()
    (tools / "layers.tbl").write_text(TABLE)
    return subprocess.run(
        [LAYERS, root], capture_output=True, text=True, check=False
    )


def test_a_tree_that_keeps_the_order_passes(tmp_path):
    done = layers(tmp_path, {})
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "name, text, why",
    [
        ("src/base/b.c", '#include "http/h.h"\n', "base may not include http"),
        ("src/base/b.c", "\n#  include\t\"http/h.h\"\n", "b.c:2: base may not"),
        ("src/http/x.c", '#include "wire/wire.h"\n', "http may not include wire"),
        ("src/loop/l.c", '#include "wire/h1/h1.h"\n', "loop may not include wire"),
        ("src/http/x.c", '#include "../base/a.h"\n', "without .."),
        ("src/http/x.c", '#include "h.h"\n', "written from src/"),
        ("src/misc/x.c", '#include "base/a.h"\n', "no row for this room"),
        ("src/base/b.c", '#include "misc/x.h"\n', "base may not include misc"),
        ("include/verbatim/a.h", '#include "base/a.h"\n', "a public header"),
        ("include/verbatim/a.h", "#include <uv.h>\n", "a public header"),
    ],
)
def test_an_include_that_breaks_the_order_is_refused(tmp_path, name, text, why):
    done = layers(tmp_path, {name: text})
    assert done.returncode == 1
    assert why in done.stderr


def test_an_include_in_a_comment_is_none(tmp_path):
    text = '/* usage:\n#include "http/h.h"\n*/\n'
    assert layers(tmp_path, {"src/base/b.c": text}).returncode == 0
