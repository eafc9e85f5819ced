"""View of a result in a terminal, by rich."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table as Grid
from rich.text import Text

from sparse_rl.asking import plain_view
from sparse_rl.asking.candidates import RankedPrograms
from sparse_rl.asking.excerpt import Excerpt, excerpt


def show(result: RankedPrograms, console: Console) -> None:
    """Prints the programs, the steps of the best on the table, its SQL, and the answer."""
    best = result.programs[0]
    console.print(
        Group(
            _programs(result),
            Text("Steps of the first", style="bold"),
            *(Text(f"  {plain_view.step(step)}") for step in best.trace),
            _table(excerpt(result.table, best, max_columns=max(3, console.width // 14 - 1))),
            Text(plain_view.SQL_HEADING, style="bold"),
            _sql(best.sql),
            *(Text(f"note: {note}", style="dim") for note in result.notes),
            Text.assemble(("Answer: ", "bold"), (plain_view.values(result.answer), "bold green")),
        )
    )


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
