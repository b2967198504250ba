"""`ostinato completion`: the words that the shell can complete."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from commands.output import json_option, show

VARIABLE = "_OSTINATO_COMPLETE"  # click's own: it asks the command for words through it


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def command(shell: str, as_json: bool) -> None:
    """Print the script that lets your shell complete the words of ostinato.

    \b
    Example:
      ostinato completion bash > ~/.local/share/bash-completion/completions/ostinato
      ostinato completion zsh > "${fpath[1]}/_ostinato"
      ostinato completion fish > ~/.config/fish/completions/ostinato.fish
    """
    import cli

    found = get_completion_class(shell)
    assert found is not None
    script = found(cli.main, {}, "ostinato", VARIABLE).source()
    show({"shell": shell, "script": script}, lambda: click.echo(script), as_json=as_json)
