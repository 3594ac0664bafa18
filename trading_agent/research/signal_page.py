"""An evaluation as one self-contained page: words first, then pictures, then every figure."""

from html import escape
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import ConfigError
from trading_agent.research.page_tables import page_tables
from trading_agent.research.signal_evaluation import SignalEvaluation
from trading_agent.research.signal_tables import FigureTable
from trading_agent.research.signal_verdict import Verdict, judge_evaluation

_STYLE: Final = """
:root { color-scheme: light dark;
  --page: #fbfaf8; --card: #ffffff; --ink: #22252b; --soft: #5d636e; --faint: #9aa1ac;
  --line: #e2e0db; --first: #1f6fb4; --second: #c2571a; --yes: #1d7a46; --no: #a3322d; }
@media (prefers-color-scheme: dark) { :root {
  --page: #15171b; --card: #1d2026; --ink: #e6e8ec; --soft: #a4abb6; --faint: #6d7480;
  --line: #31353d; --first: #6fb3f0; --second: #f0975a; --yes: #6fce96; --no: #f08a84; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.2rem 4rem; background: var(--page);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .6rem; }
h3 { font-size: 1.02rem; margin: 0 0 .3rem; }
p { margin: .3rem 0; }
.soft, figcaption { color: var(--soft); font-size: .87rem; }
.cards { display: grid; gap: 1rem; margin: 1.4rem 0;
  grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
.card, figure, details { background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; padding: 1rem 1.1rem; }
.card p.headline { font-weight: 600; }
.yes { color: var(--yes); } .no { color: var(--no); }
.card h4 { margin: .8rem 0 .1rem; font-size: .8rem; letter-spacing: .04em; color: var(--soft); }
.card ul { margin: 0; padding-left: 1.1rem; font-size: .87rem; }
figure { margin: 1rem 0; } figure svg { width: 100%; height: auto; display: block; }
figcaption { margin-bottom: .5rem; }
details { margin: .7rem 0; } summary { cursor: pointer; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8rem; margin-top: .6rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem .2rem 0; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; }
th.word, td.word { text-align: left; }
"""


def write_page(found: SignalEvaluation, file: Path) -> None:
    """Raises ConfigError when the file cannot be written."""
    text = page(found)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise ConfigError(f"{file} cannot be written: {fault.strerror}") from fault


def page(found: SignalEvaluation) -> str:
    cards = "".join(_card(verdict) for verdict in judge_evaluation(found))
    parts = "".join(
        _part(found, symbol, f"s{number}p") for number, symbol in enumerate(found.seconds)
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>What the signals are worth</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        "<h1>What the signals are worth</h1>\n"
        f'{_about(found)}<div class="cards">{cards}</div>\n{parts}</body>\n</html>\n'
    )


def _about(found: SignalEvaluation) -> str:
    least, most = found.latency_ms
    held = "; ".join(
        f"{escape(name)} {_length(took)}, {fee_words(found, name)}"
        for name, took in found.seconds.items()
    )
    return (
        f'<p class="soft">{held}. Orders travel {least:g} to {most:g} ms. In brackets: '
        "95 % intervals from resampled blocks of time; where there are too few blocks to give one, "
        "the figure says nothing.</p>\n"
        '<p class="soft">A recording tells its book message by message: orders that travel less '
        "than that meet a book that is already gone. What counts as paying here must also pay a "
        "message later.</p>\n"
    )


def fee_words(found: SignalEvaluation, symbol: str) -> str:
    fees = found.fees.get(symbol)
    if fees is None:
        return "fees not known"
    if fees.taker_bps == fees.maker_bps == 0.0:
        return "no fee"
    return f"fee {fees.taker_bps:g} bps a side, {fees.maker_bps:g} for what rested"


def _length(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 7_200 else f"{seconds:,.0f} s"


def _card(verdict: Verdict) -> str:
    tone = "yes" if verdict.edge else "no"
    lists = "".join(
        f"<h4>{name}</h4><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
        for name, lines in (
            ("WHAT PREDICTS", verdict.predicts),
            ("WHAT PAYS", verdict.pays),
            ("WHAT DOES NOT", verdict.does_not),
            ("TO BE KNOWN", verdict.notes),
        )
        if lines
    )
    return (
        f'<section class="card"><h3>{escape(verdict.symbol)}</h3>'
        f'<p class="headline {tone}">{escape(verdict.headline)}</p>{lists}</section>'
    )


def _part(found: SignalEvaluation, symbol: str, name: str) -> str:
    from trading_agent.research.signal_pictures import draw_all

    figures = "".join(
        f"<figure><h3>{escape(picture.title)}</h3><figcaption>{escape(picture.caption)}"
        f"</figcaption>{picture.svg}</figure>\n"
        for picture in draw_all(found, symbol, name)
    )
    tables = "".join(_table(table) for table in page_tables(found, symbol))
    return f"<h2>{escape(symbol)}</h2>\n{figures}{tables}"


def _table(table: FigureTable) -> str:
    head = "".join(
        f'<th{_word(place, table)} scope="col">{escape(name)}</th>'
        for place, name in enumerate(table.columns)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{_word(at, table)}>{escape(cell)}</td>" for at, cell in enumerate(row))
        + "</tr>\n"
        for row in table.rows
    )
    return (
        f"<details><summary>{escape(table.title)} ({len(table.rows)})</summary>"
        f'<p class="soft">{escape(table.note)}</p><div class="scroll"><table><thead><tr>{head}'
        f"</tr></thead><tbody>\n{body}</tbody></table></div></details>\n"
    )


def _word(place: int, table: FigureTable) -> str:
    return ' class="word"' if place < table.names else ""
