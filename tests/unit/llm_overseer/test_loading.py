"""What using the library loads: without a provider to ask, no client."""

from tests.architecture.test_floors import loaded_by


def test_rules_alone_load_no_client() -> None:
    heavy = ("openai", "httpx2", "httpx", "numpy", "trading_agent")
    assert loaded_by("import llm_overseer.main", names=heavy) == []
