"""``pharmakon refer``: make signed referrals of confirmed cases, and check those that come in."""

import contextlib
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from cli.workspace import open_casefile, refuse, workspace_option


@click.group()
def refer() -> None:
    """Hand confirmed cases to partners as signed packages that anyone can check offline.

    Example: pharmakon refer make --case C2026-00001 --legal-basis "Medicines Act, s. 12" --purpose "Open an
    investigation" --recipient "Customs of Examplia"
    """


@refer.command()
@click.option("--case", "case_id", required=True, help="Id of the case (pharmakon refer list --cases).")
@click.option("--legal-basis", help="Law that allows passing this on; default: legal_basis in policy.yaml.")
@click.option("--purpose", help="What the recipient shall use it for; default: purpose in policy.yaml.")
@click.option("--recipient", "recipients", multiple=True, required=True, help="Authority it is for; may be repeated.")
@click.option("--agency", help="Who sends it; default: agency in policy.yaml.")
@click.option("--handling", help="TLP 2.0 label, for example TLP:AMBER; default: handling in policy.yaml.")
@click.option("--europol", help="Europol handling code, H0 to H3.")
@click.option("--again", is_flag=True, help="Make a follow-up of a case that was referred before (needs --reason).")
@click.option("--correction", is_flag=True, help="Replace the latest referral of the case (needs --reason).")
@click.option("--reason", help="What is new since, or was wrong in, the last referral.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Also copy the package into this folder.")
@click.option("--by", "by", help="Name of the person who refers; may be left out when only one person may.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@workspace_option
def make(workspace: Path, case_id: str, out: Path | None, by: str | None, as_json: bool, **stated: Any) -> None:  # noqa: ANN401 - the options of ReferralRequest by name
    """Turn a confirmed case into a signed package.

    Refused without legal basis, without the second person's confirmation, and when evidence is missing or damaged.

    Example: pharmakon refer make --case C2026-00001 --recipient "Customs of Examplia" --purpose "Open an
    investigation" --legal-basis "Medicines Act, s. 12" --by Ada --out outbox
    """
    from casefile.referral.make import ReferralError, ReferralRequest, make_referral
    from casefile.referral.verify_package import spell_fingerprint

    with closing(open_casefile(workspace)) as casefile:
        try:
            person_id = _referring_person(casefile, by)
            made = make_referral(casefile, case_id, person_id=person_id, request=ReferralRequest(**stated), out=out)
        except ReferralError as error:
            raise refuse(str(error)) from error
    if as_json:
        click.echo(json.dumps({**vars(made), "path": str(made.path)}))
        return
    click.echo(f"{made.path}")
    listings = "1 listing" if made.listings == 1 else f"{made.listings} listings"
    files = "1 file" if made.evidence_files == 1 else f"{made.evidence_files} files"
    click.echo(f"Referral {made.referral_id}: {listings}, {files} of evidence,")
    click.echo(f"{made.bytes} bytes, sha256 {made.sha256}")
    click.echo("Tell the recipient this key fingerprint by another channel than the package:")
    click.echo(f"  {spell_fingerprint(made.key_fingerprint)}")
    click.echo("Nothing was sent: pass the package on yourself.")


def _referring_person(casefile: Any, name: str | None) -> str:  # noqa: ANN401 - Casefile, whose import takes time
    """Return the id of the named person, or of the only one who may refer."""
    from casefile.people import PeopleError, list_people, person_named
    from casefile.permissions import allowed

    if name is not None:
        try:
            return person_named(casefile, name).id
        except PeopleError as error:
            raise refuse(str(error)) from error
    able = [person for person in list_people(casefile) if allowed(person, "refer")]
    if len(able) != 1:
        names = ", ".join(person.name for person in able) or "nobody yet: pharmakon user add NAME --role reviewer"
        raise click.UsageError(f"say who refers with --by; allowed: {names}")
    return able[0].id


@refer.command()
@click.argument("package", type=click.Path(exists=True, path_type=Path))
@click.option("--key", help="The sender's public key (PEM file) or its fingerprint, from another channel.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(package: Path, key: str | None, as_json: bool) -> None:
    """Check a package (the .zip as received, or its unpacked folder) offline; exit status 1 names the fault.

    Example: pharmakon refer verify referral-PHK-2026-3F2A90C1D4E7.zip --key sender.pem
    """
    from casefile.referral.verify import PackageFault, WrongUse, verify_referral

    try:
        verdict = verify_referral(package, key=key)
    except PackageFault as fault:
        if as_json:
            click.echo(json.dumps({"ok": False, "fault": str(fault)}))
            raise SystemExit(1) from None
        raise refuse(f"FAULT in {package}: {fault}\nDo not rely on this package.") from None
    except WrongUse as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{package} cannot be read: {error.strerror}") from None
    if as_json:
        found = {"ok": True, "referral": verdict.referral["id"], "fingerprint": verdict.fingerprint}
        click.echo(json.dumps({**found, "key_checked": verdict.key_given, "files": verdict.files}))
    else:
        click.echo("\n".join(verdict.lines()))


@refer.command("list")
@click.option("--cases", is_flag=True, help="List the cases that could be referred instead of the referrals made.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@workspace_option
def list_(workspace: Path, cases: bool, as_json: bool) -> None:
    """List the referrals made, or the cases.

    Example: pharmakon refer list --cases
    """
    from casefile.policy import PolicyError
    from casefile.referral.make import ReferralError

    with closing(open_casefile(workspace)) as casefile:
        try:
            rows = _cases(casefile) if cases else _referrals(casefile)
        except (ReferralError, PolicyError) as error:
            raise refuse(str(error)) from error
    for row in rows:
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else "  ".join(str(value) for value in row.values()))
    if not rows and not as_json:
        click.echo("no case holds a confirmed listing yet" if cases else "no referral was made yet")


def _cases(casefile: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as above
    from casefile.cases import list_cases

    return [
        {
            "case": case.id,
            "state": case.state,
            "listings": len(case.listings),
            "confirmed": sum(one.state == "confirmed" for one in case.listings),
            "title": case.title,
        }
        for case in list_cases(casefile)
    ]


def _referrals(casefile: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as above
    from casefile.referral.errors import OutboxBusyError
    from casefile.referral.outbox import list_referrals, outbox

    # Puts right what a crash left behind; whoever is making a referral just now has done so already.
    with contextlib.suppress(OutboxBusyError), outbox(casefile):
        pass
    return [
        {
            "referral": row.id,
            "case": row.case_id,
            "type": row.type,
            "made_at": row.made_at,
            "made_by": row.made_by,
            "handling": row.handling,
            "recipients": row.recipients,
            "package": str(row.path) if row.path.is_file() else f"MISSING: {row.path}",
        }
        for row in list_referrals(casefile)
    ]


@refer.command()
@click.option("--pem", is_flag=True, help="Print the public key itself (PEM).")
@workspace_option
def key(workspace: Path, pem: bool) -> None:
    """Show the fingerprint of this workspace's signing key, to tell recipients by another channel.

    Example: pharmakon refer key --pem > our-key.pem
    """
    from casefile.referral.keys import load_key
    from casefile.referral.make import ReferralError
    from casefile.referral.verify_package import spell_fingerprint

    try:
        found = load_key(workspace)
    except ReferralError as error:
        raise refuse(str(error)) from error
    if found is None:
        raise refuse(f"workspace {workspace} has no signing key yet: it is made with the first referral")
    click.echo(found.public_pem.decode().rstrip() if pem else spell_fingerprint(found.fingerprint))
