"""The target of the conformance tests: our own server, or the one at --base-url."""

import pytest
import rules
from certificates import HERE, of_the_suite, options
from client import PROTOCOLS, Reset, protocol
from server import Server
from target import FOLDER, QuicTarget, Target, read_profile

OWN = FOLDER / "own.yaml"


@pytest.fixture(scope="session")
def target(request, tmp_path_factory):
    """The server under test; all tests share it."""
    base_url = request.config.getoption("--base-url")
    profile = request.config.getoption("--profile")
    if base_url:
        rules.forgiving = True
        found = Target.at(base_url, read_profile(profile) if profile else {})
        found.set_up()
        yield found
        found.close()
        return
    own = read_profile(profile or OWN)
    arguments = list(own["arguments"])
    if not PROTOCOLS[protocol()].secure:
        arguments += [*options(of_the_suite()), "--listen", HERE]
    server = Server(tmp_path_factory.mktemp("conformance"), FOLDER / own["description"], arguments)
    server.start()
    try:
        found = Target(server.address, server.authority, own, server.addresses[-1])
        found.set_up()
        yield found
        found.close()
    finally:
        server.stop()


@pytest.fixture
def client(target):
    client = target.client()
    yield client
    client.close()


@pytest.fixture(scope="session")
def quic(target):
    """The server where it speaks HTTP/3; what does not is passed over."""
    found = QuicTarget(target)
    try:
        found.connect(handshake=3000).close()
    except Reset:
        pytest.skip("it does not speak HTTP/3 here")
    return found


@pytest.fixture
def page(target):
    """The path of something to GET: text of some length, with validators."""
    return target.page()


@pytest.fixture
def store(target):
    """Where text is kept as it comes."""
    return target.place("store")


@pytest.fixture
def document(target):
    """Where JSON is kept that meets a schema, and completed."""
    return target.place("document")


@pytest.fixture
def values(target):
    """Where any JSON value is kept."""
    return target.place("value")


@pytest.fixture
def guarded(target):
    """Where nobody writes without a precondition."""
    return target.place("guarded")
