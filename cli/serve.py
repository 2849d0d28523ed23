"""``pharmakon serve``: the review desk on this machine."""

import contextlib
import socket
from pathlib import Path

import click

from cli.workspace import open_casefile, refuse, workspace_option

GRACE_SECONDS = 5
"""How long requests that are being answered may take after Ctrl-C."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option(
    "--hostname", "hostnames", multiple=True, metavar="NAME", help="Name people open the desk by; repeatable."
)
@click.option(
    "--tls-cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Certificate chain, PEM."
)
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its private key, PEM.")
@click.option("--behind-tls-proxy", is_flag=True, help="A proxy in front speaks TLS to people and plain HTTP to here.")
@workspace_option
def serve(
    host: str,
    port: int,
    hostnames: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_tls_proxy: bool,
    workspace: Path,
) -> None:
    """Serve the review desk until Ctrl-C.

    On loopback it needs nothing else; to be reached by other machines it needs TLS and the name it is opened by.

    Example: pharmakon serve --port 8000
    """
    from review_ui.settings import LOOPBACK_NAMES, DeskSettings, is_loopback

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    tls = tls_cert is not None or behind_tls_proxy
    if not is_loopback(host) and not tls:
        raise refuse(
            f"{host} can be reached by other machines, and without TLS passwords would travel readable: give "
            "--tls-cert and --tls-key, or --behind-tls-proxy, or listen on 127.0.0.1"
        )
    if not is_loopback(host) and not hostnames:
        raise click.UsageError("--hostname is needed with --host: the name people type to open the desk")
    settings = DeskSettings(LOOPBACK_NAMES | {name.strip().lower() for name in hostnames}, tls)
    listening = _listen(host, port)
    try:
        _run(workspace, settings, listening, tls_cert, tls_key, f"{'https' if tls_cert else 'http'}://{host}:{port}")
    finally:
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything is said to be open; ends the command with one line where that is refused."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise refuse(f"{host} is not an address of this machine: {error.strerror}") from error
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        # Whoever opens the printed address waits for the desk to start instead of being turned away.
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise refuse(
            f"port {port} on {host} cannot be used ({error.strerror}): another program, perhaps another desk, listens "
            f"there; stop it or choose another one with --port"
        ) from error
    return taken


def _run(
    workspace: Path,
    settings: "DeskSettings",  # type: ignore[name-defined] # noqa: F821 - imported late, above
    listening: socket.socket,
    tls_cert: Path | None,
    tls_key: Path | None,
    address: str,
) -> None:
    import uvicorn

    from cli.batch import prevalence_words
    from cli.desk_explainer import DeskExplainer
    from cli.register_check import asks_of
    from review_ui.app import create_app

    casefile = open_casefile(workspace)
    try:
        config = uvicorn.Config(
            create_app(
                casefile,
                settings=settings,
                explain=DeskExplainer(casefile),
                registers=asks_of(casefile),
                prevalence=prevalence_words,
            ),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
            limit_concurrency=200,
            ws="none",
        )
        server = uvicorn.Server(config)
        click.echo(f"The review desk is open at {address} (Ctrl-C stops it)")
        with contextlib.suppress(KeyboardInterrupt):  # raised again by uvicorn once all requests are answered
            server.run(sockets=[listening])
    finally:
        casefile.close()
