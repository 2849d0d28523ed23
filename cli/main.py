"""The ``pharmakon`` command: finds the module of a verb only when that verb is used.

Importing Scrapy or the model takes seconds; ``pharmakon refer verify`` must not pay for either.
"""

import importlib
from typing import Final

import click

VERBS: Final = {
    "monitor": "cli.monitor:monitor",
    "target": "cli.target:target",
    "crawl": "cli.crawl:crawl",
    "ingest": "cli.ingest:ingest",
    "import": "cli.imports:import_",
    "assess": "cli.assess:assess",
    "batch": "cli.batch:batch",
    "explain": "cli.explain:explain",
    "serve": "cli.serve:serve",
    "register": "cli.register:register",
    "refer": "cli.refer:refer",
    "train": "cli.train:train",
    "model": "cli.model:model",
    "second-look": "cli.second_look:second_look",
    "evaluate": "cli.evaluate:evaluate",
    "drift": "cli.drift:drift",
    "embeddings": "cli.embeddings:embeddings",
    "audit": "cli.audit:audit",
    "user": "cli.user:user",
    "backup": "cli.backup:backup",
    "restore": "cli.backup:restore",
    "sandbox": "cli.sandbox:sandbox",
    "doctor": "cli.doctor:doctor",
}
"""Verb to the module and command that carry it out, in the order of the work."""


class VerbGroup(click.Group):
    """A group that imports a verb's module on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command of a verb, or None for an unknown one."""
        where = VERBS.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{where} is not a click command")
        return command


@click.group(cls=VerbGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="pharmakon", prog_name="pharmakon")
def main() -> None:
    """Monitor for falsified medicines sold online.

    A listing goes one way: crawl -> ingest -> assess -> serve (review) -> refer. Exit status: 0 done,
    1 refused or a fault found, 2 wrong use.
    """


if __name__ == "__main__":
    main()
