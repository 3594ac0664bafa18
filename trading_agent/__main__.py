"""`python -m trading_agent` and the command `flash-trading`."""

from trading_agent.cli.app import app


def main() -> None:
    app()


if __name__ == "__main__":
    main()
