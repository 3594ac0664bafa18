"""Paper trading must not be able to sign: nothing in the packages may import the signer."""

import ast

from tests.architecture.sources import LIBRARIES, imports, modules, name_of

SIGNER = "trading_agent.adapters.mexc.signing"


def test_nothing_imports_the_signer() -> None:
    files = modules(*LIBRARIES)
    names = [name_of(path) for path in files]
    assert "trading_agent/adapters/mexc/signing.py" in names
    found = [
        name_of(path)
        for path in files
        if any(name.startswith(SIGNER) for name in imports(ast.parse(path.read_text("utf-8"))))
    ]
    assert found == []
