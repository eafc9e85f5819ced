"""View of a result in a terminal, by rich."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text

from sparse_rl.asking import plain_view
from sparse_rl.asking.candidates import RankedPrograms
from sparse_rl.asking.excerpt import Excerpt, excerpt


def show(result: RankedPrograms, console: Console, explain: bool = False) -> None:
    """Prints the answer and what it rests on.

    Args:
        result: the answer.
        console: where it is printed.
        explain: also print the programs, the steps of the best on the table, and its SQL.
    """
    before, answer, sure = plain_view.headline(result)
    style = "bold green" if result.answerable else "bold yellow"
    summary = plain_view.summary(result)
    # Words that were not understood are a line of the summary.
    notes = result.notes[: len(result.notes) - len(result.not_understood)]
    console.print(
        Group(
            Text.assemble((before, "bold"), (answer, style), sure),
            *map(Text, summary),
            *(Text(f"note: {note}", style="dim") for note in notes),
            *(_details(result, console.width) if explain else ()),
        )
    )


def _details(result: RankedPrograms, width: int) -> list[RenderableType]:
    best = result.programs[0]
    return [
        _programs(result),
        Text("Steps of the first", style="bold"),
        *(Text(f"  {plain_view.step(step)}") for step in best.trace),
        _table(excerpt(result.table, best, max_columns=max(3, width // 14 - 1))),
        Text(plain_view.SQL_HEADING, style="bold"),
        _sql(best.sql),
    ]


def _sql(query: str | None) -> RenderableType:
    if query is None:
        return Text(plain_view.NO_SQL, style="dim")
    return Syntax(query, "sql", background_color="default", word_wrap=True)


def _programs(result: RankedPrograms) -> RenderableType:
    grid = Grid(title=Text(result.question), title_justify="left", box=None, pad_edge=False)
    grid.add_column("p", justify="right")
    grid.add_column("program", overflow="fold", ratio=3)
    grid.add_column("answer", overflow="fold", ratio=1)
    for program in result.programs:
        answer = plain_view.values(program.answer, 3)
        # As `Text`: brackets in a program or a cell are not rich's markup.
        grid.add_row(f"{program.probability:.1%}", Text(program.program), Text(answer))
    return grid


def _table(shown: Excerpt) -> RenderableType:
    grid = Grid(caption=shown.more or None, caption_justify="left")
    grid.add_column("row", justify="right")
    grid.add_column("in")
    for name, used in zip(shown.header, shown.used, strict=True):
        grid.add_column(Text(name, style="underline" if used else ""), no_wrap=True, max_width=30)
    for row in shown.rows:
        mark = "► " if row.chosen else ""
        cells = (Text(cell) for cell in row.cells)
        style = "bold black on yellow" if row.chosen else ""
        grid.add_row(f"{mark}{row.number}", " ".join(row.names), *cells, style=style)
    return grid
