"""How long a run may take, and how hypothesis searches."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fast", parent=settings.get_profile("suite"), max_examples=25)
settings.register_profile(
    "long", parent=settings.get_profile("suite"), max_examples=500, derandomize=False
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also what takes minutes")
    parser.addoption("--fast", action="store_true", help="without what takes seconds")


def pytest_configure(config: pytest.Config) -> None:
    profiles = [name for name in ("long", "fast") if config.getoption(f"--{name}")]
    settings.load_profile(profiles[0] if profiles else "suite")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    skipped = {"long": not config.getoption("--long"), "slow": config.getoption("--fast")}
    for item in items:
        if "postgresql" in item.name:
            item.add_marker(pytest.mark.slow)
        for marker, left_out in skipped.items():
            if left_out and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"{marker}: not in this run"))
