"""The smallest Typer app there is, for its ``--help`` and its Tab completion."""

import typer

app = typer.Typer()


@app.command()
def main(name: str) -> None:
    """Greet somebody."""
    print(name)


app(prog_name="bare")
